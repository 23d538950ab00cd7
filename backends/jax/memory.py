"""NumPy's memory in JAX's hands."""

from __future__ import annotations

from typing import Any

import numpy as np

from kcompat.backends._host import empty


def private_copy(x: Any, dtype: str | None = None) -> np.ndarray:
    """A NumPy array that is JAX's alone, ready to be transferred.

    JAX reads NumPy's memory after the call has returned, or keeps it (on CPU even `jnp.array(x, copy=True)` and
    jit do), so a caller who fills the same array again would change what was computed from it.
    """
    return np.array(x, dtype or np.asarray(x).dtype.name)


def padded(x: Any, rows: int) -> np.ndarray:
    """An array with `rows` rows, of which the first are those of `x`; the others hold anything.

    XLA reads it in place, on a CPU, as it is aligned: the other rows cost nothing.
    """
    if len(x) == rows:
        return np.asarray(x)
    found = empty((rows, *x.shape[1:]), x.dtype.name)
    found[: len(x)] = x
    return found
