"""The gate: whether results are right, by the oracle's value and a tolerance derived from the op.

Where the oracle's bound is 0, a result must equal its value. Where the bound is infinite, the result is counted, not
judged. Elsewhere |got - value| <= 8 sigma, with sigma the spread of the envelope. No tolerance is chosen for an op.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from kcompat.conformance.cases.questions import Arrays, Question
from kcompat.conformance.judge.certificate import objection
from kcompat.conformance.judge.expectations import LIMIT, Expected, expected
from kcompat.conformance.targets.precision import PROFILES, Profile, round_to, smallest_normal, unit_roundoff


@dataclass
class Verdict:
    """How far answers are off.

    `z` is the largest |got - value| / sigma, infinite where what must be equal is not; `mean`, `p99` and `signed` (with
    the sign of the error) are of all `count` elements. `blind` is the share of elements whose tolerance is wider than
    half of the digits.
    """

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
        """Whether no element is further off than an honest one can be."""
        return self.z <= LIMIT


def judge(case: Any, question: Question, got: Arrays, profile: Profile = PROFILES["fp32"]) -> Verdict:
    """Hold an answer to what is expected."""
    wanted = expected(case, question, profile)
    if against := objection(case, question, profile):
        return Verdict(np.inf, message=f"what is expected is wrong itself: {against}")
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


def compare(name: str, wanted: Expected, got: np.ndarray, profile: Profile = PROFILES["fp32"]) -> Verdict:
    """Hold one output to what is expected."""
    value, sigma = wanted.value, wanted.sigma
    if got.shape != value.shape:
        return Verdict(np.inf, count=value.size, message=f"{name}: expected shape {value.shape}, got {got.shape}")
    if not got.size:
        return Verdict()
    if got.dtype.kind == "f" or got.dtype.name == "bfloat16":
        got = got.astype(value.dtype if value.dtype.kind == "f" else np.float64)
    ratio, off = _ratios(wanted, got, profile)
    index = tuple(map(int, np.unravel_index(np.argmax(ratio), ratio.shape)))
    tolerated = wanted.judged & (sigma > 0)
    blind = tolerated & (LIMIT * sigma > np.sqrt(unit_roundoff(profile.dtype)) * np.abs(value))
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
        unjudged=int(np.sum(~wanted.judged)),
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


def _ratios(wanted: Expected, got: np.ndarray, profile: Profile) -> tuple[np.ndarray, np.ndarray]:
    """How many sigmas each element is off, 0 where it is not judged; and how far."""
    value, sigma = wanted.value, wanted.sigma
    are_floats = value.dtype.kind == "f"
    with np.errstate(all="ignore"):
        rounded = round_to(value, profile.dtype) if are_floats else value
        exact = ~np.isfinite(rounded) | (sigma == 0)
        same = (got == value) | ((got == rounded) & exact) | ((got != got) & (value != value))
        if got.dtype.kind == "f":  # a result below the normal numbers may be flushed
            same |= (got == 0) & (np.abs(value) < smallest_normal(profile.dtype))
        off = np.subtract(got, value, dtype=value.dtype if got.dtype.kind == "f" and are_floats else np.float64)
        ratio = np.where(same | ~wanted.judged, 0.0, np.abs(off) / sigma)
        return np.where(np.isnan(ratio), np.inf, ratio).astype(np.float64), off


def _plain(x: Any) -> Any:
    return float(x) if np.asarray(x).dtype.kind == "f" else np.asarray(x).item()


def hexadecimal(x: Any) -> str:
    """A number to the last bit."""
    x = np.asarray(x)
    return float(x).hex() if x.dtype.kind == "f" or x.dtype.name == "bfloat16" else str(x.item())
