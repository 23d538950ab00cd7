"""Mutants of `kcompat.spec.pooling`."""

from kcompat.conformance.mutants.mutation import edited, vjp

edited("max_pool", "padded with 0", "pad_spatial(B, x, pairs, -inf)", "pad_spatial(B, x, pairs, 0.0)")
edited(
    "max_pool",
    "NaN ignored",
    "B.logical_or(B.greater(seen, best), B.isnan(seen))",
    "B.logical_or(B.greater(seen, best), B.isnan(best))",
)
edited(
    "max_pool",
    "of equal elements the last has the gradient",
    "B.greater(seen, best), B.isnan",
    "B.greater_equal(seen, best), B.isnan",
)
edited("max_pool", "the gradient shared at a tie", "B.where(better, seen, best)", "B.maximum(seen, best)")
edited(
    "max_pool",
    "strides default to 1",
    "strides = window if strides is None",
    "strides = (1,) * rank if strides is None",
)
edited(
    "max_pool",
    "same: the odd cell at the start",
    "(total // 2, total - total // 2)",
    "(total - total // 2, total // 2)",
)
edited(
    "average_pool",
    "padded cells count",
    "if any(a or b for a, b in pairs):\n        return x / B.constant",
    "if False:\n        return x / B.constant",
)
edited("average_pool", "cells over the end count", "np.minimum(first + k, n)", "(first + k)")
edited(
    "average_pool",
    "same: the odd cell at the start",
    "(total // 2, total - total // 2)",
    "(total - total // 2, total // 2)",
)
vjp("max_pool", "the gradient of the mean", (lambda B, g, y, x, **how: B.average_pool_grad(g, shape=x.shape, **how),))
vjp(
    "max_pool",
    "the smallest element has the gradient",
    (lambda B, g, y, x, **how: B.max_pool_grad(g, -B.max_pool(-x, **how), x, **how),),
)
edited("max_pool_grad", "all of equal elements, the last counts", "B.logical_and(same, sought)", "same")
edited("max_pool_grad", "NaN has no gradient", "B.logical_or(first, B.isnan(seen))", "first")
edited("max_pool_grad", "overlaps written, not added", "total + sent", "B.where(B.equal(sent, 0), total, sent)")
edited("max_pool_grad", "the cell after the maximum", "B.equal(winner, cell)", "B.equal(winner, cell - 1)")
edited("max_pool_take", "the largest value", "B.where(here, candidate, taken)", "B.maximum(candidate, taken)")
edited("max_pool_take", "of equal elements the last", "B.logical_and(same, sought)", "same")
edited("average_pool_grad", "each cell has the whole", "x / float(np.prod(window))", "x")
edited(
    "average_pool_grad",
    "padded cells count",
    "if any(a or b for a, b in pairs):\n        return x / B.constant",
    "if False:\n        return x / B.constant",
)
edited("average_pool_grad", "overlaps written, not added", "total + sent", "B.where(B.equal(sent, 0), total, sent)")
edited("average_pool", "the sum, not the mean", "x / float(np.prod(window))", "x")
