"""Targets of other libraries: Keras 3 on each of its backends, raw torch and JAX, and an example."""
