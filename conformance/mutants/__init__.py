"""Planted bugs by family, each a mistake that has been made somewhere. See `kcompat.conformance.mutants.mutation`."""

from __future__ import annotations

import numpy as np


def narrow(x: np.ndarray, bits: int) -> np.ndarray:
    """float32 numbers rounded to so many bits behind the point: 10 are TF32's, 7 bfloat16's."""
    if x.dtype != np.float32:
        return x
    unit = 1 << (23 - bits)
    return ((x.view(np.uint32) + np.uint32(unit // 2)) & np.uint32(-unit & 0xFFFFFFFF)).view(np.float32)
