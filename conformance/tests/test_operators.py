"""Operators and indexing of tensors, plain and while a gradient is recorded; numbers are exact in float32."""

import operator

import numpy as np
import pytest

from kcompat import ops
from kcompat.runtime import shapes
from kcompat.runtime.active import use
from kcompat.runtime.registry import load
from kcompat.spec import TensorSpec

X = np.array([[1.0, -2.0, 4.0], [0.5, 8.0, -16.0]], "float32")
Y = np.array([2.0, -4.0, 0.5], "float32")
INDICES = [
    0,
    -1,
    slice(1, None),
    slice(0, 2, 2),
    (1, 2),
    (..., 0),
    (slice(None), slice(0, 2)),
    (None, ..., None),
    (0, None, slice(None, None, 2)),
    slice(0, 0),
]


@pytest.fixture(autouse=True)
def chosen(backend):
    with use(backend):
        yield backend


def recorded(f, *arrays):
    """The value of `f` at tensors that are being differentiated."""
    kept = []

    def loss(*tensors):
        y = f(*tensors)
        kept.append(ops.stop_gradient(y))
        return ops.sum(y), kept[-1]

    (_, y), _ = ops.value_and_grad(loss, has_aux=True)(*map(ops.convert_to_tensor, arrays))
    return ops.convert_to_numpy(y)


def assert_same(actual, expected):
    np.testing.assert_array_equal(ops.convert_to_numpy(actual), expected, strict=True)


@pytest.mark.parametrize("name", ["add", "sub", "mul", "truediv"])
def test_arithmetic_operators(name):
    apply = getattr(operator, name)
    x, y = ops.convert_to_tensor(X), ops.convert_to_tensor(Y)
    for left, right in [(X, Y), (X, 2.0), (2.0, X), (X, 2), (2, X)]:
        tensors = [x if a is X else y if a is Y else a for a in (left, right)]
        expected = apply(left, right)
        assert_same(apply(*tensors), expected)
        arrays = [a for a in (left, right) if isinstance(a, np.ndarray)]

        def f(*tensors, left=left, right=right):
            given = iter(tensors)
            return apply(*(next(given) if isinstance(a, np.ndarray) else a for a in (left, right)))

        np.testing.assert_array_equal(recorded(f, *arrays), expected, strict=True)


def test_power_matmul_negative_and_absolute():
    x = ops.convert_to_tensor(X)
    for f in (operator.neg, abs, lambda x: x**2, lambda x: x @ ops.transpose(x)):
        expected = X @ X.T if f(x).shape == (2, 2) else f(X)
        assert_same(f(x), expected)
        np.testing.assert_array_equal(recorded(f, X), expected, strict=True)


@pytest.mark.parametrize("name", ["gt", "ge", "lt", "le", "eq", "ne"])
def test_comparison_operators(name):
    compare = getattr(operator, name)
    x, y = ops.convert_to_tensor(X), ops.convert_to_tensor(Y)
    assert_same(compare(x, y), compare(X, Y))
    assert_same(compare(x, 0.5), compare(X, np.float32(0.5)))


@pytest.mark.parametrize("index", INDICES, ids=str)
def test_indexing(index):
    assert_same(recorded(lambda x: x[index], X), X[index])
    inferred = shapes.infer(lambda x: x[index], TensorSpec(X.shape, "float32"))
    assert inferred.shape == X[index].shape


@pytest.mark.parametrize("index", INDICES, ids=str)
def test_gradient_of_indexing(index):
    gradient = ops.grad(lambda x: ops.sum(x[index] * x[index]))(ops.convert_to_tensor(X))
    expected = np.zeros_like(X)
    expected[index] = 2 * X[index]
    assert_same(gradient, expected)


@pytest.mark.parametrize("index", [slice(None, None, -1), (slice(None), slice(2, 0, -2))], ids=str)
def test_gradient_of_indexing_backwards(index):
    """On the tape; not every framework's own tensors know negative steps."""
    with use(load("numpy")):
        test_gradient_of_indexing(index)
