"""The gate can say no, says yes to what is right, and is watched where it can say nothing."""

import numpy as np
import pytest

from kcompat.conformance.cases import questions
from kcompat.conformance.cases.questions import cotangent
from kcompat.conformance.judge import gate
from kcompat.conformance.judge.expectations import expected as expected_of
from kcompat.conformance.judge.expectations import oracle
from kcompat.conformance.run import suite
from kcompat.conformance.targets.precision import PROFILES, round_to, unit_roundoff
from kcompat.conformance.targets.target import InterpreterTarget, Target
from kcompat.runtime.registry import load
from kcompat.spec import OPS

FP32 = PROFILES["fp32"]
CASES = questions.all_cases()
VALUES = [(case, questions.value) for case in CASES]
GRADIENTS = [(case, questions.gradient) for case in CASES if case.differentiable]
EPSILON = np.finfo(np.float64).eps
UNARY = [case for case in CASES if not case.op.primitive and not case.op.kinks and len(case.sample.args) == 1]


def by_id(cases):
    return pytest.mark.parametrize("case", cases, ids=lambda case: case.id)


class Constant(Target):
    """Answers with a function of what is expected."""

    def __init__(self, name, change):
        super().__init__(name, {}, asarray=None, to_numpy=None)
        self.change = change

    def ask(self, question, case):
        return tuple(self.change(expected) for expected in expected_of(case, question, FP32))


def rounded(expected):
    return round_to(expected.value, "float32").astype("float32") if expected.value.dtype.kind == "f" else expected.value


def zeros(expected):
    return np.zeros(expected.value.shape, "float32" if expected.value.dtype.kind == "f" else expected.value.dtype)


def test_the_identity_passes_everything():
    target = Constant("identity", rounded)
    for case, question in VALUES + GRADIENTS:
        verdict = gate.judge(case, question, target.ask(question, case))
        assert verdict.right, verdict.message
        assert verdict.z <= 4


def test_zeros_pass_no_value_case():
    """But those whose result is zero, or empty, or that rounding alone decides."""
    target = Constant("zeros", zeros)
    for case, question in VALUES:
        judged = [e for e in expected_of(case, question, FP32) if np.any(e.judged & (np.abs(e.value) > 8 * e.sigma))]
        assert not judged or not gate.judge(case, question, target.ask(question, case)).right, case.id


def test_every_op_has_a_case_that_zeros_do_not_pass():
    constant = {"zeros", "zeros_like", "empty", "empty_like", "imag"}
    for op in set(OPS) - constant:
        verdicts = [
            gate.judge(c, questions.value, Constant("zeros", zeros).ask(questions.value, c))
            for c in CASES
            if c.op.name == op
        ]
        assert not all(verdict.right for verdict in verdicts), f"{op}: zeros pass"


@pytest.mark.parametrize("op", OPS.values(), ids=lambda op: op.name)
@pytest.mark.parametrize("question", [questions.value, questions.gradient], ids=lambda question: question.__name__)
def test_an_op_has_a_case_whose_elements_can_be_told_right_from_wrong(op, question):
    """A case that is mostly blind (its tolerance is wider than half of the digits), or not judged, is no test."""
    asked = [case for case in CASES if case.op is op and (question is questions.value or case.differentiable)]
    clear = [case for case in asked if all(map(is_clear, expected_of(case, question, FP32)))]
    assert clear or not asked, f"choose other inputs for {op.name}"


def is_clear(expected):
    half_of_the_digits = np.sqrt(unit_roundoff("float32")) * np.abs(expected.value)
    blind = expected.judged & (expected.sigma > 0) & (gate.LIMIT * expected.sigma > half_of_the_digits)
    return not expected.value.size or (np.mean(expected.judged) > 0.5 and np.mean(blind) <= 0.5)


def test_hardly_any_element_escapes_judgement():
    verdicts = [gate.judge(case, q, Constant("identity", rounded).ask(q, case)) for case, q in VALUES + GRADIENTS]
    assert sum(v.unjudged for v in verdicts) < 0.005 * sum(v.count for v in verdicts)


@by_id(
    [
        case
        for case in CASES
        if not case.op.primitive and not case.op.kinks and len(case.sample.args) == 1 and case.index == 0
    ]
)
def test_bodies_are_sound(case):
    """Sigma is at most a few roundings of the value and of what an input's rounding does: a body that loses more
    loosens its own gate."""
    (x,) = case.sample.args
    if not case.differentiable or getattr(x, "ndim", 0) != 1 or not suite.keeps_shape(case):
        return
    (expected,) = expected_of(case, questions.value, FP32)
    (slope,) = expected_of(case, questions.gradient_of_sum, FP32)
    conditioned = unit_roundoff("float32") * (np.abs(expected.value) + np.abs(x * slope.value)) + 2.0**-126
    assert np.all(expected.sigma <= 8 * conditioned), f"sigma is {np.max(expected.sigma / conditioned):.3g} roundings"


UNCHOSEN = {"absolute", "arcsinh", "cbrt", "cdist", "corrcoef", "fabs", "geomspace", "hard_shrink", "hypot", "isclose"}
UNCHOSEN |= {"allclose", "ldexp", "norm", "normalize", "round", "squareplus"}
"""Ops in which something overflows in the branch of a `where` that is not chosen: its cotangent is 0."""


def test_no_intermediate_overflows_where_the_result_does_not():
    judge, overflowing = oracle(), set()
    for case in CASES:
        with judge.interpreter.under(FP32):
            answers = judge.ask(questions.value, case)
            finite = all(np.all(np.isfinite(y.value)) for y in answers if y.value.dtype.kind == "f")
            if judge.interpreter.overflowed and finite:
                overflowing.add(case.op.name)
    assert overflowing == UNCHOSEN, "guard the operand, not only the result; or a guarded one is to leave the list"


@by_id([case for case, _ in GRADIENTS])
def test_rule_agrees_with_differences(case):
    """In float64, at up to 20 elements of each argument; the fourth-order difference says how exact it is."""
    target, case = InterpreterTarget(load("numpy")), questions.in_dtype(case, "float64")
    for n, (i, rule) in enumerate(zip(case.floats, target.ask(questions.gradient, case), strict=True)):
        assert rule.shape == case.sample.args[i].shape, f"{case!r}: gradient {n} has shape {rule.shape}"
        indices = np.random.default_rng(case.seed).permutation(list(np.ndindex(rule.shape)))[:20]
        for index in map(tuple, indices):
            slope, error = difference(target, case, i, index)
            assert abs(rule[index] - slope) <= error, (
                f"{case!r}: derivative {rule[index]!r} by argument {i} at {index}, but differences give {slope!r} "
                f"+- {error:.1e}; correct the vjp or the body in kcompat/spec/{case.op.family}.py"
            )


def difference(target, case, argument, index):
    """The derivative by one element, extrapolated from central differences, and a bound of its error."""
    x = float(case.sample.args[argument][index])
    for step in (1e-4, 1e-6, 1e-8):  # the function may end nearby
        steps = [step * (abs(x) or 1.0) / 2**k for k in range(3)]
        coarse, middle, fine = (central(target, case, argument, index, step) for step in steps)
        if np.isfinite(coarse):
            break
    rough, slope = ((4 * b - a) / 3 for a, b in [(coarse, middle), (middle, fine)])
    noise = 0.0
    reached = moved(target, case, argument, index, np.nan)
    wanted = expected_of(case, questions.value, PROFILES["fp64"])
    for number, (y, expected) in enumerate(zip(reached, wanted, strict=True)):
        if y.dtype.kind == "f":  # what does not depend on this element has no part in the noise
            tolerance = 8 * expected.sigma + 16 * EPSILON * np.abs(expected.value)
            tolerance += 16 * EPSILON * max(np.max(np.abs(case.sample.args[i]), initial=0) for i in case.floats)
            noise += np.sum((np.abs(cotangent(case, number, y.shape)) * tolerance)[y != expected.value])
    return slope, 10 * abs(rough - slope) + float(4 * noise / steps[-1]) + 1e-10 * abs(slope)


def moved(target, case, argument, index, x):
    """The results with one element of one argument set to `x`."""
    args = list(case.sample.args)
    args[argument] = np.array(args[argument])
    args[argument][index] = x
    return target.ask(questions.value, questions.with_args(case, args))


def central(target, case, argument, index, step):
    x = float(case.sample.args[argument][index])
    right, left = x + step, x - step
    pairs = zip(moved(target, case, argument, index, right), moved(target, case, argument, index, left), strict=True)
    floats = [(above, below) for above, below in pairs if above.dtype.kind == "f"]
    with np.errstate(invalid="ignore"):
        apart = (np.where(a == b, 0.0, a - b) for a, b in floats)
        weighted = [np.sum(cotangent(case, n, d.shape) * d) for n, d in enumerate(apart)]
    return sum(weighted) / (right - left)


@pytest.mark.parametrize(
    ("case", "kink"), [p for p in questions.point_cases("kinks") if p[0].floats], ids=lambda x: getattr(x, "id", "")
)
def test_the_oracle_has_the_declared_gradient_at_a_kink(case, kink):
    declared = [kink.gradients[i] for i in case.floats]
    for gradient, expected in zip(declared, expected_of(case, questions.gradient_of_sum, FP32), strict=True):
        np.testing.assert_allclose(expected.value, np.broadcast_to(gradient, expected.value.shape), rtol=2.0**-22)
