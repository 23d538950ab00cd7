"""What is not an op of the spec: indexing, patterns of axes, and functions that give Python values."""

import itertools

import numpy as np
import pytest

from kcompat import ops
from kcompat.runtime import shapes
from kcompat.runtime.active import use
from kcompat.spec import TensorSpec

X = np.arange(2 * 3 * 4, dtype="float32").reshape(2, 3, 4)


@pytest.fixture(autouse=True)
def _active(backend):
    with use(backend):
        yield


@pytest.mark.parametrize(
    "key",
    [
        0,
        -1,
        np.int64(1),
        slice(None, None, 2),
        slice(None, None, -1),
        Ellipsis,
        None,
        (),
        (0, 1, 2),
        (slice(1, None), 2),
        (Ellipsis, None, slice(3, 0, -2)),
        (None, 1, Ellipsis, 0),
        [1, 0, 1],
        np.array([[1, 0], [-1, -2]]),
        (slice(None), [2, 0]),
        (Ellipsis, np.array([-1, 1])),
        (0, slice(None), [1, 2]),
        (slice(None), 0, [1, 2]),
        ([0, 1], slice(None), [1, 2]),
        ([0, 1], [1, 2]),
        ([[0], [1]], [1, 2]),
        (slice(None), [0, 1], [-1, 2]),
        (None, [1, 0], [2, 2], slice(None, None, 3)),
        ([1, 0], None, [2, 2]),
        ([0, 1], [1, 2], [3, -4]),
    ],
    ids=str,
)
def test_indexing_is_that_of_numpy(key):
    np.testing.assert_array_equal(ops.convert_to_numpy(ops.get_item(X, key)), X[key])


def test_indices_may_be_tensors_and_the_result_has_a_gradient():
    index = ops.convert_to_tensor([1, 1, 0])
    slope = ops.grad(lambda x: ops.sum(ops.get_item(x, (slice(None), index, 2))))(ops.convert_to_tensor(X))
    expected = np.zeros_like(X)
    np.add.at(expected, (slice(None), [1, 1, 0], 2), 1.0)
    np.testing.assert_array_equal(ops.convert_to_numpy(slope), expected)


def test_indices_of_one_axis_do_not_reach_into_another():
    spec = shapes.infer(lambda x: ops.get_item(x, (Ellipsis, [0, 1])), TensorSpec((None, 3, 4)))
    assert spec.shape == (None, 3, 2)


@pytest.mark.parametrize(
    ("key", "error"), [(2, IndexError), ((0, 0, 0, 0), IndexError), ((Ellipsis, Ellipsis), IndexError)]
)
def test_index_out_of_range_is_refused(key, error):
    with pytest.raises(error):
        ops.get_item(X, key)


def test_mask_is_refused_with_what_to_use():
    with pytest.raises(TypeError, match="where"):
        ops.get_item(X, X > 3)


@pytest.mark.parametrize(
    ("pattern", "lengths", "expected"),
    [
        ("b h w -> w b h", {}, X.transpose(2, 0, 1)),
        ("b h w -> b (h w)", {}, X.reshape(2, 12)),
        ("b h (w two) -> b two (h w)", {"two": 2}, X.reshape(2, 3, 2, 2).transpose(0, 3, 1, 2).reshape(2, 2, 6)),
        ("b ... -> ... b", {}, X.transpose(1, 2, 0)),
        ("... w -> w ...", {}, X.transpose(2, 0, 1)),
        ("b h w -> b 1 h () w", {}, X[:, None, :, None]),
        ("(b one) h w -> one b (h w)", {"b": 2}, X.reshape(1, 2, 12)),
        ("b h w->(b h w)", {"h": 3}, X.ravel()),
    ],
)
def test_pattern_rearranges(pattern, lengths, expected):
    np.testing.assert_array_equal(ops.convert_to_numpy(ops.rearrange(X, pattern, **lengths)), expected)


@pytest.mark.parametrize(
    ("pattern", "lengths", "reason"),
    [
        ("b h w", {}, "one '->'"),
        ("b h -> h b", {}, "2 axes on the left"),
        ("b h w -> b h", {}, "w stands on one side only"),
        ("b h h -> b h", {}, "h stands twice"),
        ("b h (w v) -> b h w v", {}, "the sizes of w, v are not known"),
        ("b h (w v) -> b h w v", {"w": 3}, "is not made of the sizes"),
        ("b h w -> b h w", {"h": 4}, "is not made of the sizes"),
        ("b h w -> b h w", {"k": 4}, "has no axis k"),
        ("b (h w -> b h w", {}, "is not closed"),
        ("b h w) -> b h w", {}, r"'\)' is out of place"),
        ("b h + -> b h", {}, r"'\+' is out of place"),
        ("b h 1 -> b h", {}, "is not made of the sizes"),
    ],
)
def test_pattern_that_does_not_fit_is_refused(pattern, lengths, reason):
    with pytest.raises(ValueError, match=reason):
        ops.rearrange(X, pattern, **lengths)


def test_pattern_of_a_shape_that_is_not_known():
    spec = shapes.infer(lambda x: ops.rearrange(x, "b (h two) -> (b h) two", two=2), TensorSpec((None, 6)))
    assert spec.shape == (None, 2)


def test_python_values():
    x = ops.convert_to_tensor(X)
    assert (ops.ndim(x), ops.size(x), ops.dtype(x), ops.shape(x)) == (3, 24, "float32", (2, 3, 4))
    assert (ops.ndim(2.0), ops.size([1, 2]), ops.dtype([1, 2]), ops.dtype(True)) == (0, 2, "int32", "bool")


def test_select_takes_the_first_that_holds():
    x = ops.convert_to_tensor(np.float32([-2.0, 0.5, 3.0]))
    y = ops.select([x < 0, x < 1, x < 2], [-x, 10.0, x], default=np.float32([7.0, 8.0, 9.0]))
    np.testing.assert_array_equal(ops.convert_to_numpy(y), [2.0, 10.0, 9.0])
    with pytest.raises(ValueError, match="one length"):
        ops.select([x < 0], [x, x])


def test_nonzero_gives_the_coordinates():
    found = ops.nonzero(ops.convert_to_tensor(X % 5 == 0))
    for mine, theirs in itertools.zip_longest(found, np.nonzero(X % 5 == 0)):
        np.testing.assert_array_equal(ops.convert_to_numpy(mine), theirs)
    assert ops.dtype(found[0]) == "int32"


def test_nonzero_of_what_is_not_known_says_what_to_use():
    with pytest.raises(TypeError, match="where"):
        shapes.infer(ops.nonzero, TensorSpec((3,)))


def test_window_may_start_at_an_int_and_at_a_tensor():
    start = (1, ops.convert_to_tensor(2), ops.convert_to_tensor(9))
    y = ops.slice(X, start, (1, 1, 2))
    np.testing.assert_array_equal(ops.convert_to_numpy(y), X[1:2, 2:3, 2:4])
    z = ops.convert_to_numpy(ops.slice_update(X, start, -y))
    np.testing.assert_array_equal(z[1:2, 2:3, 2:4], -X[1:2, 2:3, 2:4])
    assert (z != X).sum() == 2


def test_an_axis_without_elements_may_be_named_with_its_size():
    assert ops.shape(ops.rearrange(X[:0], "b h w -> (b h) w", b=0)) == (0, 4)
