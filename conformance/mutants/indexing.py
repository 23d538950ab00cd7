"""Mutants of `kcompat.spec.indexing`."""

import numpy as np

from kcompat.conformance.mutants.mutation import edited, honest, value, vjp


def _wide(mask, values, axis):
    return np.asarray(mask).reshape((1,) * axis + mask.shape + (1,) * (values.ndim - axis - mask.ndim))


def _overwritten(values, indices, axis, size):
    flat = values.reshape(*values.shape[:axis], indices.size, *values.shape[axis + indices.ndim :])
    y = np.zeros((*values.shape[:axis], size, *flat.shape[axis + 1 :]), values.dtype)
    y[(slice(None),) * axis + (indices.ravel(),)] = flat
    return y


def _put(values, indices, axis, size):
    y = np.zeros((*values.shape[:axis], size, *values.shape[axis + 1 :]), values.dtype)
    np.put_along_axis(y, indices, values, axis)
    return y


def _added(B, g, x, indices, axis):
    if axis is None:
        flat = B.scatter_add(
            B.reshape(g, newshape=(-1,)), B.reshape(indices, newshape=(-1,)), axis=0, size=int(np.prod(x.shape))
        )
        return B.reshape(flat, newshape=tuple(x.shape))
    return B.scatter_add(g, indices, axis=axis % len(x.shape), size=x.shape[axis])


def _mean(B, g, x, indices, axis):
    count = _added(B, g * 0.0 + 1.0, x, indices, axis)
    return _added(B, g, x, indices, axis) / B.maximum(count, 1.0)


def _written(B, g, x, indices, axis):
    if axis is None:
        return B.reshape(_overwritten(g.reshape(-1), indices.reshape(-1), 0, x.size), newshape=tuple(x.shape))
    return _overwritten(g, indices, axis % x.ndim, x.shape[axis])


value("take", "clipped: negative indices are the first")(
    lambda x, indices, *, axis=None: np.take(x, indices, axis, mode="clip")
)
value("take", "along the first axis, where none is given")(
    lambda x, indices, *, axis=None: (
        np.take(x, indices, axis) if axis is not None else x.reshape(-1)[np.asarray(indices) % x.shape[0]]
    )
)
vjp(
    "take",
    "the last of repeated indices wins",
    (lambda B, g, y, x, indices, *, axis=None: _written(B, g, x, indices, axis), None),
)
vjp(
    "take",
    "the mean of repeated indices",
    (lambda B, g, y, x, indices, *, axis=None: _mean(B, g, x, indices, axis), None),
)
value("scatter_add", "overwritten, not added")(
    lambda values, indices, *, axis, size: _overwritten(values, indices, axis, size)
)
value("scatter_add", "negative indices dropped")(
    lambda values, indices, *, axis, size: honest("scatter_add")(
        np.where(_wide(indices >= 0, values, axis), values, 0), indices, axis=axis, size=size
    )
)
value("take_along_axis", "clipped: negative indices are the first")(
    lambda x, indices, *, axis=None: honest("take_along_axis")(x, np.maximum(indices, 0), axis=axis)
)
value("take_along_axis", "the other axis")(
    lambda x, indices, *, axis=None: honest("take_along_axis")(x, indices[::-1], axis=axis)
)
value("scatter_add_along_axis", "overwritten, not added")(
    lambda values, indices, *, axis, size: _put(values, indices, axis, size)
)
edited(
    "one_hot",
    "an index out of range is the last",
    "_is_class(B, x, num_classes, axis)",
    "_is_class(B, B.where(x >= num_classes, num_classes - 1, x), num_classes, axis)",
)
edited(
    "one_hot",
    "-1 is the last",
    "_is_class(B, x, num_classes, axis)",
    "_is_class(B, B.where(B.less(x, 0), x + num_classes, x), num_classes, axis)",
)
edited("one_hot", "uint8 classes wrap around", '"uint8", ', "")
edited(
    "multi_hot",
    "counted",
    "B.cast(B.greater(count, 0), dtype=dtype or floatx())",
    "B.cast(count, dtype=dtype or floatx())",
)
edited(
    "unravel_index",
    "negative indices from 0",
    "B.where(B.less(indices, 0), B.add(indices, math.prod(sizes)), indices)",
    "B.absolute(indices)",
)
edited(
    "unravel_index",
    "in single precision: large indices round",
    "B.floor_divide(index, stride)",
    'B.cast(B.floor(B.cast(index, dtype="float32") / float(stride)), dtype="int32")',
)
