"""What `fit`, `evaluate` and `predict` print: Keras's progress bar and log line."""

from __future__ import annotations

import sys
import time
from typing import Any, TextIO

BAR_WIDTH = 20
REFRESH_SECONDS = 0.1


class Progress:
    """One epoch's line on the terminal; `steps` is None where nobody knows how many there will be.

    `verbose` 0 prints nothing, 1 a bar, 2 one line at the end. Where the output is not a terminal, a bar is
    written once, at the end.
    """

    def __init__(self, steps: int | None, verbose: int, stream: TextIO | None = None):
        self.steps, self.verbose = steps, verbose
        self.stream = stream or sys.stdout
        self.started = self._shown = time.monotonic()
        self._live = verbose == 1 and self.stream.isatty()
        self._width = self._done = 0

    def header(self, epoch: int, epochs: int) -> None:
        """Say which epoch it is."""
        if self.verbose:
            print(f"Epoch {epoch}/{epochs}", file=self.stream)

    def due(self, step: int) -> bool:
        """Whether after `step` steps it is time to look at the logs again: doing so waits for the device."""
        self._done = step
        return time.monotonic() - self._shown >= (REFRESH_SECONDS if self._live else 1.0)

    def update(self, step: int, logs: dict[str, float]) -> None:
        """Show the state after `step` steps."""
        self._shown = time.monotonic()
        if self._live:
            self._write(self._bar(step) + self._time(step, finished=False) + format_logs(logs))

    def finish(self, logs: dict[str, float]) -> None:
        """Show the end of the epoch."""
        if self.verbose == 0:
            return
        self.steps = steps = self.steps or self._done
        bar, gap = (self._bar(steps), " ") if self.verbose == 1 else (f"{steps}/{steps}", " - ")
        self._write(bar + self._time(steps, finished=True, gap=gap) + format_logs(logs))
        print(file=self.stream, flush=True)

    def _write(self, line: str) -> None:
        if self._live:
            self.stream.write("\r" + line.ljust(self._width))
        else:
            self.stream.write(line)
        self._width = len(line)
        self.stream.flush()

    def _bar(self, step: int) -> str:
        if self.steps is None:
            return f"{step}/Unknown"
        done = BAR_WIDTH * step // max(1, self.steps)
        return f"{step:>{len(str(self.steps))}}/{self.steps} " + "\u2501" * done + " " * (BAR_WIDTH - done)

    def _time(self, step: int, finished: bool, gap: str = " ") -> str:
        elapsed = time.monotonic() - self.started
        each = elapsed / max(1, step)
        total = f"{elapsed:.0f}s" if finished or self.steps is None else format_seconds(each * (self.steps - step))
        return f"{gap}{total}{gap}{format_step(each)}/step"


def format_seconds(seconds: float) -> str:
    """Whole seconds, or minutes and hours: `7s`, `2:05`, `1:02:05`."""
    whole = int(seconds)
    if whole < 60:
        return f"{whole}s"
    minutes, rest = divmod(whole, 60)
    return f"{minutes}:{rest:02d}" if minutes < 60 else f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}"


def format_step(seconds: float) -> str:
    """A step's time: `2s`, `31ms`, `250us`."""
    if seconds >= 1:
        return f"{seconds:.0f}s"
    return f"{seconds * 1e3:.0f}ms" if seconds >= 1e-3 else f"{seconds * 1e6:.0f}us"


def format_logs(logs: dict[str, Any]) -> str:
    """` - accuracy: 0.9123 - loss: 0.3421`: sorted by name, the validation's values last, as Keras does."""
    names = sorted(logs, key=lambda name: (name.startswith("val_"), name))
    return "".join(f" - {name}: {_number(logs[name])}" for name in names)


def _number(value: float) -> str:
    return f"{value:.4f}" if abs(value) > 1e-3 else f"{value:.4e}"
