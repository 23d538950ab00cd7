"""Ctrl-C between steps, never within one: sections of code that a SIGINT may not break."""

from __future__ import annotations

import importlib.util
import signal
import threading
from typing import Any


class _Interrupts(threading.local):
    """`with uninterrupted:` keeps a SIGINT until the block, and all blocks around it, are left.

    It does so where `deferring` has put its handler in place. Python calls handlers in the main thread alone, so a
    block in another thread waits for nothing.
    """

    def __init__(self) -> None:
        self.reset(signal.default_int_handler)

    def reset(self, previous: Any) -> None:
        """Begin anew, with this handler for signals that are handed on.

        Where the handler of `deferring` is not in place, a signal may have come between a block and its end.
        """
        self._depth = 0
        self._pending: tuple[int, Any] | None = None
        self.previous = previous

    def __enter__(self) -> None:
        self._depth += 1

    def __exit__(self, *error: object) -> None:
        self._depth -= 1
        if self._pending is not None and not self._depth:
            pending, self._pending = self._pending, None
            self._deliver(*pending)

    def handle(self, number: int, frame: Any) -> None:
        """The handler: hand a signal on, at once or when the last block is left."""
        if self._depth:
            self._pending = number, frame
        else:
            self._deliver(number, frame)

    def _deliver(self, number: int, frame: Any) -> None:
        if callable(self.previous):
            self.previous(number, frame)
        elif self.previous == signal.SIG_DFL:
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)


uninterrupted = _Interrupts()
_handler = uninterrupted.handle
_set_handler = importlib.import_module("_signal").signal if importlib.util.find_spec("_signal") else signal.signal
"""The function below Python's own, which looks each handler up among named constants: 6 us, a tenth of a prediction."""


class deferring:  # noqa: N801  (a context, read as a word: `with deferring():`)
    """Within the block a SIGINT that comes in an `uninterrupted` one is handled when that is left.

    Handlers are the main thread's business, so in another thread, and within another such block, it does nothing.
    """

    _is_outermost = False

    def __enter__(self) -> None:
        if threading.current_thread() is not threading.main_thread():
            return
        previous = _set_handler(signal.SIGINT, _handler)
        if previous == _handler:
            return
        if previous is None:  # it was not set from Python, and could not be put back
            previous = signal.default_int_handler
        uninterrupted.reset(previous)
        self._is_outermost = True

    def __exit__(self, *error: object) -> None:
        if not self._is_outermost:
            return
        self._is_outermost = False
        try:
            current = _set_handler(signal.SIGINT, uninterrupted.previous)
        except BaseException:  # a signal that came just now; it is not to keep the handler in place
            signal.signal(signal.SIGINT, uninterrupted.previous)
            raise
        if current != _handler:  # somebody put another there within the block
            signal.signal(signal.SIGINT, current)
