"""Mutants of `kcompat.spec.einsum`."""

from kcompat.conformance.mutants.mutation import edited

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
