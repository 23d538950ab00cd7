"""Weights of classes, which become weights of samples, or of the steps of samples."""

from __future__ import annotations

import math
import numbers
from typing import Any

import numpy as np

from kcompat.spec import floatx


class ClassWeights:
    """A weight for each class.

    Args:
        weights: a dict from a class index to a weight.
        loss: the loss of the model, which says whether targets of several axes are class indices or one-hot rows.
    """

    def __init__(self, weights: Any, loss: Any = None):
        if not isinstance(weights, dict):
            raise TypeError(f"class_weight is a dict from a class index to a weight, got {weights!r}")
        for index, weight in weights.items():
            if not isinstance(weight, numbers.Real) or not math.isfinite(weight):
                raise ValueError(f"class_weight has finite numbers as weights, got {weight!r} for the class {index!r}")
        self.weights = weights
        self._takes_indices = loss is not None and loss.targets is not None and loss.targets.are_integers
        self._ignored = getattr(loss, "kwargs", {}).get("ignore_class")

    def of(self, y: np.ndarray | None) -> np.ndarray:
        """The weight of each class index in `y`, or of each of its one-hot rows. Raises ValueError if it has none."""
        if y is None:
            raise ValueError("class_weight needs y")
        classes = self._classes(y)
        indices, where = np.unique(classes, return_inverse=True)
        table = {int(index): weight for index, weight in self.weights.items()}
        if self._ignored is not None:
            table.setdefault(self._ignored, 0.0)  # the loss leaves these out, whatever they weigh
        absent = [int(index) for index in indices if int(index) not in table]
        if absent:
            raise ValueError(f"class_weight has no weight for the classes {absent} of y; it has {sorted(self.weights)}")
        return np.array([table[int(index)] for index in indices], floatx())[where.reshape(classes.shape)]

    def _classes(self, y: np.ndarray) -> np.ndarray:
        if y.ndim > 1 and y.shape[-1] == 1:
            y = y[..., 0]
        elif y.ndim > 1 and not self._takes_indices:
            shares = y.reshape(-1, y.shape[-1])
            sums = shares.sum(-1)
            wrong = ~((shares >= 0).all(-1) & (np.abs(sums - 1) < 1e-2))
            if wrong.any():
                raise ValueError(
                    f"class_weight needs one class for each sample or step, an index or a row of y that sums to 1; "
                    f"y has shape {y.shape}, and a row of it is {shares[wrong][0]}; pass sample_weight instead"
                )
            return y.argmax(-1)
        return np.rint(y).astype(np.int64)  # labels may be smoothed


def class_weights(weights: Any, loss: Any) -> ClassWeights | None:
    """The `ClassWeights` of what a user passes, None if that is None."""
    return None if weights is None else ClassWeights(weights, loss)


def multiplied(weights: np.ndarray, sample_weight: np.ndarray | None) -> np.ndarray:
    """Weights of classes times those of the samples that they belong to: the first axes are the same."""
    if sample_weight is None:
        return weights
    rank = max(weights.ndim, sample_weight.ndim)
    left, right = (w.reshape(w.shape + (1,) * (rank - w.ndim)) for w in (weights, sample_weight))
    return left * right
