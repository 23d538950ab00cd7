"""Mutants of `kcompat.spec.arrangement`."""

from kcompat.conformance.mutants.mutation import edited

edited("ravel", "in column order", "B.reshape(x, newshape=(-1,))", "B.reshape(B.transpose(x), newshape=(-1,))")
edited(
    "moveaxis",
    "in the order given, not sorted",
    "sorted(zip(destination, source, strict=True))",
    "list(zip(destination, source, strict=True))",
)
edited(
    "swapaxes",
    "moved, not exchanged",
    "order[axis1], order[axis2] = axis2, axis1",
    "order.insert(axis2, order.pop(axis1))",
)
edited("fliplr", "the last axis", "B.flip(x, axis=1)", "B.flip(x, axis=-1)")
edited("flipud", "all axes", "B.flip(x, axis=0)", "B.flip(x)")
edited("rot90", "clockwise", "k % 4 == 1", "k % 4 == 3")
edited("rot90", "half a turn flips one axis", "axis=(first, second))", "axis=first)")
edited("roll", "the other direction", "size - s % max(size, 1)", "s % max(size, 1)")
edited(
    "roll",
    "without an axis: along the first",
    "B.reshape(B.roll(B.reshape(x, newshape=(-1,)), shift=shift, axis=0), newshape=tuple(x.shape))",
    "B.roll(x, shift=shift, axis=0) if len(x.shape) else x",
)
edited(
    "repeat",
    "tiled",
    "B.reshape(copies, newshape=(*before[:-1], size * count, *after))",
    "B.concatenate(*[x] * count, axis=axis) if count else B.reshape(copies, newshape=(*before[:-1], 0, *after))",
)
edited(
    "tile",
    "repeats counted from the first axis",
    "(1,) * (rank - len(repeats)) + repeats",
    "repeats + (1,) * (rank - len(repeats))",
)
