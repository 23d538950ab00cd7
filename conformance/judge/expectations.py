"""What is expected of an answer: the oracle's value and bound, and sigma, the spread of the envelope."""

from __future__ import annotations

import functools
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from kcompat.conformance.adapters.target import JudgingTarget
from kcompat.conformance.cases.questions import Question
from kcompat.conformance.judge import store
from kcompat.conformance.judge.envelope import RUNS, Envelope
from kcompat.conformance.judge.oracle import Oracle
from kcompat.conformance.judge.precision import Profile, smallest_normal, unit_roundoff
from kcompat.spec import OPS

PARTS = ("value", "bound", "sigma")
"""What is kept of an `Expected`."""


@dataclass(frozen=True)
class Expected:
    """What one output should be: value, running bound, and sigma, elementwise."""

    value: np.ndarray
    bound: np.ndarray
    sigma: np.ndarray

    @property
    def judged(self) -> np.ndarray:
        """Where an answer can be told right from wrong."""
        return np.isfinite(self.bound) & np.isfinite(self.sigma)


@functools.cache
def oracle() -> JudgingTarget:
    """The oracle by the bodies."""
    return JudgingTarget(Oracle())


@functools.cache
def envelope(alternative: int) -> JudgingTarget:
    """The envelope by the bodies, or by the formulas that ops declare besides."""
    return JudgingTarget(Envelope(alternative))


@functools.cache
def expected(case: Any, question: Question, profile: Profile) -> tuple[Expected, ...]:
    """What is expected: from memory, else from disk if `prepare` put it there, else computed."""
    arrays = store.load(case.subject, profile.name)
    key = _key(case, question)
    outputs: list[Expected] = []
    while f"{key} {len(outputs)} value" in arrays:
        outputs.append(Expected(*(arrays[f"{key} {len(outputs)} {part}"] for part in PARTS)))
    return tuple(outputs) or computed(case, question, profile)


def computed(case: Any, question: Question, profile: Profile) -> tuple[Expected, ...]:
    """Ask the oracle and the envelope."""
    if getattr(question, "by_envelope", False):
        with envelope(0).interpreter.still(profile):
            answers = envelope(0).ask(question, case)
        for y in answers:
            y.bound = np.broadcast_to(1.0, y.shape)
    else:
        with oracle().interpreter.under(profile):
            answers = oracle().ask(question, case)
    if not any(_may_differ(y) for y in answers):
        return tuple(Expected(y.value, np.broadcast_to(y.bound, y.shape), np.zeros(y.shape)) for y in answers)
    runs = [_run(envelope(0), case, question, profile, run) for run in range(RUNS)]
    for number in range(1, 1 + max((len(op.alternatives) for op in OPS.values()), default=0)):
        other = _run(envelope(number), case, question, profile, 0)
        if not envelope(number).interpreter.used_alternative:
            break
        runs += [other, *(_run(envelope(number), case, question, profile, run) for run in range(1, RUNS))]
    moved = zip(*runs, strict=True)
    return tuple(
        _expected(y.value, np.broadcast_to(y.bound, y.shape), m, profile) for y, m in zip(answers, moved, strict=True)
    )


def _may_differ(y: Any) -> bool:
    return y.value.dtype.kind == "f" and bool(np.any((y.bound > 0) & np.isfinite(y.bound)))


def _run(by: JudgingTarget, case: Any, question: Question, profile: Profile, run: int) -> list[Any]:
    with by.interpreter.run(profile, zlib.crc32(f"{case.id} {question.__name__} {run}".encode())):
        return [y.value for y in by.ask(question, case)]


def _expected(value: np.ndarray, bound: np.ndarray, moved: tuple[Any, ...], profile: Profile) -> Expected:
    """Sigma for one rounding an operation; of few runs the largest says more than the mean where a comparison flips."""
    if value.dtype.kind != "f" or not value.size:
        return Expected(value, bound, np.zeros(value.shape))
    with np.errstate(invalid="ignore", over="ignore"):
        off = [np.where((m == value) | (np.isnan(m) & np.isnan(value)), 0.0, np.abs(m - value)) for m in moved]
    spread = np.maximum(np.sqrt(np.mean(np.square(off), axis=0)), np.max(off, axis=0) / 2.5) / profile.amplitude
    u, tiny = unit_roundoff(profile.dtype), smallest_normal(profile.dtype)
    with np.errstate(invalid="ignore"):
        floor = 0.3 * u * np.abs(value) + 0.5 * tiny
    return Expected(value, bound, np.where(bound > 0, np.where(np.isnan(spread), np.inf, spread + floor), 0.0))


def _key(case: Any, question: Question) -> str:
    return f"{case.id} {question.__name__}"


def keep(subject: str, checks: Iterable[Any], profile: Profile) -> None:
    """Compute everything that is asked about a subject, and put it on disk."""
    arrays: dict[str, np.ndarray] = {}
    for check in checks:
        key = check.question and _key(check.case, check.question)
        if key is None or f"{key} 0 value" in arrays:  # several checks hold answers to one question
            continue
        try:
            answers = computed(check.case, check.question, profile)
        except Exception:  # whoever runs the check meets it again, and reports it
            continue
        for i, answer in enumerate(answers):
            arrays |= {f"{key} {i} {part}": getattr(answer, part) for part in PARTS}
    store.save(subject, profile.name, arrays)
