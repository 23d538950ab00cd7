"""Cells around a tensor."""

from typing import Any

import numpy as np

from kcompat.conformance.references import reference


@reference("pad")
def pad(x: Any, *, pad_width: Any, mode: str = "constant", constant_values: Any = None) -> Any:
    """NumPy's; `circular` is what PyTorch calls `wrap`."""
    if mode == "constant":
        return np.pad(x, pad_width, constant_values=0 if constant_values is None else constant_values)
    how: Any = "wrap" if mode == "circular" else mode
    return np.pad(x, pad_width, mode=how)
