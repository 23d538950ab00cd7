"""Ctrl-C between steps, never within one: sections of code that a SIGINT may not break."""

from __future__ import annotations

import importlib.util
import signal
import sys
import threading
from collections.abc import Callable
from types import CodeType, FrameType
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])


class _Interrupts(threading.local):
    """`with uninterrupted:` keeps a SIGINT until the block, and all blocks around it, are left.

    It does so where `deferring` has put its handler in place. Python calls handlers in the main thread alone, so a
    block in another thread waits for nothing.
    """

    def __init__(self) -> None:
        self.waiting: tuple[int, Any] | None = None
        self.begin(signal.default_int_handler, None)

    def begin(self, previous: Any, outside: FrameType | None) -> None:
        """Count blocks anew, and hand signals on to this handler; what began before `outside` is not asked.

        Where the handler of `deferring` is not in place, a signal may have come between a block and its end.
        """
        self._depth = 0
        self.previous = previous
        self.outside = outside

    def __enter__(self) -> None:
        self._depth += 1

    def __exit__(self, *error: object) -> None:
        self._depth -= 1
        if self.waiting is not None and not self._depth:
            waiting, self.waiting = self.waiting, None
            self.deliver(*waiting)

    def handle(self, number: int, frame: Any) -> None:
        """The handler: hand a signal on, at once or when the last block is left."""
        if self._depth or _is_finishing(frame, self.outside):
            self.waiting = number, frame
        else:
            self.deliver(number, frame)

    def deliver(self, number: int, frame: Any) -> None:
        """Call the handler that was there before."""
        if callable(self.previous):
            self.previous(number, frame)
        elif self.previous == signal.SIG_DFL:
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)


_finishing: set[CodeType] = set()


def finishes(function: F) -> F:
    """Mark a function that no SIGINT is to break, from its first instruction on, such as an `__exit__`.

    A block within the function would begin too late: Python may call a handler before its first line. The signal is
    handed on when the next block is left.
    """
    _finishing.add(function.__code__)
    return function


def _is_finishing(frame: FrameType | None, outside: FrameType | None) -> bool:
    """Whether a marked function is running, called from within `outside`, and by no handler of the user."""
    while frame is not None and frame is not outside and frame.f_code is not _Interrupts.deliver.__code__:
        if frame.f_code in _finishing:
            return True
        frame = frame.f_back
    return False


uninterrupted = _Interrupts()
_handler = uninterrupted.handle
_set_handler = importlib.import_module("_signal").signal if importlib.util.find_spec("_signal") else signal.signal
"""The function below Python's own, which looks each handler up among named constants: 6 us, a tenth of a prediction."""


class deferring:  # noqa: N801  (a context, read as a word: `with deferring():`)
    """Within the block a SIGINT that comes in an `uninterrupted` one is handled when that is left.

    Handlers are the main thread's business, so in another thread, and within another such block, it does nothing.
    """

    _is_outermost = False

    @finishes
    def __enter__(self) -> None:
        if threading.current_thread() is not threading.main_thread():
            return
        previous = _set_handler(signal.SIGINT, _handler)
        if previous == _handler:
            return
        if previous == signal.SIG_IGN:  # which a process that is started within the block is to inherit
            _set_handler(signal.SIGINT, previous)
            return
        if previous is None:  # it was not set from Python, and could not be put back
            previous = signal.default_int_handler
        self._is_outermost = True
        uninterrupted.begin(previous, sys._getframe(1))

    @finishes
    def __exit__(self, *error: object) -> None:
        if not self._is_outermost:
            return
        self._is_outermost = False
        try:
            current = _set_handler(signal.SIGINT, uninterrupted.previous)
            if current != _handler:  # somebody put another there within the block
                signal.signal(signal.SIGINT, current)
        finally:
            # Taken before anything is called: a second signal, which has Python's handler again, is then the only one
            waiting, uninterrupted.waiting, uninterrupted.outside = uninterrupted.waiting, None, None
            if waiting is not None:
                uninterrupted.deliver(*waiting)
