"""Running checks on a target, one after the other, with a result of each."""

from __future__ import annotations

import contextlib
import dataclasses
import math
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from kcompat.conformance.cases.questions import Case
from kcompat.conformance.judge.gate import Verdict, hexadecimal
from kcompat.conformance.run import xfails
from kcompat.conformance.run.suite import Check
from kcompat.conformance.targets.target import NotApplicable, Target, Unsupported

BAD = ("fail", "error", "timeout", "xpass")
"""What makes a run fail."""
SHOWN = 16
"""How many elements of an input a result quotes."""


@dataclass
class Result:
    """What became of one check; `z` and the other figures are there when it passes, too."""

    target: str
    id: str
    level: str
    kind: str
    subject: str
    family: str
    clauses: list[str]
    dtype: str
    status: str
    seconds: float
    message: str = ""
    z: float | None = None
    mean: float = 0.0
    p99: float = 0.0
    signed: float = 0.0
    count: int = 0
    unjudged: int = 0
    blind: float = 0.0
    worst: dict[str, Any] = field(default_factory=dict)
    reason: str = ""
    link: str = ""

    def as_json(self) -> dict[str, Any]:
        """As a dict that JSON can hold: an infinite z is the string "inf"."""
        fields = dataclasses.asdict(self)
        return {k: str(v) if isinstance(v, float) and not math.isfinite(v) else v for k, v in fields.items()}


class Late(BaseException):
    """Raised in a check that takes too long; no library catches it by accident."""


@contextlib.contextmanager
def limited_to(seconds: float) -> Iterator[None]:
    """Raise `Late` in the block after so many seconds, where the platform has timers."""
    if not hasattr(signal, "setitimer"):
        yield
        return

    def late(*_: Any) -> None:
        raise Late

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def run(
    target: Target,
    checks: Iterable[Check],
    *,
    expected: Iterable[xfails.Row] = (),
    timeout: float = 120.0,
    on_start: Callable[[Check], None] = lambda check: None,
    on_result: Callable[[Result], None] = lambda result: None,
) -> list[Result]:
    """Run checks on a target, where the failures `expected` are known."""
    rows = list(expected)
    results = []
    for check in checks:
        on_start(check)
        result = run_one(target, check, timeout)
        row = xfails.find(rows, target.name, check.id)
        if row is not None and result.status not in ("unsupported", "skip"):
            result.reason, result.link = row.reason, row.link
            if result.status == row.status:
                result.status = "xfail"
            elif result.status == "pass":
                result.status, result.message = "xpass", f"expected to {row.status}, but passes; take its row out"
        results.append(result)
        on_result(result)
    return results


def run_one(target: Target, check: Check, timeout: float = 120.0) -> Result:
    """Run one check."""
    started = time.perf_counter()
    verdict = Verdict()
    try:
        with limited_to(timeout):
            verdict = check.run(target)
        status, message = ("pass" if verdict.right else "fail"), verdict.message
    except NotApplicable as error:
        status, message = "skip", str(error)
    except (Unsupported, NotImplementedError) as error:
        status, message = "unsupported", str(error)
    except Late:
        status, message = "timeout", ""
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a target that calls `sys.exit` ends a check, and not the run
        status, message = "error", f"{type(error).__name__}: {error}"
    seconds = time.perf_counter() - started
    if status == "timeout" or seconds > timeout:  # later where the target has caught `Late`
        status, message = "timeout", f"took longer than {timeout:g} s"
    judged = status in ("pass", "fail")
    if verdict.worst:
        verdict.worst["inputs"] = inputs_at(check.case, verdict.worst)
    return Result(
        target=target.name,
        id=check.id,
        level=check.level,
        kind=check.kind,
        subject=check.subject,
        family=check.family,
        clauses=list(check.clauses),
        dtype=getattr(check.case, "dtype", ""),
        status=status,
        seconds=seconds,
        message="" if status == "pass" else message[:2000],
        z=verdict.z if judged else None,
        **{name: getattr(verdict, name) for name in ("mean", "p99", "signed", "count", "unjudged", "blind", "worst")},
    )


def inputs_at(case: Any, worst: dict[str, Any]) -> list[str]:
    """The inputs of the worst element, in hex: the elements that broadcast to it; of other tensors, the first ones."""
    inputs = []
    for x in case.arrays if isinstance(case, Case) else ():
        if not isinstance(x, np.ndarray):
            inputs.append(repr(x))
            continue
        try:
            inputs.append(hexadecimal(np.broadcast_to(x, worst["shape"])[tuple(worst["index"])]))
        except ValueError:
            shape = "x".join(map(str, x.shape))
            elements = " ".join(map(hexadecimal, x.ravel()[:SHOWN]))
            inputs.append(f"{x.dtype}[{shape}]: {elements}{' ...' if x.size > SHOWN else ''}")
    return inputs
