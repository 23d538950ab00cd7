"""Ways into and out of tensors, what is known of a tensor without its values, and choices that need many of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from kcompat.runtime.active import active
from kcompat.runtime.protocols import TensorLike
from kcompat.runtime.registry import current
from kcompat.spec import SCALARS, as_dtype

__all__ = [
    "convert_to_numpy",
    "convert_to_tensor",
    "dtype",
    "is_tensor",
    "ndim",
    "nonzero",
    "select",
    "shape",
    "size",
]


def convert_to_tensor(x: TensorLike, dtype: Any = None) -> Any:
    """A tensor of the active backend, from an array, a number, nested lists, a variable, or such a tensor.

    An array keeps its dtype; Python floats become floatx and Python ints int32.
    """
    B = active()
    if hasattr(x, "dtype") and type(x) not in B.tensor_types:  # a variable too, ours or the framework's
        x = B.admit(x)
    return B.constant(x, dtype=None if dtype is None else as_dtype(dtype))


def convert_to_numpy(x: TensorLike) -> np.ndarray:
    """The values of a tensor, variable, number or list, as a NumPy array."""
    B = active()
    return B.engine.to_numpy(x if type(x) in B.tensor_types and type(x) not in SCALARS else B.constant(B.admit(x)))


def is_tensor(x: Any) -> bool:
    """Whether `x` is a tensor of the active backend."""
    return bool(current().engine.is_tensor(x))


def shape(x: TensorLike) -> tuple[int, ...]:
    """The shape of a tensor, as a tuple of ints."""
    return tuple((x if hasattr(x, "shape") else active().admit(x)).shape)


def ndim(x: TensorLike) -> int:
    """The number of axes of a tensor, as an int."""
    return len(shape(x))


def size(x: TensorLike) -> int:
    """The number of elements of a tensor, as an int."""
    return math.prod(shape(x))


def dtype(x: TensorLike) -> str:
    """The name of a tensor's dtype."""
    return as_dtype((x if hasattr(x, "dtype") else convert_to_tensor(x)).dtype)


def select(condlist: Sequence[TensorLike], choicelist: Sequence[TensorLike], default: TensorLike = 0) -> Any:
    """Elementwise, the choice whose condition is the first that holds; `default` where none does.

    Args:
        condlist: conditions, tensors of bools.
        choicelist: as many choices, tensors or numbers; all broadcast.
        default: a tensor or a number.

    Raises:
        ValueError: unless there are as many choices as conditions, and at least one.
    """
    if len(condlist) != len(choicelist) or not len(condlist):
        raise ValueError(
            f"select: condlist and choicelist have one length, at least 1; got {len(condlist)} and {len(choicelist)}"
        )
    B = active()
    condlist, choicelist, (result,) = (
        [x if type(x) in B.tensor_types else B.admit(x) for x in xs] for xs in (condlist, choicelist, [default])
    )
    for condition, choice in zip(reversed(condlist), reversed(choicelist), strict=True):
        result = B.where(condition, choice, result)
    return result


def nonzero(x: TensorLike) -> tuple[Any, ...]:
    """The coordinates of the elements that are not zero: one int32 vector an axis, in row-major order.

    Raises TypeError where the values are not known, in compiled functions and while shapes are inferred: how many
    there are depends on the data.
    """
    B = active()
    try:
        values = convert_to_numpy(x)
    except Exception as error:
        raise TypeError(
            "nonzero: the shape of the result depends on the data, which is not known in a compiled function; "
            "use where(condition, x1, x2), or top_k or argsort with a fixed number of results"
        ) from error
    return tuple(B.constant(place.astype("int32")) for place in np.nonzero(values))
