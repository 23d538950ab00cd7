"""What changed between two reports."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from kcompat.conformance.run.document import z_of
from kcompat.conformance.run.runner import BAD

FACTOR = 2.0
"""A z that changes by a smaller factor may be another processor's rounding."""


@dataclass(frozen=True)
class Change:
    """One check of one target, before and after."""

    target: str
    id: str
    before: str
    after: str
    worse: bool

    def __str__(self) -> str:
        return f"{'-' if self.worse else '+'} {self.target} {self.id}: {self.before} -> {self.after}"


def compare(old: dict[str, Any], new: dict[str, Any]) -> list[Change]:
    """Checks that came, went, changed their status, or whose z moved by more than `FACTOR`; the worse first.

    Raises ValueError where neither report has a result.
    """
    if not old["results"] and not new["results"]:
        raise ValueError("neither report has a result to compare")
    before, after = ({(r["target"], r["id"]): r for r in report["results"]} for report in (old, new))
    changes = []
    for key in {**before, **after}:
        a, b = before.get(key), after.get(key)
        if a is None or b is None:
            statuses = [r["status"] if r else "absent" for r in (a, b)]
            changes.append(Change(*key, statuses[0], statuses[1], worse=b is None))
        elif a["status"] != b["status"]:
            changes.append(
                Change(*key, _describe(a), _describe(b), worse=b["status"] in BAD and a["status"] not in BAD)
            )
        elif _moved(z_of(a), z_of(b)):
            changes.append(Change(*key, _describe(a), _describe(b), worse=z_of(b) > z_of(a)))
    return sorted(changes, key=lambda change: (not change.worse, change.target, change.id))


def _describe(result: dict[str, Any]) -> str:
    z = z_of(result)
    return result["status"] if math.isnan(z) else f"{result['status']} (z {z:.3g})"


def _moved(a: float, b: float) -> bool:
    """Below one sigma all z are alike."""
    a, b = max(a, 1.0), max(b, 1.0)
    return a != b and not math.isnan(a + b) and max(a, b) > FACTOR * min(a, b)
