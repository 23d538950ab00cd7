"""Matrix products."""

from typing import Any

import numpy as np

from kcompat.conformance.references import reference


@reference("matmul")
def matmul(x1: Any, x2: Any) -> Any:
    """The sums of products of rows and columns, by definition."""
    left = x1.reshape(1, -1) if x1.ndim == 1 else x1
    right = x2.reshape(-1, 1) if x2.ndim == 1 else x2
    y: Any = np.sum(left[..., :, :, None] * right[..., None, :, :], axis=-2, dtype=np.longdouble)
    y = y[..., 0] if x2.ndim == 1 else y
    return y if x1.ndim > 1 else y[0] if x2.ndim == 1 else y[..., 0, :]
