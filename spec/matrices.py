"""What the ops on matrices share: shape checks, triangles, and samples with known properties."""

from __future__ import annotations

from typing import Any

import numpy as np

from kcompat.spec.calculus import swap_last
from kcompat.spec.rules import shape_of


def check_matrix(name: str, x: Any) -> tuple[int, ...]:
    """The shape of a stack of matrices; ValueError for what is none."""
    shape = shape_of(x)
    if len(shape) < 2:
        raise ValueError(f"{name} takes matrices, of shape (..., M, N), got shape {shape}")
    return shape


def check_square(name: str, x: Any) -> tuple[int, ...]:
    """The shape of a stack of square matrices; ValueError for what is none."""
    shape = check_matrix(name, x)
    if shape[-2] != shape[-1]:
        raise ValueError(f"{name} takes square matrices, of shape (..., M, M), got shape {shape}")
    return shape


def ones_where(B: Any, x: Any, compare: str) -> Any:
    """A mask of the shape of the matrices `x`: whether row `compare` column, as `"greater"`."""
    rows, columns = x.shape[-2:]
    row = B.reshape(B.arange(start=rows), newshape=(rows, 1))
    return getattr(B, compare)(row, B.reshape(B.arange(start=columns), newshape=(1, columns)))


def lower(B: Any, x: Any, strict: bool = False) -> Any:
    """`x` on and below the diagonal, or only below, and 0 elsewhere."""
    return B.where(ones_where(B, x, "greater" if strict else "greater_equal"), x, 0.0)


def upper(B: Any, x: Any) -> Any:
    """`x` on and above the diagonal and 0 elsewhere."""
    return B.where(ones_where(B, x, "less_equal"), x, 0.0)


def diagonal(B: Any, x: Any) -> Any:
    """The diagonals of matrices, along the last axis: every (N + 1)th element."""
    rows, columns = x.shape[-2:]
    n, batch = min(rows, columns), tuple(x.shape[:-2])
    flat = B.reshape(x, newshape=(*batch, rows * columns))
    stop = max(n * columns, 0) if rows > columns else rows * columns
    step = (*(1 for _ in batch), columns + 1)
    return B.strided_slice(flat, start=(0,) * (len(batch) + 1), stop=(*batch, stop), step=step)


def identity_like(B: Any, x: Any) -> Any:
    """Identity matrices of the shape and dtype of `x`."""
    return B.where(ones_where(B, x, "equal"), B.ones_like(x), 0.0)


def symmetric(B: Any, x: Any) -> Any:
    """The symmetric part; halved before the sum, which could overflow."""
    return x * 0.5 + swap_last(B, x) * 0.5


def inverse_or_zero(B: Any, x: Any) -> Any:
    """`1 / x`, and 0 where `x` is 0, also in the derivative."""
    zero = B.equal(x, 0.0)
    return B.where(zero, 0.0, 1.0 / B.where(zero, 1.0, x))


def column_signs(x: Any) -> Any:
    """The sign of a generic weighted sum of each column: no sample has a column at right angles to the weights."""
    weights = 1.0 + np.sqrt(np.arange(2.0, 2.0 + x.shape[-2]))[:, None] % 1.0
    return np.where(np.sum(x * weights, axis=-2, keepdims=True) < 0, -1.0, 1.0).astype(x.dtype)


def hilbert(n: int) -> np.ndarray:
    """The Hilbert matrix, symmetric, positive definite and ill-conditioned."""
    i = np.arange(n)
    return 1.0 / (i[:, None] + i + 1.0)


def definite(rng: Any, *shape: int) -> np.ndarray:
    """Random symmetric positive definite matrices, well-conditioned."""
    x = rng.normal(size=shape)
    return x @ np.swapaxes(x, -1, -2) + shape[-1] * np.eye(shape[-1])


def regular(rng: Any, *shape: int) -> np.ndarray:
    """Random matrices whose diagonal keeps them away from singular ones."""
    return rng.normal(size=shape) + 2.0 * np.eye(shape[-2], shape[-1])


def well_conditioned(x: np.ndarray) -> bool:
    """Whether float16 and bfloat16 can tell a matrix from a singular one."""
    return not x.size or bool(np.all(np.linalg.cond(x) < 100))
