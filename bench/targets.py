"""What kcompat is meant to reach, as ratios between rows of one report, and whether it does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from kcompat.bench.dispatch import ALONE
from kcompat.bench.result import Report, ratio

FRAMEWORKS = ("tensorflow", "jax", "torch")
BY_HAND = {"mlp": 1.05, "cnn": 1.1, "lstm": 1.05}
KERAS = {
    "mlp": {"tensorflow": 0.25, "jax": 0.75, "torch": 0.2},
    "cnn": {"tensorflow": 0.8, "jax": 0.32, "torch": 0.36},
    "lstm": {"tensorflow": 0.65, "jax": 0.95, "torch": 0.45},
}
NUMPY_BY_HAND = 1.1
NUMPY_TO_KERAS = {
    "mlp": {"tensorflow": 0.22},
    "cnn": {"tensorflow": 1.6, "jax": 0.45, "torch": 0.65},
    "lstm": {"tensorflow": 0.8},
}
OTHERS = {
    "predict@1": (1.05, 0.7),
    "predict@256": (1.05, 0.7),
    "evaluate": (1.05, 0.7),
    "first": (1.2, 1.0),
    "memory": (1.1, 1.0),
}
"""For the other measures: at most so many times the loop written by hand, and Keras."""
AUTO, IMPORT, DISPATCH = 1.05, 0.2, 1e-7
UNTUNED = 1.0


class Goal(NamedTuple):
    """A ratio (or a number with its unit) that is to be at most `limit`; `low` and `high` are its quartiles."""

    measure: str
    subject: str
    ours: str
    against: str
    value: float
    low: float
    high: float
    limit: float
    unit: str = ""

    @property
    def met(self) -> bool:
        """Whether it is reached."""
        return self.value <= self.limit


def goals(report: Report) -> list[Goal]:
    """All goals for which the report has the rows."""
    return [*_ratios(report), *_auto(report), *_numbers(report)]


def _ratios(report: Report) -> Iterator[Goal]:
    for measure, subject, framework, against, limit in _wanted(report):
        ours, theirs = f"kcompat:{framework}", against
        row, other = report.find(measure, subject, ours), report.find(measure, subject, theirs)
        if row and other:
            yield Goal(measure, subject, ours, theirs, *ratio(row, other), limit)


def _wanted(report: Report) -> Iterator[tuple[str, str, str, str, float]]:
    for workload in BY_HAND:
        for framework in FRAMEWORKS:
            yield "step", workload, framework, f"native:{framework}", BY_HAND[workload]
            yield "step", workload, framework, f"keras3:{framework}", KERAS[workload][framework]
        yield "step", workload, "numpy", "native:numpy", NUMPY_BY_HAND
        for framework, limit in NUMPY_TO_KERAS[workload].items():
            yield "step", workload, "numpy", f"keras3:{framework}", limit
        for measure, (by_hand, keras) in OTHERS.items():
            for framework in (*FRAMEWORKS, "numpy"):
                yield measure, workload, framework, f"native:{framework}", by_hand
                yield measure, workload, framework, f"keras3:{framework}", keras
    for subject in dict.fromkeys(row.subject for row in report.rows if row.measure == "step"):
        if subject not in BY_HAND:
            for framework in FRAMEWORKS:
                yield "step", subject, framework, f"keras3:{framework}", UNTUNED


def _auto(report: Report) -> Iterator[Goal]:
    """The backend that is chosen by itself, beside the fastest."""
    for (measure, subject), rows in report.groups().items():
        auto = report.find(measure, subject, "kcompat:auto")
        others = [r for r in rows if r.values and r.contestant.startswith("kcompat:") and r is not auto]
        if auto and others:
            fastest = min(others, key=lambda row: row.median)
            yield Goal(measure, subject, auto.contestant, fastest.contestant, *ratio(auto, fastest), AUTO)


def _numbers(report: Report) -> Iterator[Goal]:
    for row in report.rows:
        limit = {"dispatch": DISPATCH, "import": IMPORT}.get(row.measure)
        if limit and row.values and row.contestant != "kcompat:auto":
            if row.measure == "import" and row.contestant != ALONE:
                continue
            yield Goal(row.measure, row.subject, row.contestant, "", row.median, *row.quartiles, limit, row.unit)
