"""Mutants of `kcompat.spec.norm`."""

from kcompat.conformance.mutants.mutation import edited

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
