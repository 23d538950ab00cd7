"""Which interpreter `kcompat.ops` uses now.

The process-wide choice is one object whose contents `set_backend` swaps, so that every thread sees it at
once; `use` overrides it for one context (a thread, an asyncio task, a traced function).
"""

from __future__ import annotations

import contextlib
import contextvars
from collections.abc import Iterator
from typing import Any


class _Process:
    """Stands for the process's interpreter; loads the default backend when it is first asked for anything."""

    def __getattr__(self, name: str) -> Any:
        if self.__dict__:
            raise AttributeError(f"{name!r} is not an op of the spec, nor an attribute of an interpreter")
        from kcompat.runtime import registry as backend

        set_process_interpreter(backend.load(backend.default_name()))
        return getattr(self, name)


process = _Process()
_active: contextvars.ContextVar[Any] = contextvars.ContextVar("kcompat_interpreter", default=process)
active = _active.get
"""The interpreter in use, as a function without arguments."""


def set_process_interpreter(interpreter: Any) -> None:
    """Make an interpreter that of the process, in all threads."""
    process.__dict__ = interpreter.__dict__


@contextlib.contextmanager
def use(interpreter: Any) -> Iterator[Any]:
    """Make `interpreter` the active one within this context."""
    token = _active.set(interpreter)
    try:
        yield interpreter
    finally:
        _active.reset(token)
