"""Matrix products in the precision of their operands."""

import jax.numpy as jnp

from kcompat.backends.jax.platform import precision
from kcompat.spec import result_type


def matmul(x1, x2):
    if x1.dtype is x2.dtype:
        return jnp.matmul(x1, x2, precision=precision())
    dtype = result_type(x1, x2)
    return jnp.matmul(x1.astype(dtype), x2.astype(dtype), precision=precision())
