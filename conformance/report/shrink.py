"""Making the case of a check smaller, as long as the check ends in the same way: for scripts that a person reads."""

from __future__ import annotations

import functools
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from kcompat.conformance.cases.questions import Case, inferred, with_args
from kcompat.conformance.run.suite import Check
from kcompat.conformance.targets.target import Target

POINTS = ("special", "kink", "strict-kink")
"""Checks of a declared point: its numbers stay, since the declaration is of them."""


def with_case(check: Check, case: Case) -> Check:
    """The same check of another case."""
    run: Any = check.run
    run = functools.partial(run.func, *(case if x is check.case else x for x in run.args))
    return Check(check.id, check.level, check.kind, check.subject, check.family, check.clauses, case, run)


def outcome(check: Check, target: Target) -> tuple[str, float, str]:
    """How a check ends: "pass" or "fail", how far off the worst element is, and the verdict's message.

    Where an exception is raised: its name, 0, and its message.
    """
    try:
        verdict = check.run(target)
    except Exception as error:
        return type(error).__name__, 0.0, str(error)
    return ("pass" if verdict.right else "fail"), _relative(verdict.worst), verdict.message


def _relative(worst: dict[str, Any]) -> float:
    """How far off an element is, between 0 and 1: where it is 1 not a digit is right."""
    if not worst:
        return 0.0
    got, expected = (_number(worst[name]) for name in ("got", "expected"))
    off = abs(got - expected) / max(abs(got), abs(expected), 1e-30)
    return off if off < 1 else 1.0  # infinite and NaN too


def _number(text: str) -> float:
    if text in ("True", "False"):
        return float(text == "True")
    return float.fromhex(text) if "x" in text else float(text)


def shrink(check: Check, target: Target, seconds: float = 10.0) -> Check:
    """The check of a smaller case; the check itself where none ends alike, and as far off."""
    end = time.monotonic() + seconds
    smaller: Check | None = check
    wanted = outcome(check, target)[:2]
    while smaller is not None and wanted[0] != "pass":
        check, smaller = smaller, _find_smaller(smaller, target, wanted, end)
    return check


def _find_smaller(check: Check, target: Target, wanted: tuple[str, float], end: float) -> Check | None:
    """The first check of a smaller case that ends alike; None if there is none, or the time is over."""
    status, off = wanted
    for case in _single(check.case) if check.kind in POINTS else _smaller(check.case):
        if time.monotonic() > end:
            return None
        if _valid(case):
            smaller = with_case(check, case)
            new_status, new_off, _ = outcome(smaller, target)
            if new_status == status and new_off >= off / 4:
                return smaller
    return None


def _valid(case: Case) -> bool:
    try:
        inferred(case)
    except Exception:
        return False
    return True


def _smaller(case: Case) -> Iterator[Case]:
    """Smaller cases: with fewer elements first, then with rounder numbers."""
    args = case.sample.args
    sizes = sorted({n for x in args if isinstance(x, np.ndarray) for n in x.shape if n > 1}, reverse=True)
    for n in sizes:
        for fewer in sorted({1, n // 2, n - 1}):
            for at in (slice(0, fewer), slice(n - fewer, n)):
                yield _named(case, (_cut(x, n, at) for x in args))
    for i, x in enumerate(args):
        for axis, n in enumerate(getattr(x, "shape", ())):
            for fewer in sorted({1, n // 2, n - 1} - {0, n}):
                if n > 1:
                    for at in (slice(0, fewer), slice(n - fewer, n)):
                        part = x[(slice(None),) * axis + (at,)]
                        yield _named(case, (*args[:i], part, *args[i + 1 :]))
    yield from _plainer(case)


def _single(case: Case) -> Iterator[Case]:
    """The case with one element, where all are the same number."""
    args = [x for x in case.sample.args if isinstance(x, np.ndarray)]
    if all(x.ndim == 1 and x.size > 1 and len(set(map(str, x))) == 1 for x in args):
        yield _named(case, (x[:1] if isinstance(x, np.ndarray) else x for x in case.sample.args))


def _named(case: Case, args: Iterable[Any]) -> Case:
    """The case with other arguments under an id of its own: by the old id other expectations are on disk."""
    smaller = with_args(case, args)
    return smaller if str(case.index).endswith("smaller") else replace(smaller, index=f"{case.index}-smaller")


def _cut(x: Any, size: int, at: slice) -> Any:
    """An array with every axis of that size cut."""
    return x[tuple(at if n == size else slice(None) for n in x.shape)] if isinstance(x, np.ndarray) else x


def _plainer(case: Case) -> Iterator[Case]:
    args = case.sample.args
    for i in case.floats:
        x = args[i]
        with np.errstate(all="ignore"):
            for rounder in (np.round(x), np.round(x, 1), np.round(x, 2), np.round(x, 4)):
                if _digits(rounder) < _digits(x):
                    yield _named(case, (*args[:i], rounder, *args[i + 1 :]))


def _digits(x: np.ndarray) -> int:
    """How many characters the numbers take."""
    return sum(len(str(np.float32(v))) for v in x.ravel())
