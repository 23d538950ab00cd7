"""Which interpreter `kcompat.ops` uses now.

The process-wide choice is one object whose contents `set_backend` swaps, so that every thread sees it at
once; `use` overrides it for one context (a thread, an asyncio task, a traced function).
"""

from __future__ import annotations

import contextvars
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from kcompat.runtime.interpreter import Interpreter

AnyInterpreter = TypeVar("AnyInterpreter", bound="Interpreter")


class _Process:
    """Stands for the process's interpreter; loads the default backend when it is first asked for anything."""

    def __getattr__(self, name: str) -> Any:
        if self.__dict__:
            raise AttributeError(f"{name!r} is not an op of the spec, nor an attribute of an interpreter")
        if _load_default is None:
            raise LookupError("no backend is active, and kcompat.runtime.registry, which loads one, is not imported")
        set_process_interpreter(_load_default())
        return getattr(self, name)


_load_default: Callable[[], Interpreter] | None = None


def set_default(load: Callable[[], Interpreter]) -> None:
    """Say how to load the interpreter of a process that has not chosen one."""
    global _load_default
    _load_default = load


process: Any = _Process()
_active: contextvars.ContextVar[Any] = contextvars.ContextVar("kcompat_interpreter", default=process)
active = _active.get
"""The interpreter in use, as a function without arguments."""


def set_process_interpreter(interpreter: Interpreter) -> None:
    """Make an interpreter that of the process, in all threads."""
    process.__dict__ = interpreter.__dict__


class use(Generic[AnyInterpreter]):  # noqa: N801  (a context, read as a word: `with use(interpreter):`)
    """Within the block `interpreter` is the active one."""

    __slots__ = ("_interpreter", "_token")

    def __init__(self, interpreter: AnyInterpreter):
        self._interpreter = interpreter

    def __enter__(self) -> AnyInterpreter:
        self._token = _active.set(self._interpreter)
        return self._interpreter

    def __exit__(self, *error: object) -> None:
        _active.reset(self._token)
