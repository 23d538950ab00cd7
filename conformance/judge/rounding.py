"""The local rounding error of a primitive: how far its result is from the exact one of the operands it got.

One rule for each error class of the spec (`kcompat.spec.ErrorClass`); Higham, Accuracy and Stability of
Numerical Algorithms (2002), chapters 3 and 4, has the bounds of sums and products.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from kcompat.conformance.judge.wide import Application
from kcompat.conformance.targets.precision import MANTISSA_BITS, smallest_normal, unit_roundoff


def local_error(application: Application) -> Any:
    """The error of a float result, elementwise and absolute; 0 where it is exact.

    A result near the smallest normal number may be flushed to zero: some processors do.
    """
    rule = _RULES.get(application.kind)
    if rule is None:
        return 0.0
    size, tiny = np.abs(application.y), 4 * smallest_normal(application.dtype)
    error = rule(application) * unit_roundoff(application.dtype)
    if (size < tiny).any():
        error = np.where((size < tiny) & (error > 0), size, error)
    return np.where(np.isfinite(size), error, 0.0)


def representable(y: Any, bits: int) -> Any:
    """Whether numbers have at most so many binary digits; the result of one operation then has no error."""
    y = np.asarray(y)
    y = y if y.dtype.kind == "f" else y.astype(np.float64)
    if bits >= np.finfo(y.dtype).nmant + 1:
        return np.zeros(np.shape(y), bool)  # that cannot be told in arithmetic which is no wider
    digits, _ = np.frexp(y)
    scaled = np.ldexp(digits, bits)
    return scaled == np.rint(scaled)


def _arithmetic(application: Application) -> Any:
    exact = representable(application.y, MANTISSA_BITS[application.dtype])
    if application.op.name in ("add", "subtract") and np.any(exact):
        exact = exact & _added_exactly(application)
    return np.where(exact, 0.0, np.abs(application.y))


def _added_exactly(application: Application) -> Any:
    """Whether the wide sum itself lost nothing, such as a tiny term beside 1; Dekker (1971)."""
    x1, x2 = application.values
    x2 = -x2 if application.op.name == "subtract" else x2
    with np.errstate(invalid="ignore"):
        return ((application.y - x1 == x2) & (application.y - x2 == x1)) | ~np.isfinite(application.y)


def _unary(application: Application) -> Any:
    """0 where the result is representable, if the op is rounded correctly; a function good to k ulps may miss it."""
    k = application.op.error.k if application.op.error else 1.0
    return _arithmetic(application) if k == 1 else k * np.abs(application.y)


def _sum(application: Application) -> Any:
    """A sum of n terms: pairwise or blocked summation is what honest libraries do."""
    x = application.values[0]
    terms = np.size(x) / max(np.size(application.y), 1)
    sizes = application.at([np.abs(x), *application.values[1:]])
    return _unless_on_grid(sizes, grid(x), max(1.0, math.log2(max(terms, 1)) / 2), application.dtype)


def _cumsum(application: Application) -> Any:
    """Each partial sum of up to n terms, added one after the other or by doubling."""
    x = application.values[0]
    sizes = application.at([np.abs(x), *application.values[1:]])
    terms = max(np.shape(x), default=1)
    return _unless_on_grid(sizes, grid(x), max(1.0, math.sqrt(terms)), application.dtype)


def _matmul(application: Application) -> Any:
    left, right = map(np.abs, application.values)
    error = _unless_on_grid(np.matmul(left, right), grid(left) * grid(right), 2.0, application.dtype)
    bits = application.by.profile.factor_bits
    if bits is not None:
        loss = 2.0 ** (MANTISSA_BITS[application.dtype] - bits)
        cut = [np.where(representable(x, bits), 0.0, x) for x in (left, right)]
        error = error + loss * (np.matmul(cut[0], right) + np.matmul(left, cut[1]))
    return error


def _backward(application: Application) -> Any:
    """The result of a stable algorithm is rounded as well, relative to its largest element."""
    largest = np.max(
        np.abs(application.y), axis=tuple(range(-min(2, np.ndim(application.y)), 0)), keepdims=True, initial=0.0
    )
    return np.where(application.y == 0, 0.0, largest)


def grid(x: Any) -> float:
    """The largest power of two of which all elements are multiples."""
    x = np.asarray(x)
    narrow = x.astype(np.float64)
    if np.any(narrow != x):
        return 0.0
    digits, exponent = np.frexp(narrow[(x != 0) & np.isfinite(x)])
    whole = np.ldexp(digits, 53).astype(np.int64)
    return float(np.min(np.ldexp((whole & -whole).astype(float), exponent - 53), initial=np.inf))


def _unless_on_grid(sizes: Any, step: float, factor: float, dtype: str) -> Any:
    """Multiples of a grid are added without rounding, in any order, while the dtype holds their sum."""
    return np.where(sizes <= step / unit_roundoff(dtype), 0.0, factor * sizes)


_RULES: dict[str, Callable[..., Any]] = {
    "arithmetic": _arithmetic,
    "backward": _backward,
    "cast": _arithmetic,
    "unary": _unary,
    "sum": _sum,
    "scatter": _sum,
    "cumsum": _cumsum,
    "matmul": _matmul,
}
