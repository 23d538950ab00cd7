"""What holds while layers are called: whether they train, and the losses that they add."""

from __future__ import annotations

import contextlib
import contextvars
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class CallContext:
    """One call of an outermost layer, with those that it leads to."""

    training: bool = False
    losses: list[tuple[Any, Any]] = field(default_factory=list)
    """What layers added, each with the layer."""


_context: contextvars.ContextVar[CallContext | None] = contextvars.ContextVar("kcompat_call", default=None)
current_call = _context.get


@contextlib.contextmanager
def calling(training: bool, outer: CallContext | None) -> Iterator[CallContext]:
    """Layers called within the block train, or do not, unless told otherwise; their losses go to the outer call."""
    context = CallContext(training) if outer is None else CallContext(training, outer.losses)
    token = _context.set(context)
    try:
        yield context
    finally:
        _context.reset(token)
