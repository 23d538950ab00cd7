"""Deciding whether results are right: a judge compares them with the reference, within a derived tolerance."""

from __future__ import annotations

import functools
import zlib
from abc import ABC, abstractmethod
from typing import NamedTuple

import numpy as np

from kcompat.conformance import cases
from kcompat.conformance.cases import Arrays, Case, Question
from kcompat.conformance.reference import Reference, references, smallest_normal, unit_roundoff


class Verdict(NamedTuple):
    """The worst ratio of error to tolerance; right if it is at most 1."""

    ratio: float
    message: str = ""

    @property
    def right(self) -> bool:
        """Whether no element is further off than its tolerance."""
        return self.ratio <= 1.0


class Judge(ABC):
    """Decides whether an answer is right. Another judge takes this one's place by giving `answer`."""

    @abstractmethod
    def answer(self, question: Question, case: Case, got: Arrays) -> Verdict:
        """Judge the answer of a backend to a question of `kcompat.conformance.cases`."""

    def value(self, case: Case, got: Arrays) -> Verdict:
        """Judge the results of an op."""
        return self.answer(cases.value, case, got)

    def gradient(self, case: Case, got: Arrays) -> Verdict:
        """Judge the cotangents of its float tensors."""
        return self.answer(cases.gradient, case, got)


class Expected(NamedTuple):
    """What one output should be, and how far from it an honest one can be."""

    value: np.ndarray
    tolerance: np.ndarray


class SpreadJudge(Judge):
    """Takes the spread of the reference under moved roundings as the tolerance.

    `RUNS` runs move every result by up to `AMPLITUDE` roundings. With sigma their spread for one rounding, the
    tolerance is 8 sigma + 16 u |value| + the smallest normal number; where no rounding has any effect it is 0.
    """

    RUNS = 8
    AMPLITUDE = 4.0

    def answer(self, question: Question, case: Case, got: Arrays) -> Verdict:
        """See `Judge`."""
        expected = self.expected(case, question)
        if len(expected) != len(got):
            return Verdict(np.inf, f"{case!r}: expected {len(expected)} results, got {len(got)}")
        verdicts = [compare(case, i, e, y) for i, (e, y) in enumerate(zip(expected, got, strict=True))]
        return max(verdicts, key=lambda verdict: verdict.ratio, default=Verdict(0.0))

    @functools.cache  # noqa: B019  (one judge lives as long as the process)
    def expected(self, case: Case, question: Question) -> tuple[Expected, ...]:
        """The reference's answer to a question and the tolerance of each element."""
        by_bodies, by_alternatives = references()
        values = self._ask(by_bodies, case, question, 0.0, 0)
        runs = [self._ask(by_bodies, case, question, self.AMPLITUDE, run) for run in range(self.RUNS)]
        by_alternatives.used_alternative = False
        self._ask(by_alternatives, case, question, 0.0, 0)
        if by_alternatives.used_alternative:
            runs += [self._ask(by_alternatives, case, question, self.AMPLITUDE, run) for run in range(self.RUNS)]
        return tuple(self._tolerated(case, y, np.array(moved)) for y, *moved in zip(values, *runs, strict=True))

    def _ask(self, reference: Reference, case: Case, question: Question, amplitude: float, run: int) -> Arrays:
        seed = zlib.crc32(f"{case.id} {question.__name__} {run}".encode())
        with reference.moved(case.dtype, amplitude, seed):
            return question(reference, case, "float64")

    def _tolerated(self, case: Case, value: np.ndarray, moved: np.ndarray) -> Expected:
        if value.dtype.kind != "f" or not value.size:
            return Expected(value, np.zeros(value.shape))
        with np.errstate(invalid="ignore"):
            distance = np.where(moved == value, 0.0, np.abs(moved - value))
        sigma = np.maximum(np.sqrt(np.mean(distance**2, axis=0)), np.max(distance, axis=0) / 2.5) / self.AMPLITUDE
        sigma = np.where(np.isnan(value) & np.isnan(moved).all(axis=0), 0.0, sigma)
        floor = 16 * unit_roundoff(case.dtype) * np.abs(value) + smallest_normal(case.dtype)
        return Expected(value, np.where(sigma == 0, 0.0, 8 * sigma + floor))


def compare(case: Case, number: int, expected: Expected, got: np.ndarray) -> Verdict:
    """Hold one output to what is expected: exactly where the tolerance is 0, not at all where it is not finite."""
    name = f"{case!r}, output {number}"
    if got.shape != expected.value.shape:
        return Verdict(np.inf, f"{name}: expected shape {expected.value.shape}, got {got.shape}")
    if not got.size:
        return Verdict(0.0)
    if got.dtype.kind != "f" and got.dtype.name != "bfloat16":
        got_value, value = got, expected.value
    else:
        got_value = got.astype(np.float64)
        with np.errstate(over="ignore"):
            value = expected.value.astype(got.dtype).astype(np.float64)
        value = np.where((expected.tolerance > 0) & np.isfinite(value), expected.value, value)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        same = (got_value == value) | ((got_value != got_value) & (value != value))
        error = np.abs(np.subtract(got_value, value, dtype=np.float64))
        ratio = np.where(same | ~np.isfinite(expected.tolerance), 0.0, error / expected.tolerance)
    ratio = np.where(np.isnan(ratio), np.inf, ratio)
    worst = np.unravel_index(np.argmax(ratio), ratio.shape)
    index = tuple(map(int, worst))
    message = (
        f"{name}, element {index}: expected {value[worst]!r} within {expected.tolerance[worst]:.3g}, "
        f"got {got_value[worst]!r}; error / tolerance is {ratio[worst]:.3g}; "
        f"{np.mean(ratio > 1):.0%} of the elements are off"
    )
    return Verdict(float(ratio[worst]), message)


default_judge: Judge = SpreadJudge()
