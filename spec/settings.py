"""What the ops use where a caller gives nothing: the default float dtype, epsilon, and where channels stand.

Each is one value for the process, which a block of code may override for itself: a thread that judges in float64
does not disturb one that trains in float32.
"""

from __future__ import annotations

import contextlib
import contextvars
import math
from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Setting(Generic[T]):
    """A value of the process, checked when it is set, and its override within a context."""

    def __init__(self, name: str, default: T, check: Callable[[Any], T]):
        self.checked, self._value = check, default
        self._override: contextvars.ContextVar[T | None] = contextvars.ContextVar(f"kcompat_{name}", default=None)

    def get(self) -> T:
        """The value that holds here."""
        value = self._override.get()
        return self._value if value is None else value

    def set(self, value: Any) -> None:
        """Change the value of the process, for all threads. Raises ValueError for one that is not valid."""
        self._value = self.checked(value)

    @contextlib.contextmanager
    def override(self, value: Any) -> Iterator[T]:
        """Let another value hold within the block, in this thread or task alone."""
        value = self.checked(value)
        token = self._override.set(value)
        try:
            yield value
        finally:
            self._override.reset(token)


def one_of(name: str, *values: str) -> Callable[[Any], str]:
    """A check that a value is one of a few names."""
    *others, last = map(repr, values)
    listed = f"{', '.join(others)} or {last}"

    def check(value: Any) -> str:
        if value not in values:
            raise ValueError(f"{name} is {listed}, got {value!r}")
        return value

    return check


def _small_number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < 1 or not math.isfinite(value):
        raise ValueError(f"epsilon is a number between 0 and 1, such as 1e-7; got {value!r}")
    return float(value)


FLOATX = Setting("floatx", "float32", one_of("floatx", "float16", "bfloat16", "float32", "float64"))
EPSILON = Setting("epsilon", 1e-7, _small_number)
IMAGE_DATA_FORMAT = Setting(
    "image_data_format", "channels_last", one_of("image_data_format", "channels_last", "channels_first")
)

floatx, epsilon, image_data_format = FLOATX.get, EPSILON.get, IMAGE_DATA_FORMAT.get
