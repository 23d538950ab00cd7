"""The scope that makes code written with variables a pure function."""

from __future__ import annotations

import contextlib
import contextvars
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kcompat.variables import Variable


class Scope:
    """What variables hold while a step runs: they read from `values` and write to `writes`.

    Outside of any scope a variable reads and writes its own value.
    """

    def __init__(self, values: dict[Variable, Any]):
        self.values = values
        self.writes: dict[Variable, Any] = {}
        self.losses: dict[Any, list[tuple[Any, Any]]] = {}
        """What calls of layers added to the loss, by the outermost layer: pairs of the layer and the loss."""

    def get(self, variable: Variable) -> Any:
        """What the step wrote last, else what it was given; None for a variable that is not bound."""
        written = self.writes.get(variable)
        return self.values.get(variable) if written is None else written


_scope: contextvars.ContextVar[Scope | None] = contextvars.ContextVar("kcompat_scope", default=None)
current_scope = _scope.get


@contextlib.contextmanager
def bind(values: dict[Variable, Any]) -> Iterator[Scope]:
    """Run the block with variables holding `values`; what is assigned ends up in the scope's `writes`."""
    scope = Scope(values)
    token = _scope.set(scope)
    try:
        yield scope
    finally:
        _scope.reset(token)
