"""Mutants of `kcompat.spec.diagonal`."""

from kcompat.conformance.mutants.mutation import edited

edited("diag", "the sign of k", "B.diagonal(x, offset=k)", "B.diagonal(x, offset=-k)")
edited("diag", "a vector below for above", "_spread(B, x, k)", "_spread(B, x, -k)")
edited("diagflat", "k ignored", "newshape=(-1,)), k)", "newshape=(-1,)), 0)")
edited("diagonal", "axes exchanged", "(*batch, axis1, axis2)", "(*batch, axis2, axis1)")
edited("trace", "of the main diagonal", "offset=offset", "offset=0")
edited("trace", "the mean", "B.sum(B.diagonal(", "B.mean(B.diagonal(")
edited("tril", "without the diagonal", "rows, columns, k), x", "rows, columns, k - 1), x")
edited(
    "tril",
    "as a product: NaN above remains",
    "B.where(_below(B, rows, columns, k), x, _nothing(B, x))",
    "x * B.cast(_below(B, rows, columns, k), dtype=B.dtype(x))",
)
edited("triu", "without the diagonal", "k - 1)", "k)")
edited("triu", "the sign of k", "k - 1)", "-k - 1)")
edited("eye", "the sign of k", "int(k)", "-int(k)")
edited("tri", "strictly below", "M, k), dtype", "M, k - 1), dtype")
edited("identity", "of size n + 1", "N=n", "N=n + 1")
