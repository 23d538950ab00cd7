"""Mutants of `kcompat.spec.counting`."""

from kcompat.conformance.mutants.mutation import edited

edited(
    "bincount",
    "others counted in the first",
    "B.where(counted, B.cast(weights",
    "B.where(B.equal(x, x), B.cast(weights",
)
edited(
    "bincount",
    "weights squared",
    "B.cast(weights, dtype=total_dtype(result_type(x, weights)))",
    "B.cast(weights * weights, dtype=total_dtype(result_type(x, weights)))",
)
edited("histogram", "the last edge belongs to no bin", "B.less_equal(x, high)", "B.less(x, high)")
edited("histogram", "the upper edge belongs to a bin", 'side="right")', 'side="left")')
edited("histogram", "what is outside counts in the outer bins", "B.where(inside, number, -1)", "number")
edited("isin", "invert ignored", "B.not_equal if invert else B.equal", "B.equal")
edited(
    "unique",
    "descending",
    "ordered = B.take(flat, order, axis=0)",
    "order = B.flip(order)\n        ordered = B.take(flat, order, axis=0)",
)
edited(
    "unique",
    "the index of the last occurrence",
    "B.take(order, places, axis=0), 1)",
    "B.take(B.argsort(flat * 0), places, axis=0), 1)",
)
edited("unique", "counts from the place to the end", "ends - B.searchsorted(", "count - B.searchsorted(")
edited(
    "unique",
    "filled up with the first",
    "B.take(ordered, places, axis=0), fill_value)",
    "B.take(ordered, places, axis=0), B.take(ordered, 0, axis=0))",
)
