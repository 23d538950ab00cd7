"""Mutants of `kcompat.spec.order`."""

import numpy as np

from kcompat.conformance.mutants.mutation import edited, honest, value


def _backwards(x, axis):
    """Sorted from the end, so that equal elements come in reverse order."""
    return (x.shape[axis] - 1 - honest("argsort")(np.flip(x, axis), axis=axis)).astype(np.int32)


value("argsort", "unstable: equal ones in reverse")(lambda x, *, axis=-1: _backwards(x, axis))
value("argsort", "NaN comes first")(
    lambda x, *, axis=-1: honest("argsort")(np.where(np.isnan(x), -np.inf, x) if x.dtype.kind == "f" else x, axis=axis)
)
edited(
    "sort",
    "descending",
    "B.argsort(x, axis=axis), axis=axis)",
    "B.flip(B.argsort(x, axis=axis), axis=axis), axis=axis)",
)
edited("sort", "along the last axis", "B.argsort(x, axis=axis)", "B.argsort(x, axis=-1)")
edited("argpartition", "of the first axis", "B.argsort(x, axis=axis)", "B.argsort(x, axis=0)")
edited(
    "top_k",
    "of equal ones the last first",
    "(size - 1) - B.flip(B.argsort(B.flip(x, axis=-1), axis=-1), axis=-1)",
    "B.flip(B.argsort(x, axis=-1), axis=-1)",
)
edited(
    "top_k",
    "ascending",
    "indices = take_slice(B, order, -1, 0, k)",
    "indices = B.flip(take_slice(B, order, -1, 0, k), axis=-1)",
)
edited(
    "in_top_k", "equal predictions count as better", "B.greater(predictions, own)", "B.greater_equal(predictions, own)"
)
edited("in_top_k", "a class out of range is the first", "B.logical_and(valid, B.less(better, k))", "B.less(better, k)")
value("searchsorted", "always right")(
    lambda sorted_sequence, values, *, side="left": honest("searchsorted")(sorted_sequence, values, side="right")
)
edited("digitize", "an edge belongs to the bin below", 'side="right"', 'side="left"')
