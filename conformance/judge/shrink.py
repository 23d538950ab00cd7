"""Make a case that fails smaller, as long as it fails in the same way: for scripts that a person reads."""

from __future__ import annotations

import functools
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from kcompat.conformance.adapters.target import Target
from kcompat.conformance.cases.probes import inferred
from kcompat.conformance.cases.questions import Case, with_args
from kcompat.conformance.run.suite import Check

POINTS = ("special", "kink", "strict-kink")
"""Checks of a declared point: what is declared holds for its numbers, which stay."""


def with_case(check: Check, case: Case) -> Check:
    """The same check of another case."""
    run: Any = check.run
    run = functools.partial(run.func, *(case if x is check.case else x for x in run.args))
    return Check(check.id, check.level, check.kind, check.subject, check.family, check.clauses, case, run)


def outcome(check: Check, target: Target) -> tuple[str, float, str]:
    """How it ends: "pass" or "fail", how far off the worst element is, and the verdict's message.

    Instead of "fail" the name of an exception, with what it says.
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


def _number(said: str) -> float:
    if said in ("True", "False"):
        return float(said == "True")
    return float.fromhex(said) if "x" in said else float(said)


def shrunk(check: Check, target: Target, seconds: float = 10.0) -> Check:
    """The check of a smaller case; the check itself where none ends alike, and as far off."""
    wanted, far, _ = outcome(check, target)
    end = time.monotonic() + seconds
    found = True
    while found and wanted != "pass":
        found = False
        for case in _single(check.case) if check.kind in POINTS else _smaller(check.case):
            if time.monotonic() > end:
                return check
            there = with_case(check, case)
            if _valid(case):
                status, off, _ = outcome(there, target)
                if status == wanted and off >= far / 4:
                    check, found = there, True
                    break
    return check


def _valid(case: Case) -> bool:
    try:
        inferred(case)
    except Exception:
        return False
    return True


def _smaller(case: Case) -> Iterator[Case]:
    """Cases that say less: fewer elements, then attributes at their defaults, then rounder numbers."""
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
    """One element, where the point is the same number again and again."""
    args = [x for x in case.sample.args if isinstance(x, np.ndarray)]
    if all(x.ndim == 1 and x.size > 1 and len(set(map(str, x))) == 1 for x in args):
        yield _named(case, (x[:1] if isinstance(x, np.ndarray) else x for x in case.sample.args))


def _named(case: Case, args: Iterable[Any]) -> Case:
    """Under a name of its own: what is expected of the case is kept on disk by its name."""
    there = with_args(case, args)
    return there if str(case.index).endswith("smaller") else replace(there, index=f"{case.index}-smaller")


def _cut(x: Any, size: int, at: slice) -> Any:
    """Every axis of that size cut."""
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
    """How much there is to read."""
    return sum(len(str(np.float32(v))) for v in x.ravel())
