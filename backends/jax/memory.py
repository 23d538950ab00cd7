"""NumPy's memory in JAX's hands."""

from __future__ import annotations

from typing import Any

import numpy as np


def private_copy(x: Any, dtype: str | None = None) -> np.ndarray:
    """A NumPy array that is JAX's alone, ready to be transferred.

    JAX reads NumPy's memory after the call has returned, or keeps it (on CPU even `jnp.array(x, copy=True)` and
    jit do), so a caller who fills the same array again would change what was computed from it.
    """
    return np.array(x, dtype or np.asarray(x).dtype.name)
