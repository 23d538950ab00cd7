"""The elements of one tensor in another order, or several times."""

from typing import Any

import numpy as np

from kcompat.conformance.references import reference


@reference("ravel")
def ravel(x: Any) -> Any:
    """NumPy's."""
    return np.ravel(x)


@reference("moveaxis")
def moveaxis(x: Any, source: Any, destination: Any) -> Any:
    """NumPy's."""
    return np.moveaxis(x, source, destination)


@reference("swapaxes")
def swapaxes(x: Any, axis1: int, axis2: int) -> Any:
    """NumPy's."""
    return np.swapaxes(x, axis1, axis2)


@reference("fliplr")
def fliplr(x: Any) -> Any:
    """NumPy's."""
    return np.fliplr(x)


@reference("flipud")
def flipud(x: Any) -> Any:
    """NumPy's."""
    return np.flipud(x)


@reference("rot90")
def rot90(array: Any, k: int = 1, axes: Any = (0, 1)) -> Any:
    """NumPy's."""
    return np.rot90(array, k, axes)


@reference("roll")
def roll(x: Any, shift: Any, axis: Any = None) -> Any:
    """NumPy's."""
    return np.roll(x, shift, axis)


@reference("repeat")
def repeat(x: Any, repeats: Any, axis: int | None = None) -> Any:
    """NumPy's."""
    return np.repeat(x, repeats, axis)


@reference("tile")
def tile(x: Any, repeats: Any) -> Any:
    """NumPy's."""
    return np.tile(x, repeats)
