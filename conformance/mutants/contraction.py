"""Wrong products: matrices, sums over axes, norms."""

import numpy as np

from kcompat.conformance.mutants import narrow
from kcompat.conformance.mutants.mutation import edited, honest, value, vjp
from kcompat.spec.calculus import swap_last

value("matmul", "TF32 inputs")(lambda x1, x2: honest("matmul")(narrow(x1, 10), narrow(x2, 10)))
value("matmul", "bfloat16 inputs")(lambda x1, x2: honest("matmul")(narrow(x1, 7), narrow(x2, 7)))
value("matmul", "one pass of bfloat16 for the second factor")(lambda x1, x2: honest("matmul")(x1, narrow(x2, 7)))
value("matmul", "summed in half precision")(
    lambda x1, x2: np.matmul(x1.astype(np.float16), x2.astype(np.float16)).astype(honest("matmul")(x1, x2).dtype)
)
value("matmul", "three passes of bfloat16: 16 bits")(lambda x1, x2: honest("matmul")(narrow(x1, 15), narrow(x2, 15)))
vjp(
    "matmul",
    "gradient of a broadcast factor from the first of the batch",
    (
        lambda B, g, y, x1, x2: B.matmul(g, swap_last(B, x2)),
        lambda B, g, y, x1, x2: B.matmul(swap_last(B, x1), g),
    ),
)

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

edited(
    "einsum",
    "a repeated letter sums the whole, not the diagonal",
    "step=(*(1 for _ in kept), n + 1)",
    "step=(*(1 for _ in kept), n)",
)
edited(
    "einsum",
    "the result in the order of the operands",
    "labels.index(label) for label in output)",
    "sorted(labels.index(label) for label in output))",
)
edited("einsum", "labels of one operand not summed", "B.sum(x, axis=lone)", "B.max(x, axis=lone)")
edited("einsum", "the mean over what is summed", "B.sum(x, axis=lone)", "B.mean(x, axis=lone)")
edited(
    "einsum", "second factor not transposed", "(*stack, *summed, *columns)))", "(*stack, *(summed[::-1]), *columns)))"
)

edited(
    "norm",
    "without scaling: the squares overflow",
    "x = x / scale\n    return _root(B, B.sum(x * x, axis=axes, keepdims=True), B.sqrt) * scale",
    "return _root(B, B.sum(x * x, axis=axes, keepdims=True), B.sqrt)",
)
edited(
    "norm",
    "1e-12 added inside the root",
    "B.sum(x * x, axis=axes, keepdims=True), B.sqrt",
    "B.sum(x * x, axis=axes, keepdims=True) + 1e-6, B.sqrt",
)
edited("norm", "NaN gradient at 0", "B.where(none, 0.0, f(B.where(none, 1.0, total)))", "f(total)")
edited(
    "norm",
    "1 for matrices: rows for columns",
    "(rows, columns) if abs(order) == 1 else (columns, rows)",
    "(columns, rows) if abs(order) == 1 else (rows, columns)",
)
edited("norm", "of order 0 the sum", "B.cast(B.not_equal(x, 0.0), dtype=B.dtype(x))", "size")
edited("norm", "without the root of the order", "B.power(total, 1.0 / order)", "total")
edited(
    "norm",
    "2 of matrices is that of Frobenius",
    "(B.max if order > 0 else B.min)(s, axis=-1)",
    "B.sqrt(B.sum(s * s, axis=-1))",
)
edited(
    "cdist",
    "by |x|^2 + |y|^2 - 2 x.y, which cancels",
    "return B.norm(",
    """left, right = (B.sum(z * z, axis=-1, keepdims=True) for z in (x, y))
    return B.sqrt(B.maximum(left + m.swap_last(B, right) - B.matmul(x, m.swap_last(B, y)) * 2.0, 0.0))
    return B.norm(""",
)
edited(
    "cdist",
    "transposed",
    "B.expand_dims(x, axis=-2), B.expand_dims(y, axis=-3)",
    "B.expand_dims(x, axis=-3), B.expand_dims(y, axis=-2)",
)
