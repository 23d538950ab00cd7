"""Derivatives of every op: the rules against differences, the backends against the rules, kinks, second order."""

import numpy as np
import pytest

from kcompat.backend import load
from kcompat.conformance import cases
from kcompat.conformance.judge import default_judge as judge

DIFFERENTIABLE = [case for case in cases.all_cases() if case.differentiable]
SMOOTH = [
    case
    for case in DIFFERENTIABLE
    if not case.op.kinks
    and len(case.sample.args) == 1
    and case.op.family in ("elementwise", "activation", "arithmetic")
    and case.index in (0, 4)  # of a unary op, the ordinary and the extreme arguments
]
KINKS = [(case, kink) for case, kink in cases.point_cases("kinks") if case.floats]
EPSILON = np.finfo(np.float64).eps


def by_id(found):
    return pytest.mark.parametrize("case", found, ids=lambda case: case.id)


@by_id(DIFFERENTIABLE)
def test_rule_agrees_with_differences(case):
    """In float64, at up to 20 elements of each argument; the fourth-order difference says how exact it is."""
    B, case = load("numpy"), cases.wide(case)
    for n, (i, rule) in enumerate(zip(case.floats, cases.gradient(B, case), strict=True)):
        assert rule.shape == case.sample.args[i].shape, f"{case!r}: gradient {n} has shape {rule.shape}"
        indices = np.random.default_rng(case.seed).permutation(list(np.ndindex(rule.shape)))[:20]
        for index in map(tuple, indices):
            slope, error = difference(B, case, i, index)
            assert abs(rule[index] - slope) <= error, (
                f"{case!r}: derivative {rule[index]!r} by argument {i} at {index}, but differences give {slope!r} "
                f"+- {error:.1e}; correct the vjp or the body in kcompat/spec/{case.op.family}.py"
            )


def difference(B, case, argument, index):
    """The derivative by one element, extrapolated from central differences, and a bound of its error."""
    x = float(case.sample.args[argument][index])
    step = 1e-4 * abs(x) if x else 1e-4
    steps = [step / 2**k for k in range(3)]
    coarse, middle, fine = (central(B, case, argument, index, step) for step in steps)
    rough, slope = ((4 * b - a) / 3 for a, b in [(coarse, middle), (middle, fine)])
    noise = 0.0
    reached = moved(B, case, argument, index, np.nan)
    for number, (y, expected) in enumerate(zip(reached, judge.expected(case, cases.value), strict=True)):
        if y.dtype.kind == "f":  # what does not depend on this element has no part in the noise
            noise += np.sum((np.abs(cases.cotangent(case, number, y.shape)) * expected.tolerance)[y != expected.value])
    return slope, 10 * abs(rough - slope) + 4 * noise / steps[-1] + 1e-10 * abs(slope)


def moved(B, case, argument, index, x):
    """The results with one element of one argument set to `x`."""
    args = list(case.sample.args)
    args[argument] = np.array(args[argument])
    args[argument][index] = x
    return cases.value(B, cases.with_args(case, args))


def central(B, case, argument, index, step):
    x = float(case.sample.args[argument][index])
    right, left = x + step, x - step
    pairs = zip(moved(B, case, argument, index, right), moved(B, case, argument, index, left), strict=True)
    floats = [(above, below) for above, below in pairs if above.dtype.kind == "f"]
    weighted = (np.sum(cases.cotangent(case, n, a.shape) * (a - b)) for n, (a, b) in enumerate(floats))
    return sum(weighted) / (right - left)


@by_id(DIFFERENTIABLE)
def test_compiled_gradient(backend, case):
    """As training computes it; a compiler makes all samples affordable."""
    verdict = judge.gradient(case, cases.compiled_gradient(backend, case))
    assert verdict.right, f"compiled gradient of {verdict.message}"


@by_id([case for case in DIFFERENTIABLE if case.index == 0])
def test_gradient(backend, case):
    verdict = judge.gradient(case, cases.gradient(backend, case))
    assert verdict.right, f"gradient of {verdict.message}"


@by_id(SMOOTH)
def test_second_derivative(backend, case):
    verdict = judge.answer(cases.second_derivative, case, cases.second_derivative(backend, case))
    assert verdict.right, f"second derivative of {verdict.message}"


@pytest.mark.parametrize(("case", "kink"), KINKS, ids=lambda x: getattr(x, "id", ""))
def test_gradient_at_a_kink(backend, case, kink):
    verdict = judge.answer(cases.gradient_of_sum, case, cases.gradient_of_sum(backend, case))
    assert verdict.right, f"at {kink.args} the spec gives {kink.gradients}; {verdict.message}"


@pytest.mark.parametrize(("case", "kink"), KINKS, ids=lambda x: getattr(x, "id", ""))
def test_reference_has_the_declared_gradient_at_a_kink(case, kink):
    expected = [kink.gradients[i] for i in case.floats]
    for e, found in zip(expected, judge.expected(cases.wide(case), cases.gradient_of_sum), strict=True):
        np.testing.assert_allclose(found.value, np.broadcast_to(e, found.value.shape), rtol=4 * EPSILON)
