"""Values written, added or combined at indices that may repeat, and reductions of segments."""

import math

import numpy as np

from kcompat.spec import rules as rules
from kcompat.spec._op import SELECT, Kink, Refusal, Sample, Special, composed, primitive, smooth, unary
from kcompat.spec.calculus import take_slice

inf, nan = float("inf"), float("nan")


def _rows(rng):
    yield Sample((rng.normal(size=(5,)), np.array([2, 0, 2, 1, 0], "int32")), {"size": 4})
    yield Sample((rng.normal(size=(4, 3)), np.array([1, 1, 0, 1], "int32")), {"size": 2})
    yield Sample((rng.normal(size=(0, 2)), np.zeros(0, "int32")), {"size": 3})
    yield Sample((rng.integers(-9, 9, (5,)).astype("int32"), np.array([2, 0, 2, 1, 0], "int32")), {"size": 4})
    yield Sample((np.array([-1e30, 1e-30, 0.0, 1e30]), np.array([0, 1, 1, 2], "int32")), {"size": 3}, False)


def _evenly(B, g, y, values, indices, *, size):
    """Values that equal the maximum of their cell share its gradient."""
    hit = B.cast(B.equal(values, B.take(y, indices, axis=0)), dtype=B.dtype(values))
    count = B.scatter_add(hit, indices, axis=0, size=size)
    share = g / B.where(B.equal(count, 0.0), 1.0, count)
    return hit * B.take(share, indices, axis=0)


@primitive(
    rule=rules.scatter_rows,
    vjp=(_evenly, None),
    error=SELECT,
    kinks=[Kink(([0.6, 0.6, 0.3], np.zeros(3, "int32")), ([0.5, 0.5, 0.0], None), (0.0, 1.0), {"size": 2})],
    specials=[
        Special(([nan, 1.0, inf], np.array([0, 0, 2], "int32")), [nan, -inf, inf], {"size": 3}),
        Special((np.array([-7], "int8"), np.array([1], "int32")), [-128, -7], {"size": 2}),
    ],
    samples=_rows,
    public=False,
)
def scatter_max(values, indices, *, size):
    """For each of `size` cells the largest of the `values` whose index, in [0, size), names it; NaN if any is.

    The cells are those of the first axis. A cell without values has the lowest number of the dtype: -inf of a
    float. Ties share the gradient evenly.
    """


def _others(B, g, y, values, indices, *, size):
    """Times the product of the other values of the cell; where they hold a zero, 0."""
    zero = B.equal(values, 0.0)
    zeros = B.scatter_add(B.cast(zero, dtype=B.dtype(values)), indices, axis=0, size=size)
    nonzero = B.where(zero, 1.0, values)
    product = B.take(B.scatter_multiply(nonzero, indices, size=size), indices, axis=0)
    among = B.take(zeros, indices, axis=0)
    others = B.where(B.equal(among, B.where(zero, 1.0, 0.0)), product / nonzero, 0.0)
    return B.take(g, indices, axis=0) * others


@primitive(
    rule=rules.scatter_rows,
    vjp=(_others, None),
    error=unary(4),
    kinks=smooth,
    specials=[
        Special(([nan, 1.0, inf], np.array([0, 0, 2], "int32")), [nan, 1.0, inf], {"size": 3}),
        Special((np.array([100, 100], "int8"), np.array([1, 1], "int32")), [1, 16], {"size": 2}),
    ],
    samples=lambda rng: [
        *_rows(rng),
        Sample((np.array([0.0, 2.0, 0.0, 0.0, 3.0]), np.array([0, 0, 1, 1, 1], "int32")), {"size": 3}),
    ],
    public=False,
)
def scatter_multiply(values, indices, *, size):
    """For each of `size` cells the product of the `values` whose index, in [0, size), names it; 1 of none.

    The cells are those of the first axis; integers wrap around.
    """


def _wrapped(B, index, size, elsewhere):
    """An index from 0; `elsewhere` marks those that are out of range."""
    index = B.where(B.less(index, 0), B.add(index, size), index)
    outside = B.logical_or(B.less(index, 0), B.greater_equal(index, size))
    return index, outside if elsewhere is None else B.logical_or(elsewhere, outside)


def _cells(B, indices, sizes):
    """Indices (..., len(sizes)) as numbers of cells in row-major order; out of range, the number of cells."""
    shape = tuple(indices.shape)
    indices = B.reshape(B.cast(indices, dtype="int32"), newshape=(math.prod(shape[:-1]), shape[-1]))
    cells, outside = B.zeros(shape=(math.prod(shape[:-1]),), dtype="int32"), None
    for axis, size in enumerate(sizes):
        index = B.reshape(take_slice(B, indices, 1, axis, axis + 1), newshape=tuple(cells.shape))
        index, outside = _wrapped(B, index, size, outside)
        cells = B.add(B.multiply(cells, size), index)
    return cells if outside is None else B.where(outside, math.prod(sizes), cells)


def _depth(name, indices, values, shape):
    """How many axes of `shape` each index names."""
    if len(indices.shape) == 0:
        raise ValueError(f"{name}: indices need an axis for the parts of an index, got rank 0")
    depth = indices.shape[-1]
    expected = (*indices.shape[:-1], *shape[depth:])
    if depth > len(shape) or tuple(values.shape) != expected:
        raise ValueError(
            f"{name}: indices of shape {tuple(indices.shape)} into shape {shape} need values of shape {expected}, "
            f"got {tuple(values.shape)}"
        )
    return depth


def _scattered(rng):
    yield Sample((np.array([[0, 1], [2, 0], [0, 1]], "int32"), rng.normal(size=(3,))), {"shape": (3, 2)})
    yield Sample((np.array([[3], [-1], [1]], "int32"), rng.normal(size=(3, 2))), {"shape": (4, 2)})
    yield Sample((np.array([[[1], [0]], [[5], [-9]]], "int32"), rng.normal(size=(2, 2))), {"shape": (3,)})
    yield Sample((np.zeros((0, 1), "int32"), rng.normal(size=(0, 2))), {"shape": (2, 2)})
    yield Sample((np.array([[0], [0], [0]], "int32"), np.array([1e30, 1.0, -1e30])), {"shape": (2,)})
    yield Sample((np.array([[0, 9], [1, 1]], "int32"), np.array([3, 4], "int32")), {"shape": (2, 2)})
    yield Sample((np.array([[1], [1], [0]], "int32"), np.array([True, True, False])), {"shape": (3,)})


@composed(
    kinks=smooth,
    specials=[Special((np.array([[1], [1], [7]], "int32"), [inf, 1.0, nan]), [0.0, inf], {"shape": (2,)})],
    samples=_scattered,
    refusals=(
        Refusal((np.zeros((2, 1), "int32"), np.zeros(3)), attrs={"shape": (4,)}),
        Refusal((np.zeros((2, 2), "int32"), np.zeros(2)), attrs={"shape": (4,)}),
        Refusal((np.zeros((), "int32"), np.zeros(())), attrs={"shape": (4,)}),
    ),
)
def scatter(B, indices, values, *, shape):
    """Zeros of `shape` with `values` added at `indices`.

    Args:
        indices: integers of shape `(..., depth)`: each names the first `depth` axes of one place. Negative ones
            count from the end; values whose index is out of range are dropped.
        values: of shape `(..., *shape[depth:])`; where an index repeats they add up, bools as in `logical_or`.
        shape: that of the result.
    """
    shape = tuple(shape)
    depth = _depth("scatter", indices, values, shape)
    if B.dtype(values) == "bool":
        return B.cast(B.scatter(indices, B.cast(values, dtype="int32"), shape=shape), dtype="bool")
    count, size = math.prod(indices.shape[:-1]), math.prod(shape[:depth])
    rows = B.reshape(values, newshape=(count, *shape[depth:]))
    added = B.scatter_add(rows, _cells(B, indices, shape[:depth]), axis=0, size=size + 1)
    return B.reshape(take_slice(B, added, 0, 0, size), newshape=shape)


def _updated(rng):
    x = rng.normal(size=(3, 2))
    pairs = np.array([[0, 1], [2, 0], [-1, -1]], "int32")
    again = np.array([[0, 1], [2, 0], [0, 1]], "int32")
    yield Sample((x, pairs, rng.normal(size=(3,))))
    for reduction in ("add", "max", "min", "mul"):
        yield Sample((x, again, rng.normal(size=(3,))), {"reduction": reduction})
    yield Sample((x, again, rng.normal(size=(3,))))
    yield Sample((x, np.array([[2], [9]], "int32"), rng.normal(size=(2, 2))), {"reduction": "mul"})
    yield Sample((x, np.array([[2], [9]], "int32"), rng.normal(size=(2, 2))))
    yield Sample((x, np.zeros((0, 1), "int32"), rng.normal(size=(0, 2))))
    integers = np.arange(6, dtype="int32").reshape(3, 2)
    yield Sample((integers, again, np.array([7, 8, -9], "int32")), {"reduction": "min"})
    yield Sample((np.array([True, True]), np.array([[0], [0]], "int32"), np.array([False, True])), {"reduction": "mul"})


def _combined(B, name, inputs, rows, cells, size):
    """The inputs' own rows are combined with the others."""
    own = B.arange(start=size, dtype="int32")
    every = B.concatenate(inputs, rows, axis=0), B.concatenate(own, cells, axis=0)
    return take_slice(B, getattr(B, name)(*every, size=size + 1), 0, 0, size)


def _mirrored(B, x):
    """The numbers of a dtype in the opposite order, exactly."""
    dtype = B.dtype(x)
    if dtype.startswith("uint"):
        return B.subtract(B.full(shape=(), fill_value=2 ** int(dtype[4:]) - 1, dtype=dtype), x)
    return B.subtract(-1, x) if dtype.startswith("int") else B.negative(x)


def _latest(B, inputs, rows, cells, size):
    """Of the rows for one cell the last."""
    count = rows.shape[0]
    if count == 0:
        return inputs
    last = take_slice(B, B.scatter_max(B.arange(start=count, dtype="int32"), cells, size=size + 1), 0, 0, size)
    written = B.reshape(B.greater_equal(last, 0), newshape=(size,) + (1,) * (len(rows.shape) - 1))
    return B.where(written, B.take(rows, B.where(B.less(last, 0), 0, last), axis=0), inputs)


def _sum(B, inputs, rows, cells, size):
    return B.add(inputs, take_slice(B, B.scatter_add(rows, cells, axis=0, size=size + 1), 0, 0, size))


def _maximum(B, inputs, rows, cells, size):
    return _combined(B, "scatter_max", inputs, rows, cells, size)


def _minimum(B, inputs, rows, cells, size):
    return _mirrored(B, _maximum(B, _mirrored(B, inputs), _mirrored(B, rows), cells, size))


def _product(B, inputs, rows, cells, size):
    return _combined(B, "scatter_multiply", inputs, rows, cells, size)


_REDUCTIONS = {None: _latest, "add": _sum, "max": _maximum, "min": _minimum, "mul": _product}


@composed(
    kinks=[
        Kink(
            ([0.5, 0.2], np.array([[0], [0]], "int32"), [0.5, 0.1]),
            ([0.5, 1.0], None, [0.5, 0.0]),
            (0.0, 1.0),
            {"reduction": "max"},
        )
    ],
    specials=[Special(([1.0, nan], np.array([[1], [1], [5]], "int32"), [3.0, 4.0, inf]), [1.0, 4.0])],
    samples=_updated,
    refusals=(
        Refusal((np.zeros(4), np.zeros((2, 1), "int32"), np.zeros(2)), attrs={"reduction": "mean"}),
        Refusal((np.zeros(4), np.zeros((2, 1), "int32"), np.zeros(3))),
        Refusal((np.zeros(4), np.zeros((2, 2), "int32"), np.zeros(2))),
    ),
)
def scatter_update(B, inputs, indices, updates, *, reduction=None):
    """`inputs` with `updates` written at `indices`, or combined with what is there; `inputs` itself stays.

    Args:
        inputs: any tensor; the result has its shape and dtype.
        indices: integers of shape `(..., depth)`: each names the first `depth` axes of one place. Negative ones
            count from the end; updates whose index is out of range are dropped.
        updates: of shape `(..., *inputs.shape[depth:])`.
        reduction: None: the update replaces what is there, where an index repeats the last one does; `"add"`,
            `"mul"`, `"max"` or `"min"`: all that meet in one place are combined, ties share the gradient evenly.
    """
    if reduction not in _REDUCTIONS:
        raise ValueError(f"scatter_update: reduction is None, 'add', 'max', 'min' or 'mul', got {reduction!r}")
    shape, dtype = tuple(inputs.shape), B.dtype(inputs)
    depth = _depth("scatter_update", indices, updates, shape)
    if dtype == "bool" and reduction:
        numbers = (B.cast(x, dtype="int32") for x in (inputs, B.cast(updates, dtype="bool")))
        return B.cast(B.scatter_update(next(numbers), indices, next(numbers), reduction=reduction), dtype="bool")
    count, size = math.prod(indices.shape[:-1]), math.prod(shape[:depth])
    rows = B.reshape(B.cast(updates, dtype=dtype), newshape=(count, *shape[depth:]))
    flat = B.reshape(inputs, newshape=(size, *shape[depth:]))
    updated = _REDUCTIONS[reduction](B, flat, rows, _cells(B, indices, shape[:depth]), size)
    return B.reshape(updated, newshape=shape)


def _segments(B, name, data, segment_ids, num_segments):
    """The segment of each row; the number of segments where the row belongs to none."""
    if num_segments is None:
        raise ValueError(
            f"{name}: num_segments is needed: the shape of the result must not depend on the data; "
            "pass int(max(segment_ids)) + 1"
        )
    if num_segments < 0:
        raise ValueError(f"{name}: num_segments is not negative, got {num_segments}")
    if B.dtype(data) == "bool":
        raise ValueError(f"{name}: data are numbers, got bool; cast them to int32")
    if len(segment_ids.shape) != 1 or tuple(data.shape[:1]) != tuple(segment_ids.shape):
        raise ValueError(
            f"{name}: segment_ids is a vector with one id a row of data, got shapes {tuple(segment_ids.shape)} and "
            f"{tuple(data.shape)}"
        )
    ids = B.cast(segment_ids, dtype="int32")
    return B.where(B.logical_or(B.less(ids, 0), B.greater_equal(ids, num_segments)), num_segments, ids)


def _segmented(rng):
    ids = np.array([2, 0, 2, 1, 0], "int32")
    yield Sample((rng.normal(size=(5,)), ids), {"num_segments": 3})
    yield Sample((rng.normal(size=(5, 2)), np.sort(ids)), {"num_segments": 4, "sorted": True})
    yield Sample((rng.normal(size=(5,)), np.array([-1, 0, 9, 1, 0], "int32")), {"num_segments": 3})
    yield Sample((rng.normal(size=(0, 2)), np.zeros(0, "int32")), {"num_segments": 2})
    yield Sample((rng.integers(-9, 9, (5,)).astype("int32"), ids), {"num_segments": 4})
    yield Sample((np.array([2, 200, 255], "uint8"), np.array([0, 0, 2], "int32")), {"num_segments": 4})
    yield Sample((np.array([1e30, 1e-30, -3.0]), np.array([1, 1, 0], "int32")), {"num_segments": 2})


_unsegmented = (
    Refusal((np.zeros(3), np.zeros(3, "int32"))),
    Refusal((np.zeros(3), np.zeros(2, "int32")), attrs={"num_segments": 2}),
    Refusal((np.zeros((3, 1)), np.zeros((3, 1), "int32")), attrs={"num_segments": 2}),
    Refusal((np.zeros(3), np.zeros(3, "int32")), attrs={"num_segments": -1}),
    Refusal((np.zeros(3, bool), np.zeros(3, "int32")), attrs={"num_segments": 2}),
)
_IDS = np.array([0, 0, 2, 5], "int32")


@composed(
    kinks=smooth,
    specials=[Special(([nan, 1.0, inf, nan], _IDS), [nan, 0.0, inf], {"num_segments": 3})],
    samples=_segmented,
    refusals=_unsegmented,
)
def segment_sum(B, data, segment_ids, *, num_segments=None, sorted=False):  # noqa: A002  (Keras's name)
    """The sum of the rows of each segment, in the dtype of `data`; 0 of an empty one.

    Args:
        data: rows along the first axis.
        segment_ids: a vector, the segment of each row, in any order; rows whose id is negative, or not below
            `num_segments`, are dropped.
        num_segments: the size of the result's first axis.
        sorted: whether the ids ascend: a hint, which changes no result.
    """
    del sorted
    ids = _segments(B, "segment_sum", data, segment_ids, num_segments)
    return take_slice(B, B.scatter_add(data, ids, axis=0, size=num_segments + 1), 0, 0, num_segments)


@composed(
    kinks=[Kink(([0.6, 0.6, 0.3], np.zeros(3, "int32")), ([0.5, 0.5, 0.0], None), (0.0, 1.0), {"num_segments": 2})],
    specials=[Special(([nan, 1.0, inf, nan], _IDS), [nan, -inf, inf], {"num_segments": 3})],
    samples=_segmented,
    refusals=_unsegmented,
)
def segment_max(B, data, segment_ids, *, num_segments=None, sorted=False):  # noqa: A002  (Keras's name)
    """The largest of the rows of each segment, elementwise; NaN if any is. Arguments as in `segment_sum`.

    An empty segment has the lowest number of the dtype: -inf of a float. Ties share the gradient evenly.
    """
    del sorted
    ids = _segments(B, "segment_max", data, segment_ids, num_segments)
    return take_slice(B, B.scatter_max(data, ids, size=num_segments + 1), 0, 0, num_segments)


@composed(
    kinks=[Kink(([0.3, 0.3, 0.6], np.zeros(3, "int32")), ([0.5, 0.5, 0.0], None), (0.0, 1.0), {"num_segments": 2})],
    specials=[Special(([nan, 1.0, -inf, nan], _IDS), [nan, inf, -inf], {"num_segments": 3})],
    samples=_segmented,
    refusals=_unsegmented,
)
def segment_min(B, data, segment_ids, *, num_segments=None, sorted=False):  # noqa: A002  (Keras's name)
    """The smallest of the rows of each segment, elementwise; NaN if any is. Arguments as in `segment_sum`.

    An empty segment has the highest number of the dtype: inf of a float. Ties share the gradient evenly.
    """
    del sorted
    _segments(B, "segment_min", data, segment_ids, num_segments)
    return _mirrored(B, B.segment_max(_mirrored(B, data), segment_ids, num_segments=num_segments))


@composed(
    kinks=smooth,
    specials=[Special(([nan, 1.0, inf, nan], _IDS), [nan, 1.0, inf], {"num_segments": 3})],
    samples=_segmented,
    refusals=_unsegmented,
)
def segment_prod(B, data, segment_ids, *, num_segments=None, sorted=False):  # noqa: A002  (Keras's name)
    """The product of the rows of each segment, in the dtype of `data`; 1 of an empty one.

    Arguments as in `segment_sum`.
    """
    del sorted
    ids = _segments(B, "segment_prod", data, segment_ids, num_segments)
    return take_slice(B, B.scatter_multiply(data, ids, size=num_segments + 1), 0, 0, num_segments)
