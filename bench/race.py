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
    details: dict[str, Any] = {}  # noqa: RUF012  (never written to)


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
    """The live processes of the contestants, started when they are first asked for.

    Those that are forked for each repeat have only imported their frameworks: a copy of a process whose threads have
    worked may wait for them for ever.
    """

    def __init__(self, device: str, dtype: str, threads: int):
        self.options = device, dtype, threads
        self.live: dict[str, Process] = {}
        self.forked = False
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

    def use(self, forked: bool) -> None:
        """From now on processes are forked, or not; those that are alive served for the other, and end."""
        if forked != self.forked:
            self.close()
            self.forked = forked

    def lose(self, name: str) -> None:
        """End a process; the next question starts another."""
        if name in self.live:
            self.live.pop(name).close()

    def close(self) -> None:
        """End them all."""
        for name in list(self.live):
            self.lose(name)


def run(heat: Heat, field: Field, progress: Progress) -> list[Row]:
    """Race; rows of one measure are in the order of the contestants. Whoever fails drops out, and its row says why."""
    key, fresh = f"{heat.measure} {heat.subject}", measures.MEASURES[heat.measure].fresh
    field.use(forked=fresh)
    answers: dict[str, list[dict[str, Any]]] = {name: [] for name in heat.contestants}
    errors: dict[str, str] = {}

    def ask(name: str, do: str) -> dict[str, Any]:
        try:
            return field.get(name).ask(do=do, key=key, measure=heat.measure, arguments=heat.arguments)
        except Unavailable as error:
            errors[name] = str(error)
        except Failed as error:
            errors[name] = str(error)
            field.lose(name)
        return {}

    for number in range(heat.repeats + 1):  # the first is a warm-up, or in a fresh process brings files into memory
        for name, its_answers in answers.items():
            if name not in errors:
                answer = ask(name, "fresh" if fresh else "next")
                if number and answer:
                    its_answers.append(answer)
            progress.step(f"{heat.measure} of {heat.subject}: {name}")
    for name in answers:
        if name not in errors:
            ask(name, "drop")
    return _rows(heat, answers, errors)


def _rows(heat: Heat, answers: dict[str, list[dict[str, Any]]], errors: dict[str, str]) -> list[Row]:
    """A row for each contestant and each thing that was measured."""
    rows: dict[tuple[str, str], Row] = {}
    for name, its_answers in answers.items():
        failed: list[dict[str, Any]] = [{"value": 0.0}]
        for answer in failed if name in errors else its_answers:
            values = answer.pop("values") if "values" in answer else {heat.measure: answer.pop("value")}
            for measure, value in values.items():
                unit = measures.UNITS.get(measure, "s")
                row = rows.setdefault(
                    (measure, name), Row(measure, heat.subject, name, unit, error=errors.get(name, ""))
                )
                row.details = {**heat.details, **answer}
                if not row.error:
                    row.values.append(value)
    return sorted(rows.values(), key=lambda row: row.measure)
