"""The judge can say no: bugs planted in NumPy's backend are found, and the backend itself is found right."""

import functools

import numpy as np
import pytest

from kcompat.backend import load
from kcompat.backends.numpy import ops as numpy_ops
from kcompat.conformance import cases
from kcompat.conformance.judge import default_judge as judge
from kcompat.interpreter import Interpreter


def one_pass_variance(x, *, axis=None, keepdims=False):
    square_of_mean = np.square(np.mean(x, axis=axis, keepdims=keepdims))
    return np.mean(x * x, axis=axis, keepdims=keepdims) - square_of_mean


def bessel_variance(x, *, axis=None, keepdims=False):
    return np.var(x, axis=axis, keepdims=keepdims, ddof=1)


def half_precision(f):
    return lambda *xs, **attrs: f(*(x.astype(np.float16) for x in xs), **attrs).astype(np.float32)


def moved_statistics(x, mean, variance, offset=None, scale=None, *, axis, epsilon=1e-3):
    composed = load("numpy").batch_normalization
    return composed(x, mean, variance, offset, scale, axis=axis, epsilon=epsilon * (1 + 1e-3))


def tanh_approximated(x):
    return 0.5 * (1.0 + np.tanh(0.8 * x * (1.0 + 0.05 * x * x)))


def off_by_one_step(inputs, initial_h, initial_c, kernel, recurrent_kernel, bias=None, **attrs):
    return load("numpy").lstm(
        inputs, initial_h, initial_c, kernel * np.float32(1 + 1e-5), recurrent_kernel, bias, **attrs
    )


BUGS = {
    "tanh": lambda x: x * 0,
    "exp": half_precision(np.exp),
    "matmul": half_precision(np.matmul),
    "sigmoid": tanh_approximated,
    "var": one_pass_variance,
    "std": lambda x, **attrs: np.sqrt(bessel_variance(x, **attrs)),
    "softplus": lambda x: np.log(1 + np.exp(x)),
    "expm1": lambda x: np.exp(x) - 1,
    "log1p": lambda x: np.log(1 + x),
    "elu": lambda x, *, alpha=1.0: np.where(x > 0, x, alpha * (np.exp(x) - 1)),
    "leaky_relu": lambda x, *, negative_slope=0.01: np.where(x > 0, x, x * np.float32(0.01)),
    "relu": lambda x: np.maximum(x, 1e-30),
    "batch_normalization": moved_statistics,
    "lstm": off_by_one_step,
    "logsumexp": lambda x, *, axis=None, keepdims=False: np.log(np.sum(np.exp(x), axis=axis, keepdims=keepdims)),
    "sort": lambda x, *, axis=-1: -np.sort(-x, axis=axis),
    "max_pool": functools.partial(lambda pool, x, **attrs: pool(np.maximum(x, 0), **attrs), load("numpy").max_pool),
}


def worst(B, name):
    with np.errstate(all="ignore"):
        verdicts = [judge.value(case, cases.value(B, case)) for case in cases.all_cases() if case.op.name == name]
    return max(verdict.ratio for verdict in verdicts)


@pytest.mark.parametrize("name", BUGS)
def test_planted_bug_is_found(name):
    honest = load("numpy")
    native = {op: getattr(numpy_ops, op) for op, how in honest.support.items() if how == "native"}
    broken = Interpreter("broken", {**native, name: BUGS[name]}, honest.engine)
    assert worst(honest, name) <= 1 < worst(broken, name)


def test_doubled_gradient_is_found():
    for case in cases.all_cases():
        if case.differentiable and case.op.family == "elementwise" and case.index == 0:
            (gradient,) = cases.gradient(load("numpy"), case)
            assert judge.gradient(case, (gradient,)).right
            assert not judge.gradient(case, (gradient * np.float32(1 + 1e-4),)).right


def test_wrong_shape_and_missing_result_are_found():
    case = next(case for case in cases.all_cases() if case.id == "add-0")
    (value,) = cases.value(load("numpy"), case)
    assert "shape" in judge.value(case, (value[None],)).message
    assert "expected 1 results, got 0" in judge.value(case, ()).message


def test_hardly_any_element_escapes_judgement():
    """An infinite tolerance means that no honest result can be told from a wrong one."""
    total = unjudged = 0
    for case in cases.all_cases():
        for question in (cases.value, cases.gradient)[: 1 + case.differentiable]:
            for expected in judge.expected(case, question):
                total += expected.tolerance.size
                unjudged += np.sum(~np.isfinite(expected.tolerance))
    assert unjudged < 0.001 * total
