"""Targets of other libraries, loaded by name.

In reading order:

- `example`: NumPy, as an example of an adapter
- `gradients`: reverse mode of JAX, torch and TensorFlow, as targets give it
- `keras3`: Keras 3 on each of its backends
- `raw`, `raw_torch`, `raw_jax`: functions of torch and JAX that map one to one to ops
"""
