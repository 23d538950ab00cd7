"""The settings of the process: floats, epsilon, where channels stand, random draws, backend. There are no others."""

from __future__ import annotations

from typing import Any

from kcompat.runtime.registry import get_backend as backend
from kcompat.spec import EPSILON, FLOATX, IMAGE_DATA_FORMAT, epsilon, floatx, image_data_format
from kcompat.spec.settings import Setting, one_of

__all__ = [
    "backend",
    "epsilon",
    "floatx",
    "image_data_format",
    "rng",
    "set_epsilon",
    "set_floatx",
    "set_image_data_format",
    "set_rng",
]

THREEFRY, NATIVE = "threefry", "native"
RNG = Setting("rng", THREEFRY, one_of("rng", THREEFRY, NATIVE))


def set_floatx(value: str) -> None:
    """Change the float dtype that is used where none is given: float16, bfloat16, float32 (at first) or float64."""
    FLOATX.set(value)


def set_epsilon(value: float) -> None:
    """Change the number that keeps logarithms and quotients finite, 1e-7 at first."""
    EPSILON.set(value)


def set_image_data_format(data_format: str) -> None:
    """Change what `data_format=None` means: `channels_last` (at first) or `channels_first`."""
    IMAGE_DATA_FORMAT.set(data_format)


def rng() -> str:
    """The generator of draws on tensors: "threefry" or "native"."""
    return RNG.get()


def set_rng(rng: str) -> None:
    """Choose the generator of all draws on tensors: "threefry", equal everywhere, or "native", the framework's.

    Initial weights and shuffles, which are drawn on the host, are Threefry's in any case.
    """
    RNG.set(rng)


_checked_data_format = one_of("data_format", "channels_last", "channels_first")


def check_data_format(data_format: Any) -> str:
    """`data_format`, or the setting if it is None. Raises ValueError for another name."""
    return image_data_format() if data_format is None else _checked_data_format(data_format)
