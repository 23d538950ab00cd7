"""Arguments at the edge of what an op takes: numbers beyond the dtype, axes as NumPy's integers, None and no axes."""

import numpy as np
import pytest

from kcompat import ops, random
from kcompat.runtime.active import use

MATRIX = np.array([[3.0, 1.0], [2.0, 0.0]], "float32")
REDUCTIONS = ("sum", "mean", "max", "min", "prod", "logsumexp", "median", "nansum", "nanmean", "nanmax")
ALONG = ("sort", "argsort", "cumsum", "cumprod", "nancumsum", "flip", "softmax", "log_softmax", "argmax", "argmin")


@pytest.fixture(autouse=True)
def chosen(backend):
    with use(backend):
        yield backend


def tensor(values, dtype="float32"):
    return ops.convert_to_tensor(np.array(values, dtype))


def assert_equal(actual, expected, dtype=None):
    actual = ops.convert_to_numpy(actual)
    np.testing.assert_array_equal(actual, np.array(expected))
    assert actual.shape == np.shape(expected)
    assert dtype in (None, actual.dtype.name)


def test_bounds_beyond_the_dtype():
    assert_equal(ops.clip(tensor([1, 200], "uint8"), -5, 300), [1, 200], "uint8")
    assert_equal(ops.clip(tensor([1, -100], "int8"), -1000, 1000), [1, -100], "int8")
    assert_equal(ops.clip(tensor([1, 200], "uint8"), 300, 400), [255, 255], "uint8")
    assert_equal(ops.clip(tensor([1, 200], "int32"), -(2**40), 2**40), [1, 200], "int32")
    assert_equal(ops.maximum(tensor([1, 200], "uint8"), -5), [1, 200], "uint8")
    assert_equal(ops.minimum(300, tensor([1, 200], "uint8")), [1, 200], "uint8")


def test_divisors_of_the_smallest_integer():
    lowest = -(2**31)
    assert_equal(ops.gcd(tensor([lowest, 6, lowest], "int32"), tensor([6, lowest, lowest + 2], "int32")), [2, 2, 2])
    assert_equal(ops.gcd(tensor([-128, 12], "int8"), tensor([12, -128], "int8")), [4, 4], "int8")
    assert_equal(ops.gcd(tensor([12, 200], "uint8"), tensor([8, 250], "uint8")), [4, 50], "uint8")


@pytest.mark.parametrize("name", REDUCTIONS)
def test_no_axes(name):
    """A reduction over no axes is the tensor."""
    reduce = getattr(ops, name)
    assert_equal(reduce(tensor(MATRIX), axis=()), MATRIX)
    assert_equal(reduce(tensor(MATRIX), axis=(), keepdims=True), MATRIX)


def test_gradient_over_no_axes():
    gradient = ops.grad(lambda x: ops.sum(ops.logsumexp(x, axis=())))(tensor(MATRIX))
    assert_equal(gradient, np.ones((2, 2)))


@pytest.mark.parametrize("name", [*REDUCTIONS, *ALONG, "expand_dims", "var", "std", "all", "any", "ptp", "norm"])
@pytest.mark.parametrize("axis", [np.int64(0), np.array(0)], ids=["int64", "rank 0"])
def test_axes_as_numpy_integers(name, axis):
    function = getattr(ops, name)
    assert_equal(function(tensor(MATRIX), axis=axis), ops.convert_to_numpy(function(tensor(MATRIX), axis=0)))


def test_other_numpy_integers():
    x, one, two = tensor(MATRIX), np.int64(1), np.array(2)
    assert_equal(ops.concatenate([x, x], axis=one), np.concatenate([MATRIX, MATRIX], 1))
    assert_equal(ops.stack([x, x], axis=one), np.stack([MATRIX, MATRIX], 1))
    assert_equal(ops.split(x, two, axis=one)[1], [[1.0], [0.0]])
    assert_equal(ops.roll(x, one, axis=one), np.roll(MATRIX, 1, 1))
    assert_equal(ops.repeat(x, two, axis=one), np.repeat(MATRIX, 2, 1))
    assert_equal(ops.squeeze(x[None], axis=np.int64(0)), MATRIX)
    assert_equal(ops.tensordot(x, x, axes=one), MATRIX @ MATRIX)
    assert_equal(ops.average(x, axis=one, weights=tensor([1.0, 3.0])), [1.5, 0.5])
    assert_equal(ops.transpose(x, np.array([1, 0])), MATRIX.T)
    assert_equal(ops.reshape(x, np.array([4])), MATRIX.ravel())
    assert_equal(ops.reshape(x, (two, two)), MATRIX)
    assert_equal(ops.arange(two), [0, 1])
    assert_equal(ops.eye(two), np.eye(2))
    assert_equal(ops.one_hot(tensor([1], "int32"), two), [[0.0, 1.0]])
    assert random.uniform(np.int64(2), seed=1).shape == (2,)
    assert random.uniform((two, 3), seed=1).shape == (2, 3)


def test_no_axis_means_flat():
    x, number = tensor(MATRIX), tensor(2.0)
    assert_equal(ops.sort(x, axis=None), [0.0, 1.0, 2.0, 3.0])
    assert_equal(ops.argsort(x, axis=None), [3, 1, 2, 0], "int32")
    assert_equal(ops.sort(number, axis=None), [2.0])
    assert_equal(ops.argsort(number, axis=None), [0], "int32")
    assert_equal(ops.concatenate([x, number], axis=None), [3.0, 1.0, 2.0, 0.0, 2.0])
    gradient = ops.grad(lambda x: ops.sum(ops.concatenate([x, number], axis=None) * tensor(range(5))))(x)
    assert_equal(gradient, [[0.0, 1.0], [2.0, 3.0]])


@pytest.mark.parametrize("name", ["sort", "argsort"])
def test_a_number_has_no_axis(name):
    with pytest.raises(ValueError, match="axis -1 is out of range for rank 0; a number has no axes"):
        getattr(ops, name)(tensor(2.0))


@pytest.mark.parametrize("name", ["cumsum", "cumprod", "nancumsum", "nancumprod", "sort", "argsort"])
def test_several_axes_for_one(name):
    with pytest.raises(TypeError, match=r"an axis is one integer, got \(1,\)"):
        getattr(ops, name)(tensor(MATRIX), axis=(1,))


def test_no_integer_for_an_axis():
    with pytest.raises(TypeError, match="expected an integer or several"):
        ops.sum(tensor(MATRIX), axis=1.0)


def test_membership_of_numbers():
    assert_equal(ops.isin(tensor([1, 2], "int32"), 2), [False, True])
    assert_equal(ops.isin(2, tensor([1, 2], "int32")), True)
    assert_equal(ops.isin(2, [1.0, 3.0]), False)


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int32"])
def test_integers_are_finite(dtype):
    x = tensor([1, 0], dtype)
    assert_equal(ops.isfinite(x), [True, True], "bool")
    for name in ("isnan", "isinf", "isposinf", "isneginf"):
        assert_equal(getattr(ops, name)(x), [False, False], "bool")


def test_product_of_a_number():
    assert_equal(ops.prod(tensor(3.0)), 3.0)
    assert_equal(ops.grad(lambda x: ops.prod(x))(tensor(3.0)), 1.0)


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
@pytest.mark.parametrize("axis", [-1, None, (0, 1)])
def test_softmax_of_nothing(name, axis):
    assert_equal(getattr(ops, name)(tensor(np.zeros((2, 0))), axis=axis), np.zeros((2, 0)), "float32")


def test_dropout_of_everything():
    x = tensor([1.0, np.inf, np.nan])
    assert_equal(random.dropout(x, 1.0, seed=1), [0.0, 0.0, 0.0], "float32")
    assert_equal(random.dropout(tensor([1.0, 2.0]), 0.0, seed=1), [1.0, 2.0])
    assert_equal(ops.grad(lambda x: ops.sum(random.dropout(x, 1, seed=1)))(tensor([1.0, 2.0])), [0.0, 0.0])
    for rate in (-0.1, 1.5, float("nan")):
        with pytest.raises(ValueError, match="rate is a probability"):
            random.dropout(x, rate, seed=1)


@pytest.mark.parametrize("channels", [1, 3])
def test_kernel_gradient_of_one_image_and_one_filter(channels):
    x, kernel = tensor(np.ones((1, 4, 4, channels))), tensor(np.ones((2, 2, channels, 1)))
    assert_equal(ops.grad(lambda kernel: ops.sum(ops.conv(x, kernel)))(kernel), np.full((2, 2, channels, 1), 9.0))
    assert_equal(ops.grad(lambda x: ops.sum(ops.conv(x, kernel)))(x)[0, 1:3, 1:3], np.full((2, 2, channels), 4.0))
