"""Mutants of `kcompat.spec.contraction`."""

from kcompat.conformance.mutants.mutation import edited

edited("tensordot", "the axes of the second in reverse", "axes=(*second, *columns)", "axes=(*second[::-1], *columns)")
edited("tensordot", "the first axes of the first", "range(len(left) - axes, len(left))", "range(axes)")
edited("dot", "the first axis of the second, as tensordot", "-2 if len(x2.shape) > 1 else 0", "0")
edited("inner", "as dot", "axes=(-1, -1)", "axes=(-1, 0)")
edited("outer", "transposed", "(-1, 1)), _flat(B, x2, (1, -1))", "(1, -1)), _flat(B, x2, (-1, 1))")
edited(
    "vdot",
    "in half precision",
    "_flat(B, x1, (-1,))",
    'B.cast(B.cast(_flat(B, x1, (-1,)), dtype="float16"), dtype="float32")',
)
edited("kron", "factors exchanged", "for size in left for n in (size, 1)", "for size in left for n in (1, size)")
edited(
    "kron",
    "the second fills up at the end",
    "(1,) * (rank - len(shape)) + shape for",
    "shape + (1,) * (rank - len(shape)) for",
)
edited("cross", "the sign of the second component", "term(2, 0) - term(0, 2)", "term(0, 2) - term(2, 0)")
edited(
    "cross", "the sign of the third of two by two", "third = term(0, 1) - term(1, 0)", "third = term(0, 1) + term(1, 0)"
)
edited("cross", "axisc ignored", "axis=axisc", "axis=-1")
