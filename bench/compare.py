"""Two reports side by side: what moved beyond the spread of its repeats."""

from __future__ import annotations

from typing import NamedTuple

from kcompat.bench.result import Report, Row

ROOM = 0.03
"""A median that moves by less than this share says nothing, however steady the repeats were."""


class Change(NamedTuple):
    """A row in both reports; `verdict` is "slower", "faster" or empty where the spreads explain it."""

    old: Row
    new: Row
    factor: float
    verdict: str


def compare(old: Report, new: Report) -> list[Change]:
    """Every row that both have. Raises ValueError if there is none, or they were made under other conditions."""
    for name in ("device", "dtype"):
        if getattr(old, name) != getattr(new, name):
            raise ValueError(f"the reports differ in --{name}: {getattr(old, name)} and {getattr(new, name)}")
    rows = {row.key: row for row in old.rows if row.values}
    changes = [_change(rows[row.key], row) for row in new.rows if row.values and row.key in rows]
    if not changes:
        raise ValueError("the reports have no measured row in common, so there is nothing to compare")
    return changes


def _change(old: Row, new: Row) -> Change:
    """Beyond the spread: the middle halves of the repeats do not overlap, and the medians differ by some percent."""
    factor = new.median / old.median if old.median else float("nan")
    (old_low, old_high), (new_low, new_high) = old.quartiles, new.quartiles
    apart = new_low > old_high or new_high < old_low
    if not apart or abs(new.median - old.median) <= ROOM * abs(old.median):
        return Change(old, new, factor, "")
    larger_is_better = new.unit.endswith("/s")
    return Change(old, new, factor, "slower" if (new.median > old.median) != larger_is_better else "faster")


def conditions(old: Report, new: Report) -> list[str]:
    """What else is different about the runs, such as the CPU or a version."""
    differences = []
    for name in ("cpu", "threads", "python"):
        before, after = old.environment.get(name), new.environment.get(name)
        if before != after:
            differences.append(f"{name}: {before} and {after}")
    packages = old.environment.get("packages", {}), new.environment.get("packages", {})
    for name in sorted({*packages[0], *packages[1]}):
        before, after = packages[0].get(name), packages[1].get(name)
        if before != after:
            differences.append(f"{name}: {before} and {after}")
    return differences
