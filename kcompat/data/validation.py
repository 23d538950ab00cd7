"""The data to evaluate on after an epoch: given, or cut off the data to train on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kcompat.data.arrays import Arrays, unpack_x_y_sample_weight
from kcompat.data.stream import Stream, is_stream, open_data

Data = Arrays | Stream


def with_validation(
    data: Data,
    validation_data: Any,
    split: float,
    batch_size: int | None,
    steps: int | None,
    check: Callable[..., None],
) -> tuple[Data, Data | None]:
    """The data to train on and the data to evaluate on, None if there are none.

    Args:
        data: what `fit` was given.
        validation_data: `(x, y)` or `(x, y, sample_weight)`, an iterable of batches, or None.
        split: the share of `data`, from its end, to evaluate on in their place; 0: none.
        batch_size: samples a batch of the evaluation.
        steps: how many batches to evaluate on; None: all.
        check: is given `x`, `y` and `sample_weight` of each batch of an iterable.

    Raises ValueError for `steps` without data, for a split of an iterable, and for data of another form.
    """
    if validation_data is None:
        if steps is not None:
            raise ValueError(f"validation_steps={steps} needs validation_data")
        if not split:
            return data, None
        if isinstance(data, Stream):
            raise ValueError("validation_split needs arrays; give an iterable's as validation_data")
        data, validation = data.split(split)
        validation.batch_size = batch_size or data.batch_size
        return data, validation
    if is_stream(validation_data):
        return data, open_data(validation_data, steps=steps, check=check)
    if not isinstance(validation_data, (tuple, list)) or len(validation_data) > 3:
        raise ValueError(f"validation_data is (x, y) or (x, y, sample_weight), got {_kind(validation_data)}")
    x, y, sample_weight = unpack_x_y_sample_weight(validation_data)
    return data, open_data(x, y, sample_weight, None, batch_size, steps, check=check)


def _kind(data: Any) -> str:
    return f"{len(data)} parts" if isinstance(data, (tuple, list)) else f"a {type(data).__name__}"
