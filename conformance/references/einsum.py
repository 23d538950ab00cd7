"""The summation convention of Einstein."""

from typing import Any

import numpy as np

from kcompat.conformance.references import reference


@reference("einsum")
def einsum(*operands: Any, subscripts: str) -> Any:
    """NumPy's."""
    return np.einsum(subscripts, *operands)
