"""Windows of a tensor: read, replaced, or slid along an axis. Where they start may depend on data."""

import numpy as np

from kcompat.spec import _samples as samples
from kcompat.spec._op import Refusal, Sample, composed, ordinary, smooth
from kcompat.spec.calculus import take_slice

MATRIX = np.zeros((3, 4))


def _starts(B, name, start_indices, sizes, window):
    """Where the window starts along each axis: an int that was checked, or a scalar tensor that is held in range."""
    known = isinstance(start_indices, (list, tuple))
    count = len(start_indices) if known else start_indices.shape[0] if len(start_indices.shape) == 1 else -1
    if not count == len(window) == len(sizes) or any(not 0 <= m <= n for m, n in zip(window, sizes, strict=True)):
        raise ValueError(
            f"{name}: start_indices and the window have one entry for each axis, and a window fits: got {count} "
            f"indices and the window {tuple(window)} for shape {tuple(sizes)}"
        )
    starts = []
    for axis, (n, m) in enumerate(zip(sizes, window, strict=True)):
        start = start_indices[axis] if known else B.take(start_indices, axis, axis=0)
        if isinstance(start, int):
            if not 0 <= start <= n - m:
                raise ValueError(f"{name}: a window of {m} cannot start at {start} on axis {axis} of size {n}")
            starts.append(start)
        else:
            starts.append(B.clip(B.cast(start, dtype="int32"), 0, n - m))
    return starts


def _windows(rng):
    x = rng.normal(size=(3, 4))
    yield Sample((x, (1, 0)), {"shape": (2, 3)})
    yield Sample((x, np.array([0, 2], "int32")), {"shape": (3, 2)})
    yield Sample((x, np.array([-5, 9], "int64")), {"shape": (1, 2)})
    yield Sample((x, [3, 0]), {"shape": (0, 4)})
    yield Sample((np.arange(5, dtype="int32"), np.array([2], "int32")), {"shape": [2]})
    yield Sample((np.array(2.0), ()), {"shape": ()})


@composed(
    kinks=smooth,
    specials=ordinary,
    samples=_windows,
    refusals=(
        Refusal((MATRIX, (2, 0)), attrs={"shape": (2, 2)}),
        Refusal((MATRIX, (-1, 0)), attrs={"shape": (2, 2)}),
        Refusal((MATRIX, (0,)), attrs={"shape": (2,)}),
        Refusal((MATRIX, np.zeros(2, "int32")), attrs={"shape": (2, 5)}),
    ),
    listed=("start_indices",),
    order=("inputs", "start_indices", "shape"),
)
def slice_(B, inputs, start_indices, *, shape):
    """The window of `shape` that starts at `start_indices`.

    Args:
        inputs: any tensor.
        start_indices: one index for each axis: a list of ints, each of which may be a scalar tensor, or a tensor.
            A tensor's are moved to the nearest place where the window fits.
        shape: that of the window, one size for each axis.

    Raises:
        ValueError: for a window that does not fit, and for ints at which it does not.
    """
    sizes, shape = tuple(inputs.shape), tuple(shape)
    starts = _starts(B, "slice", start_indices, sizes, shape)
    known = [isinstance(start, int) for start in starts]
    low = tuple(s if k else 0 for s, k in zip(starts, known, strict=True))
    high = tuple(s + m if k else n for s, k, m, n in zip(starts, known, shape, sizes, strict=True))
    y = B.strided_slice(inputs, start=low, stop=high, step=(1,) * len(low)) if any(known) else inputs
    for axis, start in enumerate(starts):
        if not known[axis]:
            y = B.take(y, B.add(B.arange(start=shape[axis], dtype="int32"), start), axis=axis)
    return y


def _replaced(B, x, starts, updates, axis):
    """`x` with another window, of its own size along the axes before `axis`."""
    if axis == len(starts):
        return updates
    start, stop = starts[axis], starts[axis] + updates.shape[axis]
    inside = _replaced(B, take_slice(B, x, axis, start, stop), starts, updates, axis + 1)
    before, after = take_slice(B, x, axis, 0, start), take_slice(B, x, axis, stop, x.shape[axis])
    return B.concatenate(before, inside, after, axis=axis)


def _replacements(rng):
    x = rng.normal(size=(3, 4))
    yield Sample((x, (1, 0), rng.normal(size=(2, 3))))
    yield Sample((x, np.array([0, 2], "int32"), rng.normal(size=(3, 2))))
    yield Sample((x, np.array([9, -5], "int64"), rng.normal(size=(1, 2))))
    yield Sample((x, np.array([0, 2], "int32"), rng.normal(size=(3, 0))))
    yield Sample((np.arange(5, dtype="int32"), [3], np.array([-1, -2], "int32")))
    yield Sample((np.arange(3) > 0, [0], np.array([True, False])))
    yield Sample((np.array(2.0), (), np.array(3.0)))


@composed(
    kinks=smooth,
    specials=ordinary,
    samples=_replacements,
    refusals=(
        Refusal((MATRIX, (2, 0), np.zeros((2, 2)))),
        Refusal((MATRIX, (0, 0), np.zeros((4, 1)))),
        Refusal((MATRIX, (0,), np.zeros((2,)))),
    ),
    listed=("start_indices",),
)
def slice_update(B, inputs, start_indices, updates):
    """`inputs` with `updates` in place of the window that starts at `start_indices`; `inputs` itself stays.

    The arguments are those of `slice`; the result has the dtype of `inputs`.
    """
    sizes, window = tuple(inputs.shape), tuple(updates.shape)
    starts = _starts(B, "slice_update", start_indices, sizes, window)
    updates = B.cast(updates, dtype=B.dtype(inputs))
    if 0 in window:
        return inputs
    if all(isinstance(start, int) for start in starts):
        return _replaced(B, inputs, starts, updates, 0)
    inside = True
    for axis, (start, n, m) in enumerate(zip(starts, sizes, window, strict=True)):
        offset = B.subtract(B.arange(start=n, dtype="int32"), start)
        updates = B.take(updates, B.clip(offset, 0, m - 1), axis=axis)
        within = B.logical_and(B.greater_equal(offset, 0), B.less(offset, m))
        along = B.reshape(within, newshape=tuple(n if i == axis else 1 for i in range(len(sizes))))
        inside = B.logical_and(along, inside)
    return B.where(inside, updates, inputs)


@composed(
    kinks=smooth,
    specials=ordinary,
    samples=samples.shapes(
        ((7,), {"sequence_length": 3, "sequence_stride": 2}),
        ((2, 5), {"sequence_length": 2, "sequence_stride": 1}),
        ((2, 5), {"sequence_length": 2, "sequence_stride": 4}),
        ((2, 4), {"sequence_length": 4, "sequence_stride": 9}),
        ((0, 4), {"sequence_length": 1, "sequence_stride": 1}),
    ),
    refusals=(
        Refusal((MATRIX,), attrs={"sequence_length": 5, "sequence_stride": 1}),
        Refusal((MATRIX,), attrs={"sequence_length": 2, "sequence_stride": 0}),
        Refusal((np.zeros(()),), attrs={"sequence_length": 1, "sequence_stride": 1}),
    ),
)
def extract_sequences(B, x, *, sequence_length, sequence_stride):
    """The windows of `sequence_length` along the last axis, `sequence_stride` apart.

    `(..., size)` becomes `(..., 1 + (size - sequence_length) // sequence_stride, sequence_length)`. Raises
    ValueError if the axis is shorter than one window.
    """
    size = x.shape[-1] if len(x.shape) else 0
    if not 1 <= sequence_length <= size or sequence_stride < 1:
        raise ValueError(
            f"extract_sequences: sequence_length is from 1 to the size {size} of the last axis and sequence_stride at "
            f"least 1, got {sequence_length} and {sequence_stride}"
        )
    count = 1 + (size - sequence_length) // sequence_stride
    first = B.reshape(B.arange(start=0, stop=count * sequence_stride, step=sequence_stride), newshape=(count, 1))
    return B.take(x, B.add(first, B.arange(start=sequence_length)), axis=-1)
