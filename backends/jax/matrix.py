"""Matrix products in the precision of their operands."""

import jax
import jax.numpy as jnp
from jax import lax

from kcompat.spec import result_type


def precision():
    """Full precision, unless the user has set JAX's own default: a GPU or TPU would round float32 to about 10 bits."""
    chosen = jax.config.jax_default_matmul_precision  # type: ignore[attr-defined]
    return lax.Precision.HIGHEST if chosen is None else None


def matmul(x1, x2):
    """See `kcompat.spec.matrix.matmul`."""
    if x1.dtype is x2.dtype:
        return jnp.matmul(x1, x2, precision=precision())
    dtype = result_type(x1, x2)
    return jnp.matmul(x1.astype(dtype), x2.astype(dtype), precision=precision())
