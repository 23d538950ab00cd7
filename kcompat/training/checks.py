"""What is checked before training starts: arguments of the loops, and whether data, model and loss fit."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from kcompat.runtime import shapes
from kcompat.spec import TensorSpec
from kcompat.variables.scope import bind


def positive_int(name: str, value: Any) -> int:
    """`value` as an int of at least 1. Raises ValueError for another."""
    return _whole(name, value, 1)


def count(name: str, value: Any) -> int:
    """`value` as an int of at least 0. Raises ValueError for another."""
    return _whole(name, value, 0)


def _whole(name: str, value: Any, least: int) -> int:
    fits = isinstance(value, (int, float, np.number)) and not isinstance(value, bool)
    if not fits or not math.isfinite(value) or value != int(value) or value < least:
        raise ValueError(f"{name} is {'a positive int' if least else 'an int of at least 0'}, got {value!r}")
    return int(value)


def required(x: Any, y: Any = None) -> Any:
    """Input data that is there and is no pair. Raises ValueError for None and for `(x, y)` in one argument."""
    if x is None:
        raise ValueError("x is None; pass an array of inputs")
    if y is None and isinstance(x, (tuple, list)) and len(x) in (2, 3):
        shapes = {tuple(part.shape) for part in x if hasattr(part, "shape")}
        if len(shapes) > 1 or (shapes and isinstance(x, tuple)):  # a list of arrays of one shape is a list of samples
            kind = type(x).__name__
            raise ValueError(f"x is a {kind} of {len(x)} arrays; pass them one by one: x, y and sample_weight")
    return x


def flag(name: str, value: Any) -> bool:
    """`value` as a bool. Raises ValueError for what is none, such as a word."""
    if not isinstance(value, (bool, np.bool_)) and not (isinstance(value, int) and value in (0, 1)):
        raise ValueError(f"{name} is True or False, got {value!r}")
    return bool(value)


def require_targets_to_validate(loss: Any, data: Any, validation: Any) -> None:
    """Raise ValueError for data to evaluate on without targets, where a loss is trained with them."""
    if loss is not None and validation is not None and data.y is not None and validation.y is None:
        raise ValueError(
            f"validation_data has no targets, and the loss {loss.name!r} compares predictions with them; "
            "pass (x, y) or (x, y, sample_weight)"
        )


def verbosity(verbose: Any) -> int:
    """0, 1 or 2; "auto" is 1."""
    if verbose == "auto":
        return 1
    if verbose not in (0, 1, 2):
        raise ValueError(f"verbose is 'auto', 0, 1 or 2; got {verbose!r}")
    return int(verbose)


def validation_epochs(validation_freq: Any) -> Any:
    """A function of an epoch's number, from 1, that says whether to evaluate after it."""
    if isinstance(validation_freq, (list, tuple, set)):
        wanted = {positive_int("an epoch in validation_freq", epoch) for epoch in validation_freq}
        return lambda epoch: epoch in wanted
    every = positive_int("validation_freq", validation_freq)
    return lambda epoch: epoch % every == 0


class DataCheck:
    """Checks data against a model and what it was compiled with, each layout of it once."""

    def __init__(self) -> None:
        self._layouts: set[Any] = set()
        self._outputs: Any = None

    def check(
        self, model: Any, x: np.ndarray, y: np.ndarray | None = None, sample_weight: np.ndarray | None = None
    ) -> None:
        """Raise ValueError if inputs, targets or weights do not fit; choose the metrics if that is still to be done."""
        model.check_data(x)
        recipe = model.recipe
        if y is None:
            return
        parts = (x, y) if sample_weight is None else (x, y, sample_weight)
        layout = tuple((part.shape[1:], part.dtype) for part in parts)
        if layout not in self._layouts or recipe.has_open_metrics:
            inputs, targets, *weight = (TensorSpec((None, *part.shape[1:]), part.dtype.name) for part in parts)
            self._outputs = model.compute_output_spec(inputs)
            if isinstance(self._outputs, TensorSpec) and recipe.has_open_metrics:
                recipe.resolve_metrics(targets.shape, self._outputs.shape)
                model.programs.release()  # whose state has no room for them
            if recipe.loss is not None:
                with bind({}):
                    shapes.infer(model.compute_loss, inputs, targets, self._outputs, *weight)
            self._layouts.add(layout)
        if recipe.loss is not None:
            recipe.loss.check_targets(y, self._outputs)
