"""What is expected of an answer: the oracle's value and bound, and sigma, the spread of the envelope's runs."""

from __future__ import annotations

import functools
import zlib
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from kcompat.conformance.cases import layers, losses
from kcompat.conformance.cases.questions import Question
from kcompat.conformance.cases.training import TrainingCase
from kcompat.conformance.judge import store
from kcompat.conformance.judge.envelope import RUNS, Envelope
from kcompat.conformance.judge.oracle import Oracle
from kcompat.conformance.targets.precision import Profile, smallest_normal, unit_roundoff
from kcompat.conformance.targets.target import InterpreterTarget
from kcompat.spec import OPS

LIMIT = 8.0
"""How many sigmas an honest result may be off."""
PARTS = ("value", "bound", "sigma")
"""The arrays of an `Expected`."""


class JudgingTarget(InterpreterTarget):
    """The oracle or the envelope as a target, whose results keep their bounds."""

    def result(self, y: Any) -> Any:
        return y

    def trained(self, program: Any) -> list[Any]:
        return list(program.holder.state.params.values())

    def signed(self, y: Any, sign: Any) -> Any:
        return type(y)(y.value * sign, y.dtype, y.owner, y.bound)


@dataclass(frozen=True)
class Expected:
    """What one output should be: value, running bound, and sigma, elementwise."""

    value: np.ndarray
    bound: np.ndarray
    sigma: np.ndarray

    @property
    def judged(self) -> np.ndarray:
        """Where right can be told from wrong."""
        return np.isfinite(self.bound) & np.isfinite(self.sigma)


@functools.cache
def oracle() -> JudgingTarget:
    """The oracle, on the bodies of ops."""
    return JudgingTarget(Oracle())


@functools.cache
def envelope(alternative: int) -> JudgingTarget:
    """The envelope: 0 runs the bodies of ops, 1 the first alternative formula of each op that declares one."""
    return JudgingTarget(Envelope(alternative))


@functools.cache
def expected(case: Any, question: Question, profile: Profile) -> tuple[Expected, ...]:
    """What is expected: from memory, else from disk if `prepare` put it there, else computed."""
    arrays = store.load(case.subject, profile.name)
    key = key_of(case, question)
    outputs: list[Expected] = []
    while f"{key} {len(outputs)} value" in arrays:
        outputs.append(Expected(*(arrays[f"{key} {len(outputs)} {part}"] for part in PARTS)))
    return tuple(outputs) or computed(case, question, profile)


def computed(case: Any, question: Question, profile: Profile) -> tuple[Expected, ...]:
    """Ask the oracle and the envelope."""
    answers = _asked(case, question, profile)
    return tuple(_rounded_as_neighbours(y, profile) for y in answers) if question in DERIVED else answers


DERIVED = (layers.gradients, losses.gradients)
"""Gradients of whole formulas, which a compiler may write anew: that our order of operations happens to round nothing
is no promise (of y / (y / x), XLA makes a product with a reciprocal).
"""


def _rounded_as_neighbours(y: Expected, profile: Profile) -> Expected:
    """The same, where an element that our operations do not round has the relative sigma that is usual in the output.

    It is that of the last rounding at least. Zeros stay exact.
    """
    size = np.abs(y.value.astype(float))
    known = y.judged & (y.sigma > 0) & (size > 0) & np.isfinite(size)
    usual = np.median(y.sigma[known] / size[known]) if known.any() else 0.0
    exact = (y.bound == 0) & np.isfinite(size) & (y.value.dtype.kind == "f")
    allowed = np.maximum(_floor(size, profile), usual * np.where(exact, size, 0.0))
    return replace(y, sigma=np.where(exact, allowed, y.sigma))


def _floor(value: np.ndarray, profile: Profile) -> np.ndarray:
    """Sigma of the last rounding."""
    floor: np.ndarray = 0.3 * unit_roundoff(profile.dtype) * np.abs(value)
    return floor


def _asked(case: Any, question: Question, profile: Profile) -> tuple[Expected, ...]:
    if is_bounded(case):
        with oracle().interpreter.under(profile):
            answers = oracle().ask(question, case)
    else:
        with envelope(0).interpreter.still(profile):
            answers = envelope(0).ask(question, case)
        for y in answers:
            y.bound = np.broadcast_to(1.0, y.shape)
    if not any(map(_is_rounded, answers)):
        return tuple(Expected(y.value, np.broadcast_to(y.bound, y.shape), np.zeros(y.shape)) for y in answers)
    runs = _runs(case, question, profile)
    return tuple(
        _expected(y.value, np.broadcast_to(y.bound, y.shape), moved, profile)
        for y, moved in zip(answers, zip(*runs, strict=True), strict=True)
    )


def is_bounded(case: Any) -> bool:
    """Whether the oracle's running bound says anything: not after some steps of training, where it is infinite."""
    return not isinstance(case, TrainingCase)


def _is_rounded(y: Any) -> bool:
    return y.value.dtype.kind == "f" and bool(np.any((y.bound > 0) & np.isfinite(y.bound)))


def _runs(case: Any, question: Question, profile: Profile) -> list[list[Any]]:
    """The answers of the envelope's runs: by the bodies, then by each alternative formula that the case comes by."""
    runs = [_run(0, case, question, profile, run) for run in range(RUNS)]
    for number in range(1, 1 + max((len(op.alternatives) for op in OPS.values()), default=0)):
        first = _run(number, case, question, profile, 0)
        if not envelope(number).interpreter.used_alternative:
            break
        runs += [first, *(_run(number, case, question, profile, run) for run in range(1, RUNS))]
    return runs


def _run(alternative: int, case: Any, question: Question, profile: Profile, run: int) -> list[Any]:
    judge = envelope(alternative)
    with judge.interpreter.run(profile, zlib.crc32(f"{case.id} {question.__name__} {run}".encode())):
        return [y.value for y in judge.ask(question, case)]


def _expected(value: np.ndarray, bound: np.ndarray, moved: tuple[Any, ...], profile: Profile) -> Expected:
    """Sigma for one rounding an operation: the root mean square of the runs' deviations.

    Where a comparison flips in few runs, the largest deviation says more than the mean.
    """
    if value.dtype.kind != "f" or not value.size:
        return Expected(value, bound, np.zeros(value.shape))
    with np.errstate(invalid="ignore", over="ignore"):
        deviations = [np.where((m == value) | (np.isnan(m) & np.isnan(value)), 0.0, np.abs(m - value)) for m in moved]
    mean_square, greatest = np.mean(np.square(deviations), axis=0), np.max(deviations, axis=0)
    spread = np.maximum(np.sqrt(mean_square), greatest / 2.5) / profile.amplitude
    with np.errstate(invalid="ignore"):
        floor = _floor(value, profile) + 0.5 * smallest_normal(profile.dtype)
    return Expected(value, bound, np.where(bound > 0, np.where(np.isnan(spread), np.inf, spread + floor), 0.0))


def key_of(case: Any, question: Question) -> str:
    """The name under which an answer is stored with its subject."""
    return f"{case.id} {question.__name__}"


def arrays_of(key: str, answers: tuple[Expected, ...]) -> dict[str, np.ndarray]:
    """What is stored of what is expected."""
    return {f"{key} {i} {part}": getattr(answer, part) for i, answer in enumerate(answers) for part in PARTS}
