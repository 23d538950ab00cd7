"""What a dtype can hold, and the precision profiles that a target declares."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import numpy as np

MANTISSA_BITS = {"float16": 11, "bfloat16": 8, "float32": 24, "float64": 53}
SMALLEST_EXPONENT = {"float16": -14, "bfloat16": -126, "float32": -126, "float64": -1022}


@functools.cache
def unit_roundoff(dtype: str) -> float:
    """The largest relative error of rounding to a dtype."""
    return 2.0 ** -MANTISSA_BITS[dtype]


@functools.cache
def smallest_normal(dtype: str) -> float:
    """Below it a dtype has fewer digits, and some processors have zero."""
    return 2.0 ** SMALLEST_EXPONENT[dtype]


@functools.cache
def largest(dtype: str) -> float:
    """The largest finite number of a dtype."""
    return (2.0 - 2.0 * unit_roundoff(dtype)) * 2.0 ** (1 - SMALLEST_EXPONENT[dtype])


def round_to(x: Any, dtype: str, bits: int = 0) -> Any:
    """Numbers rounded, half to even, to those of a dtype, or to `bits` binary digits in its range."""
    bits = bits or MANTISSA_BITS[dtype]
    digits, exponent = np.frexp(x)
    grain = np.maximum(exponent - bits, SMALLEST_EXPONENT[dtype] + 1 - bits)
    with np.errstate(over="ignore", invalid="ignore"):
        y = np.ldexp(np.rint(np.ldexp(x, -grain)), grain)
    y = np.where(np.abs(y) > largest(dtype), np.copysign(np.inf, x), y)
    return np.where(np.isfinite(digits), y, x)[()]


@dataclass(frozen=True)
class Profile:
    """The precision in which a target says that it computes.

    `dtype` is that of the float tensors; `factor_bits` the binary digits to which the factors of matrix products
    and convolutions are rounded, where they are fewer.
    """

    name: str
    dtype: str
    factor_bits: int | None = None

    @property
    def amplitude(self) -> float:
        """How many roundings the envelope moves a result: halves are so coarse that four would change its size."""
        return 2.0 if MANTISSA_BITS[self.dtype] < 24 else 4.0

    @property
    def wide(self) -> Any:
        """The dtype of the oracle: eleven digits wider than float64 for float64, where the platform has it."""
        return np.longdouble if self.dtype == "float64" else np.float64


PROFILES = {
    profile.name: profile
    for profile in (
        Profile("fp32", "float32"),
        Profile("tf32", "float32", factor_bits=11),
        Profile("bf16", "bfloat16"),
        Profile("fp16", "float16"),
        Profile("fp64", "float64"),
    )
}
