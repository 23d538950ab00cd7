"""Mutants of `kcompat.spec.sampling`."""

from kcompat.conformance.mutants.mutation import edited

edited(
    "map_coordinates",
    "outside by bilinear fading: the cell beyond counts",
    "B.less(cell, float(size))",
    "B.less(cell, float(size - 1))",
)
edited(
    "map_coordinates",
    "mirror repeats the edge, as reflect",
    "_bounded(B, cell, size, mode)",
    '_bounded(B, cell, size, "reflect" if mode == "mirror" else mode)',
)
edited(
    "map_coordinates",
    "reflect does not repeat the edge, as mirror",
    "_bounded(B, cell, size, mode)",
    '_bounded(B, cell, size, "mirror" if mode == "reflect" else mode)',
)
edited(
    "map_coordinates",
    "wrap by the size less one, as SciPy",
    "x = _modulo(B, x, size)",
    "x = _modulo(B, x, max(size - 1, 1))",
)
edited("map_coordinates", "halves to even", "B.stop_gradient(_nearest(B, x))", "B.stop_gradient(B.round(x))")
edited("map_coordinates", "halves up", "B.logical_and(B.equal(rest, 0.5), B.greater(x, 0.0))", "B.equal(rest, 0.5)")
edited(
    "map_coordinates",
    "truncated, not rounded down",
    "low = B.stop_gradient(B.floor(x))",
    "low = B.stop_gradient(B.trunc(x))",
)
edited(
    "map_coordinates",
    "weights exchanged",
    "[(low, 1.0 - (x - low)), (low + 1.0, x - low)]",
    "[(low, x - low), (low + 1.0, 1.0 - (x - low))]",
)
edited("map_coordinates", "integers truncated", "else B.round(y)", "else y")
edited(
    "affine_transform",
    "x and y exchanged",
    "(b0 * columns + b1 * rows + b2, a0 * columns + a1 * rows + a2)",
    "(a0 * columns + a1 * rows + a2, b0 * columns + b1 * rows + b2)",
)
edited(
    "affine_transform",
    "the transposed matrix",
    "(b0 * columns + b1 * rows + b2, a0 * columns + a1 * rows + a2)",
    "(a1 * columns + b1 * rows + b2, a0 * columns + b0 * rows + a2)",
)
edited(
    "affine_transform",
    "about the centre of the image",
    "np.arange(width).reshape(1, 1, width)",
    "(np.arange(width) - (width - 1) / 2).reshape(1, 1, width)",
)
edited(
    "affine_transform",
    "the first transform for the whole batch",
    "B.reshape(transform, newshape=(-1, 8))",
    "B.reshape(transform, newshape=(-1, 8))[:1]",
)
edited("affine_transform", "the fill value ignored", "fill_mode, fill_value, before", "fill_mode, 0, before")
