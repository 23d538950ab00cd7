"""Mutants of `kcompat.spec.normalization`."""

from kcompat.conformance.mutants.mutation import edited

edited("batch_normalization", "epsilon outside the root", "B.sqrt(variance + epsilon)", "(B.sqrt(variance) + epsilon)")
edited("batch_normalization", "epsilon 1e-5", "variance + epsilon", "variance + 1e-5")
edited(
    "batch_normalization",
    "the mean folded into the offset, which cancels",
    "y = (x - B.reshape(mean, newshape=shape)) * B.reshape(factor, newshape=shape)",
    "y = x * B.reshape(factor, newshape=shape) - B.reshape(mean * factor, newshape=shape)",
)
edited(
    "batch_normalization",
    "the standard deviation for the variance",
    "1.0 / B.sqrt(variance + epsilon)",
    "1.0 / (variance + epsilon)",
)
edited(
    "batch_normalization",
    "scale and offset exchanged",
    "factor = factor * scale",
    "factor = factor * (scale if offset is None else offset)",
)
edited(
    "batch_normalization",
    "variance a constant to differentiation",
    "B.sqrt(variance + epsilon)",
    "B.sqrt(B.stop_gradient(variance) + epsilon)",
)
edited(
    "layer_normalization", "epsilon 1e-3 by default", "default_epsilon() if epsilon is None", "1e-3 if epsilon is None"
)
edited(
    "layer_normalization",
    "epsilon outside the root",
    "B.sqrt(B.mean(distance * distance, axis=axes, keepdims=True) + epsilon)",
    "(B.sqrt(B.mean(distance * distance, axis=axes, keepdims=True)) + epsilon)",
)
edited(
    "layer_normalization",
    "one pass",
    "B.mean(distance * distance, axis=axes, keepdims=True)",
    "(B.mean(x * x, axis=axes, keepdims=True) - B.square(B.mean(x, axis=axes, keepdims=True)))",
)
edited(
    "layer_normalization",
    "statistics are constants to differentiation",
    "distance = x - B.mean(x, axis=axes, keepdims=True)",
    "distance = x - B.stop_gradient(B.mean(x, axis=axes, keepdims=True))",
)
edited(
    "layer_normalization",
    "beta before gamma",
    "y = y if gamma is None else y * gamma\n    return y if beta is None else y + beta",
    "y = y if beta is None else y + beta\n    return y if gamma is None else y * gamma",
)
edited(
    "rms_normalization",
    "the mean taken off",
    "root = B.sqrt(",
    "x = x - B.mean(x, axis=axes, keepdims=True)\n    root = B.sqrt(",
)
edited("rms_normalization", "epsilon 1e-6", "default_epsilon() if epsilon is None", "1e-6 if epsilon is None")
edited(
    "rms_normalization",
    "the sum for the mean",
    "B.mean(x * x, axis=axes, keepdims=True)",
    "B.sum(x * x, axis=axes, keepdims=True)",
)
edited(
    "group_normalization",
    "groups interleaved",
    "grouped = B.reshape(x,",
    "grouped = B.reshape(B.roll(x, shift=1, axis=axis),",
)
edited("group_normalization", "over the batch too", "range(1, len(shape) + 1)", "range(0, len(shape) + 1)")
edited(
    "group_normalization",
    "each place by itself: over the channels alone",
    "tuple(i for i in range(1, len(shape) + 1) if i != axis)",
    "(axis + 1,)",
)
edited("normalize", "epsilon added, not the least", "B.where(norm <= least, least, norm)", "(norm + least)")
edited("normalize", "NaN of zeros", "B.where(norm <= least, least, norm)", "norm")
edited(
    "normalize",
    "of order 2, whatever is asked",
    "z / B.where(norm <= least, least, norm)",
    "z / B.where(norm <= least, least, B.sqrt(B.sum(z * z, axis=axes, keepdims=True)))",
)
edited("psnr", "10 times the logarithm of the peak", "20.0 * math.log10", "10.0 * math.log10")
edited("psnr", "natural", "(10.0 / math.log(10.0))", "10.0")
