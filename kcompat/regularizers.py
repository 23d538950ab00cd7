"""Regularizers: scalars of a weight, or of a layer's result, that are added to the loss."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from kcompat import ops
from kcompat.configurable import Configurable
from kcompat.registration import deserialize as _deserialize
from kcompat.registration import get as _get
from kcompat.registration import register
from kcompat.registration import serialize as serialize


class Regularizer(Configurable):
    """A function of a tensor that gives a scalar. Subclasses define `__call__(x)`."""

    def __call__(self, x: Any) -> Any:
        """The scalar to add to the loss; here 0."""
        del x
        return 0.0


def _factor(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float, np.number)) or not math.isfinite(value):
        raise ValueError(f"{name} is a finite number, got {value!r}")
    return float(value)


@register("regularizer")
class L1L2(Regularizer):
    """`l1 * sum(|x|) + l2 * sum(x ** 2)` (Zou & Hastie, 2005)."""

    def __init__(self, l1: float = 0.0, l2: float = 0.0):
        self.l1 = _factor("l1", 0.0 if l1 is None else l1)
        self.l2 = _factor("l2", 0.0 if l2 is None else l2)

    def __call__(self, x: Any) -> Any:
        x = ops.convert_to_tensor(x)
        total: Any = ops.zeros((), x.dtype)
        if self.l1:
            total = ops.add(total, ops.multiply(ops.sum(ops.absolute(x)), self.l1))
        if self.l2:
            total = ops.add(total, ops.multiply(ops.sum(ops.square(x)), self.l2))
        return total


@register("regularizer")
class L1(Regularizer):
    """`l1 * sum(|x|)` (Tibshirani, 1996)."""

    def __init__(self, l1: float = 0.01):
        self.l1 = _factor("l1", 0.01 if l1 is None else l1)

    def __call__(self, x: Any) -> Any:
        return ops.multiply(ops.sum(ops.absolute(x)), self.l1)


@register("regularizer")
class L2(Regularizer):
    """`l2 * sum(x ** 2)` (Hoerl & Kennard, 1970)."""

    def __init__(self, l2: float = 0.01):
        self.l2 = _factor("l2", 0.01 if l2 is None else l2)

    def __call__(self, x: Any) -> Any:
        return ops.multiply(ops.sum(ops.square(x)), self.l2)


@register("regularizer")
class OrthogonalRegularizer(Regularizer):
    """`factor` times the mean of `|u . v|` over all pairs of different rows, or columns, each of length 1.

    Args:
        factor: the strength.
        mode: `rows` or `columns`.

    The tensor has rank 2; with a single row or column there is no pair, and ValueError is raised.
    """

    def __init__(self, factor: float = 0.01, mode: str = "rows"):
        self.factor = _factor("factor", factor)
        if mode not in ("rows", "columns"):
            raise ValueError(f"mode is 'rows' or 'columns', got {mode!r}")
        self.mode = mode

    def __call__(self, x: Any) -> Any:
        x = ops.convert_to_tensor(x)
        if len(x.shape) != 2:
            raise ValueError(f"OrthogonalRegularizer takes a tensor of rank 2, got shape {tuple(x.shape)}")
        rows = self.mode == "rows"
        vectors = ops.normalize(x, axis=1 if rows else 0)
        transposed = ops.transpose(vectors)
        products = ops.matmul(vectors, transposed) if rows else ops.matmul(transposed, vectors)
        count = x.shape[0 if rows else 1]
        if count < 2:
            raise ValueError(
                f"OrthogonalRegularizer compares {self.mode}, and a tensor of shape {tuple(x.shape)} has one"
            )
        others = ops.multiply(products, ops.subtract(1.0, ops.eye(count, dtype=products.dtype)))
        pairs = count * (count - 1.0) / 2.0
        return ops.multiply(ops.sum(ops.absolute(others)), self.factor * 0.5 / pairs)


l1, l2, l1_l2, orthogonal_regularizer = L1, L2, L1L2, OrthogonalRegularizer


def get(identifier: Any) -> Any:
    """A regularizer from its name, config, class, object, or a function of a tensor; None stays None."""
    return _get("regularizer", identifier)


def deserialize(config: Any, custom_objects: Any = None) -> Any:
    """A regularizer from its config."""
    return _deserialize(config, custom_objects, "regularizer")
