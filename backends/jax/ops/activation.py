"""Activations."""

import jax
import jax.numpy as jnp
from jax import lax

from kcompat.backends.jax.dtypes import of_float


@jax.custom_jvp
def _softplus(x):
    """`log(1 + exp(x))` of floats, without overflow; the kinks of this formula are none of its own."""
    return jnp.maximum(x, 0) + jnp.log1p(jnp.exp(-jnp.abs(x)))


_softplus.defjvps(lambda t, y, x: t * lax.logistic(x))

sigmoid, softplus = of_float(lax.logistic), of_float(_softplus)
