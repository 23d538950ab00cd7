"""Operators of variables: elementwise, as those of tensors, while a variable stays a key for what it is."""

import operator

import numpy as np
import pytest

import kcompat
from kcompat import ops
from kcompat.runtime.active import use

FLOATS, INTS = np.array([1.0, -2.5, 3.0], "float32"), np.array([5, 2, 3], "int32")
BOOLS = np.array([True, False, True])


@pytest.fixture(autouse=True)
def chosen(backend):
    with use(backend):
        yield backend


def assert_same(actual, expected):
    np.testing.assert_array_equal(ops.convert_to_numpy(actual), expected, strict=True)


@pytest.mark.parametrize(
    ("name", "value", "other", "expected"),
    [
        ("eq", FLOATS, np.array([1.0, 0.0, 3.0], "float32"), [True, False, True]),
        ("ne", FLOATS, np.array([1.0, 0.0, 3.0], "float32"), [False, True, False]),
        ("eq", INTS, 2, [False, True, False]),
        ("floordiv", INTS, 2, np.array([2, 1, 1], "int32")),
        ("floordiv", FLOATS, 2.0, np.array([0, -2, 1], "float32")),
        ("mod", INTS, 3, np.array([2, 2, 0], "int32")),
        ("and_", BOOLS, np.array([True, True, False]), [True, False, False]),
        ("or_", BOOLS, np.array([False, False, True]), [True, False, True]),
        ("xor", BOOLS, np.array([True, True, False]), [False, True, True]),
        ("and_", INTS, 2, [True, True, True]),  # of integers, too, these are of truth values, as in Keras
    ],
)
def test_operators_of_two(name, value, other, expected):
    apply, variable = getattr(operator, name), kcompat.Variable(value, dtype=value.dtype)
    assert_same(apply(variable, other), expected)
    assert_same(apply(variable, kcompat.Variable(other, dtype=value.dtype)), expected)


def test_a_variable_on_the_right():
    assert_same(7 // kcompat.Variable(INTS), np.array([1, 3, 2], "int32"))
    assert_same(7 % kcompat.Variable(INTS), np.array([2, 1, 1], "int32"))
    assert_same(np.array([5, 1, 3], "int32") == kcompat.Variable(INTS), [True, False, True])
    assert_same(np.array([True, True, False]) & kcompat.Variable(BOOLS, dtype="bool"), [True, False, False])


def test_operators_of_one():
    floats = kcompat.Variable(FLOATS)
    assert_same(+floats, FLOATS)
    assert_same(round(floats), np.array([1, -2, 3], "float32"))
    assert_same(round(kcompat.Variable(np.float32([1.25, 0.5])), 1), np.float32([1.2, 0.5]))
    assert_same(~kcompat.Variable(BOOLS, dtype="bool"), ~BOOLS)
    assert_same(~kcompat.Variable(INTS), ~INTS)


def test_length_and_iteration():
    """Iteration ends: an index past the end is no error in every framework."""
    variable = kcompat.Variable(FLOATS)
    assert len(variable) == 3
    assert [float(ops.convert_to_numpy(x)) for x in variable] == FLOATS.tolist()
    with pytest.raises(TypeError, match="is a scalar, it has no length"):
        len(kcompat.Variable(1.0))


def test_a_variable_is_neither_true_nor_false():
    for value in (1.0, FLOATS):
        with pytest.raises(TypeError, match="'flag' is neither true nor false; compare it with None by `is`"):
            bool(kcompat.Variable(value, name="flag"))


def test_a_variable_is_a_key_for_what_it_is():
    first, second = kcompat.Variable(FLOATS), kcompat.Variable(FLOATS)
    assert {first: 1, second: 2}[second] == 2
    assert second not in {first}
    assert first != None  # noqa: E711
    assert first not in (None, "auto")


def test_assign_gives_the_value_as_a_tensor(backend):
    variable = kcompat.Variable(FLOATS)
    for result, expected in [
        (variable.assign([1, 2, 3]), [1, 2, 3]),
        (variable.assign_add([1, 1, 1]), [2, 3, 4]),
        (variable.assign_sub([2, 3, 4]), [0, 0, 0]),
    ]:
        assert backend.engine.is_tensor(result)
        assert_same(result, np.array(expected, "float32"))


def test_operators_while_a_gradient_is_recorded():
    variable = kcompat.Variable(FLOATS)

    def f(x):
        return ops.sum(ops.where(variable == x, x * 2.0, x)) + ops.sum(ops.where(x != variable, x, 0.0))

    gradient = ops.grad(f)(ops.convert_to_tensor(np.array([1.0, 0.0, 3.0], "float32")))
    assert_same(gradient, np.array([2.0, 2.0, 2.0], "float32"))
