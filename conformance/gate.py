"""The gate: whether results are right, by the oracle's value and a tolerance derived from the op.

With `v` the oracle's value, `e` its bound and sigma the spread of the envelope: where e is 0 a result must equal v;
where it is infinite it is not judged, and counted; elsewhere |got - v| <= 8 sigma. Nothing here is chosen for an op.
"""

from __future__ import annotations

import functools
import zlib
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from kcompat.conformance.envelope import RUNS, Envelope
from kcompat.conformance.oracle import Oracle
from kcompat.conformance.precision import PROFILES, Profile, held, smallest_normal, unit_roundoff
from kcompat.conformance.questions import Arrays, Question
from kcompat.conformance.target import JudgingTarget
from kcompat.spec import OPS

LIMIT = 8.0
"""How many sigmas an honest result may be off."""


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


@dataclass
class Verdict:
    """How far answers are off: `z` is the largest |got - v| / sigma, infinite where an exact one differs."""

    z: float = 0.0
    mean: float = 0.0
    p99: float = 0.0
    count: int = 0
    unjudged: int = 0
    blind: float = 0.0
    signed: float = 0.0
    worst: dict[str, Any] = field(default_factory=dict)
    message: str = ""

    @property
    def right(self) -> bool:
        """Whether no element is further off than honest ones can be."""
        return self.z <= LIMIT


@functools.cache
def oracle() -> JudgingTarget:
    """The oracle by the bodies."""
    return JudgingTarget(Oracle())


@functools.cache
def envelope(alternative: int) -> JudgingTarget:
    """The envelope by the bodies, or by the formulas that ops declare besides."""
    return JudgingTarget(Envelope(alternative))


@functools.lru_cache(maxsize=4096)
def expected(case: Any, question: Question, profile: Profile) -> tuple[Expected, ...]:
    """The oracle's answer to a question, its bound, and sigma by the envelope."""
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


def judge(case: Any, question: Question, got: Arrays, profile: Profile = PROFILES["fp32"]) -> Verdict:
    """Hold an answer to what is expected."""
    wanted = expected(case, question, profile)
    if len(got) != len(wanted):
        return Verdict(np.inf, message=f"{case!r}: expected {len(wanted)} results, got {len(got)}")
    return combined(
        [compare(f"{case!r}, output {i}", e, y, profile) for i, (e, y) in enumerate(zip(wanted, got, strict=True))]
    )


def combined(verdicts: list[Verdict]) -> Verdict:
    """The verdict on several outputs."""
    if not verdicts:
        return Verdict()
    worst = max(verdicts, key=lambda verdict: verdict.z)
    counts = [verdict.count for verdict in verdicts]
    total = max(sum(counts), 1)

    def mean(values: Any) -> float:
        return float(sum(n * v for n, v in zip(counts, values, strict=True)) / total)

    return Verdict(
        z=worst.z,
        mean=mean(v.mean for v in verdicts),
        p99=max(v.p99 for v in verdicts),
        count=sum(counts),
        unjudged=sum(v.unjudged for v in verdicts),
        blind=mean(v.blind for v in verdicts),
        signed=mean(v.signed for v in verdicts),
        worst=worst.worst,
        message=worst.message,
    )


def compare(name: str, expected: Expected, got: np.ndarray, profile: Profile = PROFILES["fp32"]) -> Verdict:
    """Hold one output to what is expected."""
    value, sigma, judged = expected.value, expected.sigma, expected.judged
    if got.shape != value.shape:
        return Verdict(np.inf, count=value.size, message=f"{name}: expected shape {value.shape}, got {got.shape}")
    if not got.size:
        return Verdict()
    is_float = got.dtype.kind == "f" or got.dtype.name == "bfloat16"
    if is_float:
        got = got.astype(value.dtype if value.dtype.kind == "f" else np.float64)
    with np.errstate(all="ignore"):
        limit = held(value, profile.dtype) if value.dtype.kind == "f" else value
        exact = ~np.isfinite(limit) | (sigma == 0)
        same = (got == value) | ((got == limit) & exact) | ((got != got) & (value != value))
        if is_float:  # a result below the normal numbers may be flushed
            same |= (got == 0) & (np.abs(value) < smallest_normal(profile.dtype))
        off = np.subtract(got, value, dtype=value.dtype if is_float and value.dtype.kind == "f" else np.float64)
        ratio = np.where(same | ~judged, 0.0, np.abs(off) / sigma)
        ratio = np.where(np.isnan(ratio), np.inf, ratio).astype(np.float64)
    index = tuple(map(int, np.unravel_index(np.argmax(ratio), ratio.shape)))
    known = judged & (sigma > 0)
    blind = known & (LIMIT * sigma > np.sqrt(unit_roundoff(profile.dtype)) * np.abs(value))
    finite = np.where(np.isfinite(ratio), ratio, 0.0)
    message = (
        f"{name}, element {index}: expected {_plain(value[index])!r} within {LIMIT * sigma[index]:.3g}, "
        f"got {_plain(got[index])!r}; z is {ratio[index]:.3g}, at most {LIMIT:g} is explained by rounding; "
        f"{np.mean(ratio > LIMIT):.0%} of the elements are off"
    )
    return Verdict(
        z=float(ratio[index]),
        mean=float(np.mean(finite)),
        p99=float(np.quantile(ratio, 0.99, method="lower")),
        count=got.size,
        unjudged=int(np.sum(~judged)),
        blind=float(np.mean(blind)),
        signed=float(np.mean(finite * np.sign(np.nan_to_num(off.astype(np.float64))))),
        worst={
            "index": index,
            "shape": got.shape,
            "expected": hexadecimal(value[index]),
            "got": hexadecimal(got[index]),
        },
        message=message,
    )


def _plain(x: Any) -> Any:
    return float(x) if np.asarray(x).dtype.kind == "f" else np.asarray(x).item()


def hexadecimal(x: Any) -> str:
    """A number to the last bit."""
    x = np.asarray(x)
    return float(x).hex() if x.dtype.kind == "f" or x.dtype.name == "bfloat16" else str(x.item())
