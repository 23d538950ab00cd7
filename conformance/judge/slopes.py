"""The slope of an op along a direction by differences of its reference: the witness of a gradient.

The reference computes in double precision. Its difference quotient is right where two step sizes give the same; where
they do not, as at a tie or a singular matrix, it says nothing.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from kcompat.conformance.cases import questions
from kcompat.conformance.cases.questions import Case
from kcompat.conformance.references import answers, references
from kcompat.conformance.targets.precision import unit_roundoff

STEPS = (2.0**-14, 2.0**-18, 2.0**-22)
"""Relative to the size of each element. The error of the formula shrinks with their fourth power; that of rounding
grows.
"""
AGREED = 1e-6
"""Of the terms' sizes: what two functions may differ by that are the same one. Others differ by far more."""
INCONSISTENT = frozenset({"max_pool_grad", "max_pool_take"})
"""Ops that take the result of another op with its arguments: what moves one alone is no call of them."""


def objection(case: Case, gradients: Sequence[np.ndarray]) -> str:
    """What the slope of the reference has against the gradients of a case in double precision."""
    if case.op.name in INCONSISTENT or case.op.name not in references() or case.op.signs:
        return ""
    rng = np.random.default_rng(case.seed)
    inputs = [case.arrays[i] for i in case.floats]
    direction = [rng.uniform(-1, 1, x.shape) * np.where(x == 0, 1.0, np.abs(x)) for x in inputs]
    terms = [g * d for g, d in zip(gradients, direction, strict=True)]
    ours, size = (float(sum(np.sum(f(term)) for term in terms)) for f in (np.asarray, np.abs))
    slopes = [_slope(case, direction, step) for step in STEPS]
    for (first, noise), (second, more) in itertools.pairwise(slopes):
        allowed = AGREED * max(size, abs(second)) + noise + more
        if abs(first - second) <= allowed:  # not so where one of them is NaN
            off = min(abs(first - ours), abs(second - ours))
            right = f"{case!r}: along a direction the slope is {ours!r}, and {second!r} by differences of its reference"
            return "" if off <= 2 * allowed else right
    return ""


def _slope(case: Case, direction: Sequence[np.ndarray], step: float) -> tuple[float, float]:
    """The slope of the results, weighted with the cotangents, and how far rounding may carry it."""
    (up, size), (down, _), (far_up, _), (far_down, _) = (_total(case, direction, n * step) for n in (1, -1, 2, -2))
    noise = 64 * unit_roundoff("float64") * size / step
    return (8 * (up - down) - (far_up - far_down)) / (12 * step), noise


def _total(case: Case, direction: Sequence[np.ndarray], distance: float) -> tuple[float, float]:
    """The sum of cotangents times results, moved so far, and that of the sizes."""
    arrays = list(case.arrays)
    for i, d in zip(case.floats, direction, strict=True):
        arrays[i] = np.asarray(arrays[i] + distance * d)
    with np.errstate(all="ignore"):
        parts = answers(case.op.name, arrays, case.sample.attrs)
        floats = [part.astype(np.float64) for part in parts if part.dtype.kind == "f"]
        terms = [questions.cotangent(case, i, part.shape) * part for i, part in enumerate(floats)]
        return float(sum(np.sum(term) for term in terms)), float(sum(np.sum(np.abs(term)) for term in terms))
