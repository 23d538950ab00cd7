"""Functions whose derivative is the spec's where JAX's own is another, or not a number."""

import jax
import jax.numpy as jnp
from jax import lax


@jax.custom_jvp
def power(x1, x2):
    """`x1 ** x2` of floats."""
    return jnp.power(x1, x2)


def _base_tangent(t, y, x1, x2):
    """0 where x2 is 0, also at x1 = 0: there the power is constant."""
    constant = x2 == 0
    return t * jnp.where(constant, 0, x2 * power(x1, jnp.where(constant, 1, x2 - 1)))


def _exponent_tangent(t, y, x1, x2):
    """0 where x1 <= 0, the value at 0 for positive x2."""
    positive = x1 > 0
    return t * jnp.where(positive, y * jnp.log(jnp.where(positive, x1, 1)), 0)


power.defjvps(_base_tangent, _exponent_tangent)


@jax.custom_jvp
def softplus(x):
    """`log(1 + exp(x))` of floats, without overflow."""
    return jnp.maximum(x, 0) + jnp.log1p(jnp.exp(-jnp.abs(x)))


softplus.defjvps(lambda t, y, x: t * lax.logistic(x))


@jax.custom_jvp
def rounded(x):
    """`x`, safe from fusion: without this XLA makes a fused multiply-add, with one rounding, of `a * b + c`.

    A product with 1 or -1 is exact, so it does not matter that this one is fused. XLA removes
    `optimization_barrier` and `reduce_precision` before it fuses.
    """
    return jnp.abs(x) * jnp.sign(x)


rounded.defjvps(lambda t, y, x: t)
