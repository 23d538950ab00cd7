"""What a run of the benchmark found: rows of repeats with their statistics, read and written as JSON.

The file is an object with `schema` (1), `date`, `device`, `dtype`, `environment`, `contestants` (name to versions and
threads, or why it did not run), `machine` (the roofline) and `rows`. A row has `measure`, `subject` (a workload or an
op), `contestant`, `unit`, `values` (one a repeat, in order: repeats of one number ran one after the other), and
either nothing else, or `error`; `details` holds what only some measures say.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

SCHEMA = 1


@dataclass
class Row:
    """The repeats of one measure of one contestant."""

    measure: str
    subject: str
    contestant: str
    unit: str
    values: list[float] = field(default_factory=list)
    error: str = ""
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def median(self) -> float:
        """NaN if there is no repeat."""
        return float(np.median(self.values)) if self.values else float("nan")

    @property
    def quartiles(self) -> tuple[float, float]:
        """The first and the third."""
        low, high = np.quantile(self.values, (0.25, 0.75))
        return float(low), float(high)

    @property
    def key(self) -> tuple[str, str, str]:
        """What it is a row of."""
        return self.measure, self.subject, self.contestant


def ratio(row: Row, other: Row) -> tuple[float, float, float]:
    """How many times `other`'s value a row's is: the median over rounds, and the quartiles.

    Repeats of one round ran within seconds of each other, so that what slows the machine for a while slows both.
    """
    pairs = np.array([a / b for a, b in zip(row.values, other.values, strict=False)] or [np.nan])
    low, middle, high = np.quantile(pairs, (0.25, 0.5, 0.75))
    return float(middle), float(low), float(high)


@dataclass
class Report:
    """A run."""

    date: str
    device: str
    dtype: str
    environment: dict[str, Any]
    contestants: dict[str, Any] = field(default_factory=dict)
    machine: dict[str, Any] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)
    schema: int = SCHEMA

    def find(self, measure: str, subject: str, contestant: str) -> Row | None:
        """A row that has values."""
        rows = (row for row in self.rows if row.key == (measure, subject, contestant) and row.values)
        return next(rows, None)

    def groups(self) -> dict[tuple[str, str], list[Row]]:
        """The rows by measure and subject, in order."""
        groups: dict[tuple[str, str], list[Row]] = {}
        for row in self.rows:
            groups.setdefault((row.measure, row.subject), []).append(row)
        return groups


def write(report: Report, path: str | Path) -> None:
    """Write a report as JSON."""
    from kcompat.conformance.run import document  # takes a second, and only this needs it

    document.write_text(json.dumps(asdict(report), indent=1) + "\n", path)


def read(path: str | Path) -> Report:
    """Read a report; raises ValueError for another schema."""
    try:
        read = json.loads(Path(path).read_text())
        if read["schema"] == SCHEMA:
            return Report(**{**read, "rows": [Row(**row) for row in read["rows"]]})
    except (ValueError, TypeError, KeyError):  # no JSON, or JSON of something else
        pass
    raise ValueError(f"{path} is not a report of schema {SCHEMA}; make one with kcompat bench --json {path}")


def reference(rows: Iterable[Row], row: Row) -> dict[str, Row]:
    """What a row is compared with: the loop by hand and Keras in the same framework."""
    framework = row.contestant.partition(":")[2]
    names = {"native": f"native:{framework}", "keras3": f"keras3:{framework}"}
    kept = {other.contestant: other for other in rows if other.values}
    return {kind: kept[name] for kind, name in names.items() if name in kept and name != row.contestant}


PREFIXES = {
    "s": ((1, "s"), (1e-3, "ms"), (1e-6, "us"), (1e-9, "ns")),
    "B": ((2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB")),
    "FLOP/s": ((1e12, "TFLOP/s"), (1e9, "GFLOP/s")),
    "B/s": ((1e12, "TB/s"), (1e9, "GB/s")),
}


def quantity(value: float, unit: str) -> str:
    """A number with three digits and a prefix."""
    size, name = next((p for p in PREFIXES[unit] if abs(value) >= p[0]), PREFIXES[unit][-1])
    return f"{value / size:.3g} {name}"
