"""Totals of float16: where the result is a number, no sum or square on the way to it overflows."""

import math

import numpy as np
import pytest

from kcompat import ops
from kcompat.runtime.active import use

MANY = np.ones(70_000, "float16")
"""More elements than float16 can count."""
LARGE = np.full(4, 30_000.0, "float16")
APART = np.array([300.0, -300.0] * 2, "float16")


@pytest.fixture(autouse=True)
def chosen(backend):
    with use(backend):
        yield backend


def assert_value(actual, expected):
    actual = ops.convert_to_numpy(actual)
    assert actual.dtype == "float16"
    np.testing.assert_allclose(actual.astype("float64"), expected, rtol=2**-10)


@pytest.mark.parametrize("name", ["mean", "average", "nanmean"])
def test_means(name):
    function = getattr(ops, name)
    assert_value(function(ops.convert_to_tensor(MANY)), 1.0)
    assert_value(function(ops.convert_to_tensor(LARGE)), 30_000.0)


def test_weighted_average():
    assert_value(ops.average(ops.convert_to_tensor(LARGE), weights=ops.convert_to_tensor(LARGE)), 30_000.0)


def test_gradient_of_a_mean():
    gradient = ops.grad(lambda x: ops.mean(x))(ops.convert_to_tensor(MANY))
    np.testing.assert_allclose(ops.convert_to_numpy(gradient)[:2].astype("float64"), 1 / 70_000, rtol=2**-5)


@pytest.mark.parametrize("name", ["std", "nanstd"])
def test_deviations(name):
    function = getattr(ops, name)
    assert_value(function(ops.convert_to_tensor(APART)), 300.0)
    assert_value(function(ops.convert_to_tensor(MANY)), 0.0)


def test_moments():
    mean, variance = ops.moments(ops.convert_to_tensor(MANY), axes=0)
    assert_value(mean, 1.0)
    assert_value(variance, 0.0)


def test_sums_of_exponentials():
    x = ops.convert_to_tensor(MANY)
    assert_value(ops.logsumexp(x), 1 + math.log(70_000))
    assert_value(ops.log_softmax(x)[:2], -math.log(70_000))
    probability = ops.convert_to_numpy(ops.softmax(x)[:2]).astype("float64")
    np.testing.assert_allclose(probability, 1 / 70_000, rtol=2**-5)
