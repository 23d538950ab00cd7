"""Mutants of `kcompat.spec.shrink`."""

from kcompat.conformance.mutants.mutation import edited, vjp

edited("hard_shrink", "the threshold itself is kept", "<= threshold", "< threshold")
edited("hard_shrink", "one-sided", "B.absolute(x) <= threshold", "x <= threshold")
edited(
    "soft_shrink",
    "not moved: that is hard_shrink",
    "x - B.clip(x, -threshold, threshold)",
    "B.hard_shrink(x, threshold=threshold)",
)
edited("threshold", "by the absolute value", "x <= threshold", "B.absolute(x) <= threshold")
edited("threshold", "the threshold for the default value", "default_value, x)", "threshold, x)")
edited("sparse_plus", "without the quarter", "z * z * 0.25", "z * z * 0.5")
edited("sparse_sigmoid", "a hard sigmoid from -2 to 2", "(x + 1.0) * 0.5", "x * 0.25 + 0.5")
edited("tanh_shrink", "x - tanh(x), which cancels near 0", "near * (d / (d + 1.0))", "near - B.tanh(near)")
vjp("tanh_shrink", "that of tanh", (lambda B, g, y, x: g * (1.0 - B.tanh(x) * B.tanh(x)),))
