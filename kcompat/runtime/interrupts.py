"""Ctrl-C between steps, never within one: sections of code that a SIGINT may not break."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from typing import Any


class _Interrupts(threading.local):
    """`with uninterrupted:` keeps a SIGINT until the block, and all blocks around it, are left.

    It does so where `deferring` has put its handler in place. Python calls handlers in the main thread alone, so a
    block in another thread waits for nothing.
    """

    def __init__(self) -> None:
        self._depth = 0
        self._pending: tuple[int, Any] | None = None
        self.previous: Any = None

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
        elif self.previous is signal.SIG_DFL:
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)


uninterrupted = _Interrupts()
_handler = uninterrupted.handle


@contextlib.contextmanager
def deferring() -> Iterator[None]:
    """Within the block a SIGINT that comes in an `uninterrupted` one is handled when that is left."""
    in_main_thread = threading.current_thread() is threading.main_thread()
    previous = signal.getsignal(signal.SIGINT) if in_main_thread else None
    if previous is None or previous == _handler:  # no thread of signals, not set from Python, or set already
        yield
        return
    uninterrupted.previous = previous
    signal.signal(signal.SIGINT, _handler)
    try:
        yield
    finally:
        with uninterrupted:
            if signal.getsignal(signal.SIGINT) == _handler:  # unless somebody else has put another there
                signal.signal(signal.SIGINT, previous)
