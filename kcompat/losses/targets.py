"""What targets a loss takes. Arrays are checked on the host, before training, where a mistake can be explained."""

from __future__ import annotations

from typing import Any

import numpy as np


class Targets:
    """Numbers of any kind, but no NaN. Subclasses say which numbers."""

    are_integers = False
    """Whether a loss reads the targets as integers. Those are not cast to floats, which may not hold a large one."""

    def check(self, y: np.ndarray, outputs: Any, loss: Any) -> None:
        """Raise ValueError for targets that are not of this kind.

        Args:
            y: the targets, not empty.
            outputs: a `TensorSpec` of the predictions, or any structure of them.
            loss: the loss object, whose `kwargs` may widen what is allowed.
        """
        if y.dtype.kind not in "biu" and np.isnan(y.min()):
            count = int(np.isnan(y).sum())
            raise ValueError(
                f"y holds NaN, in {count} of {y.size} values, and {loss.name} of NaN is NaN; leave those samples out, "
                "or set their targets to any number and their sample_weight to 0"
            )


class Labels(Targets):
    """Integers of no particular range; floats that are whole numbers will do."""

    are_integers = True

    def check(self, y: np.ndarray, outputs: Any, loss: Any) -> None:
        super().check(y, outputs, loss)
        if y.dtype.kind in "biu":
            return
        fractions = y[y != np.trunc(y)]
        if fractions.size:
            raise ValueError(
                f"{loss.name} takes integer labels; y holds {fractions[0]}. Round the labels, or use a loss of "
                "probabilities such as categorical_crossentropy"
            )


class ClassIndices(Labels):
    """Indices of the classes that the predictions have along the loss's `axis`; its `ignore_class` is allowed, too."""

    def check(self, y: np.ndarray, outputs: Any, loss: Any) -> None:
        ignored = loss.kwargs.get("ignore_class")
        y = y if ignored is None else y[y != ignored]
        if not y.size:
            return
        super().check(y, outputs, loss)
        shape = getattr(outputs, "shape", None)
        classes = shape[loss.kwargs.get("axis", -1)] if shape else None
        low, high = y.min(), y.max()
        if classes is not None and not 0 <= low <= high < classes:
            raise ValueError(
                f"labels are class indices in [0, {classes}), as the model gives {classes} classes; "
                f"y has {low} to {high}"
            )


class Probabilities(Targets):
    """Numbers from 0 to 1."""

    def check(self, y: np.ndarray, outputs: Any, loss: Any) -> None:
        super().check(y, outputs, loss)
        low, high = y.min(), y.max()
        if not 0 <= low <= high <= 1:
            raise ValueError(f"{loss.name} takes targets in [0, 1]; y has {low} to {high}")
