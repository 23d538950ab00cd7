"""Mutants of `kcompat.spec.scatter`."""

import numpy as np

from kcompat.conformance.mutants.mutation import edited, honest, value, vjp

value("scatter_max", "0 where nothing is")(
    lambda values, indices, *, size: np.where(
        np.isin(np.arange(size), indices).reshape(-1, *(1,) * (values.ndim - 1)),
        honest("scatter_max")(values, indices, size=size),
        values.dtype.type(0),
    )
)
value("scatter_max", "at least 0")(
    lambda values, indices, *, size: np.maximum(honest("scatter_max")(values, indices, size=size), 0).astype(
        values.dtype
    )
)
vjp(
    "scatter_max",
    "each of several largest gets the whole gradient",
    (
        lambda B, g, y, values, indices, *, size: B.where(
            B.equal(values, B.take(y, indices, axis=0)), B.take(g, indices, axis=0), 0.0
        ),
        None,
    ),
)
vjp(
    "scatter_multiply",
    "y / x: NaN where a factor is 0",
    (lambda B, g, y, values, indices, *, size: B.take(g * y, indices, axis=0) / values, None),
)
edited(
    "scatter",
    "values out of range come in the last cell",
    "B.where(outside, math.prod(sizes), cells)",
    "B.where(outside, math.prod(sizes) - 1, cells)",
)
edited(
    "scatter",
    "an index past its axis counts in the next row",
    "B.logical_or(B.less(index, 0), B.greater_equal(index, size))",
    "B.less(index, 0)",
)
edited(
    "scatter_update",
    "the first of repeated indices wins",
    'B.scatter_max(B.arange(start=count, dtype="int32"), cells, size=size + 1)',
    '(count - 1) - B.scatter_max((count - 1) - B.arange(start=count, dtype="int32"), cells, size=size + 1)',
)
edited(
    "scatter_update",
    "max without what is there",
    "every = B.concatenate(inputs, rows, axis=0), B.concatenate(own, cells, axis=0)",
    "every = rows, cells",
)
edited("scatter_update", "negative indices dropped", "B.where(B.less(index, 0), B.add(index, size), index)", "index")
edited(
    "segment_sum",
    "ids from 1",
    'ids = B.cast(segment_ids, dtype="int32")',
    'ids = B.cast(segment_ids, dtype="int32") - 1',
)
edited(
    "segment_sum",
    "the mean",
    "B.scatter_add(data, ids, axis=0, size=num_segments + 1)",
    "B.scatter_add(data, ids, axis=0, size=num_segments + 1) / 2",
)
edited(
    "segment_sum",
    "a negative id counts in the first",
    "B.logical_or(B.less(ids, 0), B.greater_equal(ids, num_segments)), num_segments, ids)",
    "B.greater_equal(ids, num_segments), num_segments, B.maximum(ids, 0))",
)
edited(
    "segment_sum",
    "an id too large counts in the last",
    "B.greater_equal(ids, num_segments)), num_segments, ids)",
    "B.greater_equal(ids, num_segments)), num_segments - 1, ids)",
)
edited(
    "segment_min",
    "of the negative: unsigned ones wrap around",
    "_mirrored(B, B.segment_max(_mirrored(B, data)",
    "B.negative(B.segment_max(B.negative(data)",
)


@value("segment_prod", "0 of an empty one")
def _(data, segment_ids, *, num_segments=None, sorted=False):  # noqa: A002  (Keras's name)
    y = honest("segment_prod")(data, segment_ids, num_segments=num_segments)
    found = np.isin(np.arange(num_segments), segment_ids)
    return np.where(found.reshape(-1, *(1,) * (data.ndim - 1)), y, data.dtype.type(0))
