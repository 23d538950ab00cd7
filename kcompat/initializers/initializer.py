"""What every initializer is. Values are drawn on the host, so every backend starts from the same bits."""

from __future__ import annotations

from typing import Any

import numpy as np

from kcompat.config import floatx
from kcompat.configurable import Configurable
from kcompat.registration import get as _get
from kcompat.registration import register
from kcompat.spec import as_dtype


@register("initializer")
class Initializer(Configurable):
    """A function of shape and dtype that gives a NumPy array. Subclasses define `draw`, or `__call__` itself."""

    def __call__(self, shape: tuple[int, ...], dtype: Any = None) -> np.ndarray:
        """The values as an array on the host; of floatx if `dtype` is None."""
        return np.asarray(self.draw(tuple(shape)), as_dtype(dtype or floatx()))

    def draw(self, shape: tuple[int, ...]) -> Any:
        """The values, of any dtype."""
        raise NotImplementedError(f"{type(self).__name__} defines neither draw(self, shape) nor __call__")


def get(identifier: Any) -> Any:
    """An initializer from its name, config, class, object, or a function of `(shape, dtype)`; None stays None."""
    return _get("initializer", identifier)
