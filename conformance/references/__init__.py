"""References: what ops are, said by others, to hold the oracle to.

The oracle runs the bodies of the spec, which could be wrong themselves. So each op has a function here that computes
the same from NumPy's, SciPy's or mpmath's own function of that name, or from the definition in words or in a paper,
without any code of kcompat. There is a module for each family of ops. Every sample of an op is evaluated by both.

A reference takes what the op takes: NumPy arrays (floats are float64) by position, attributes by keyword. It gives an
array or a tuple of them. It may be slow, and loop over elements.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np

Function = TypeVar("Function", bound=Callable[..., Any])
_references: dict[str, Callable[..., Any]] = {}


def reference(*ops: str) -> Callable[[Function], Function]:
    """Declare a function as the reference of one or several ops."""

    def register(function: Function) -> Function:
        for op in ops:
            if op in _references:
                raise ValueError(f"{op} has two references")
            _references[op] = function
        return function

    return register


def answers(op: str, arrays: Sequence[Any], attrs: Mapping[str, Any]) -> list[np.ndarray]:
    """What the reference of an op gives, an array for each result."""
    with np.errstate(all="ignore"):
        y = references()[op](*arrays, **attrs)
    return [np.asarray(part) for part in (y if isinstance(y, (tuple, list)) else (y,))]


def references() -> dict[str, Callable[..., Any]]:
    """All references, by the name of the op."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
    return _references
