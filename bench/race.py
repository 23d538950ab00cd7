"""The race: contestants take turns, repeat by repeat, one of them running at a time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from kcompat.bench import measures
from kcompat.bench.contestants import Unavailable
from kcompat.bench.process import Failed, Process
from kcompat.bench.result import Row


class Heat(NamedTuple):
    """One measure of one subject, for several contestants."""

    measure: str
    subject: str
    arguments: dict[str, Any]
    contestants: tuple[str, ...]
    repeats: int = 5


class Progress:
    """Counts answers, and says what is going on and how long it may still take."""

    def __init__(self, heats: Iterable[Heat], show: Callable[[str, float], None]):
        self.total = sum((heat.repeats + 1) * len(heat.contestants) for heat in heats)
        self.done, self.show, self.start = 0, show, time.monotonic()

    def step(self, what: str, count: int = 1) -> None:
        """After `count` answers: `show` gets the text and the share that is done."""
        self.done += count
        share = self.done / max(self.total, 1)
        left = (time.monotonic() - self.start) * (1 / max(share, 1e-9) - 1)
        self.show(f"{what}, about {_minutes(left)} left", share)


def _minutes(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


class Field:
    """The live processes of the contestants, started when they are first asked for."""

    def __init__(self, device: str, dtype: str, threads: int):
        self.options = device, dtype, threads
        self.live: dict[str, Process] = {}
        self.absent: dict[str, str] = {}
        self.said: dict[str, Any] = {}

    def get(self, name: str) -> Process:
        """The process of a contestant; raises Unavailable or Failed."""
        if name in self.absent:
            raise Unavailable(self.absent[name])
        if name not in self.live:
            try:
                self.live[name] = Process(name, *self.options)
            except (Unavailable, Failed) as error:
                self.absent[name] = str(error)
                self.said[name] = {"absent": str(error)}
                raise
            self.said[name] = self.live[name].hello
        return self.live[name]

    def lose(self, name: str) -> None:
        """End a process; the next question starts another."""
        if name in self.live:
            self.live.pop(name).close()

    def close(self) -> None:
        """End them all."""
        for name in list(self.live):
            self.lose(name)


def run(heat: Heat, field: Field, progress: Progress) -> list[Row]:
    """Race; the rows are in the order of the contestants. Whoever fails drops out, and its row says why."""
    measure = measures.MEASURES[heat.measure]
    rows = {name: Row(heat.measure, heat.subject, name, measure.unit) for name in heat.contestants}
    key = f"{heat.measure} {heat.subject}"

    def ask(name: str, do: str) -> dict[str, Any] | None:
        try:
            return field.get(name).ask(do=do, key=key, measure=heat.measure, arguments=heat.arguments)
        except Unavailable as error:
            rows[name].error = str(error)
        except Failed as error:
            rows[name].error = str(error)
            field.lose(name)
        return None

    for number in range(heat.repeats + 1):  # the first is a warm-up, or in a fresh process brings files into memory
        for name, row in rows.items():
            if not row.error:
                found = ask(name, "fresh" if measure.fresh else "next")
                if found is not None and number:
                    row.values.append(found.pop("value"))
                    row.details = found
            progress.step(f"{heat.measure} of {heat.subject}: {name}")
    for name, row in rows.items():
        if not row.error:
            ask(name, "drop")
    return list(rows.values())
