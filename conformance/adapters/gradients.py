"""Reverse mode in JAX, torch and TensorFlow, as targets give it: `vjp(f, tensors)`.

`f` gives a tuple. The result is that tuple, and a function from a tuple of cotangents to those of the tensors. A `vjp`
within a `vjp` gives second derivatives.
"""

from __future__ import annotations

from typing import Any


def jax(f: Any, tensors: tuple[Any, ...]) -> Any:
    """By `jax.vjp`."""
    import jax

    return jax.vjp(f, *tensors)


def torch(f: Any, tensors: tuple[Any, ...]) -> Any:
    """By `torch.autograd.grad`; what a result does not depend on has gradient 0."""
    import torch

    nested = any(x.requires_grad for x in tensors)
    leaves = tensors if nested else tuple(x.detach().requires_grad_() for x in tensors)
    outputs = f(*leaves)

    def pull(cotangents: tuple[Any, ...]) -> tuple[Any, ...]:
        pairs = [(y, g) for y, g in zip(outputs, cotangents, strict=True) if y.requires_grad]
        if not pairs:
            return tuple(map(torch.zeros_like, leaves))
        y, g = zip(*pairs, strict=True)
        return torch.autograd.grad(y, leaves, g, create_graph=nested, materialize_grads=True)

    return outputs, pull


def tensorflow(f: Any, tensors: tuple[Any, ...]) -> Any:
    """By `tf.GradientTape`; where it has no gradient, that is 0."""
    import tensorflow as tf

    with tf.GradientTape() as tape:
        tape.watch(tensors)
        outputs = f(*tensors)

    def pull(cotangents: tuple[Any, ...]) -> tuple[Any, ...]:
        zero = tf.UnconnectedGradients.ZERO
        gradients = tape.gradient(outputs, tensors, list(cotangents), unconnected_gradients=zero)
        return tuple(map(tf.convert_to_tensor, gradients))

    return outputs, pull
