"""Mutants of `kcompat.spec.adaptive`."""

from kcompat.conformance.mutants.mutation import edited

edited(
    "adaptive_average_pool",
    "windows do not overlap: floor at the end too",
    "-(-(cells + 1) * size // outputs)",
    "np.maximum((cells + 1) * size // outputs, cells * size // outputs + 1)",
)
edited(
    "adaptive_average_pool", "windows of one size: ceil(n / m)", "1.0 / (end - start)", "1.0 / (-(-size // outputs))"
)
edited(
    "adaptive_average_pool",
    "channels_first not transposed back",
    "x if back is None else B.transpose(x, axes=back)",
    "x if back is None else B.reshape(x, newshape=tuple(x.shape[i] for i in back))",
)
edited(
    "adaptive_max_pool",
    "NaN ignored",
    "B.argmax(seen, axis=axis + 1, keepdims=True)",
    "B.argmax(B.where(B.isnan(seen), -1e38, seen), axis=axis + 1, keepdims=True)",
)
edited(
    "adaptive_max_pool",
    "of equal elements the last has the gradient",
    "B.argmax(seen, axis=axis + 1, keepdims=True)",
    "seen.shape[axis + 1] - 1 - B.argmax(B.flip(seen, axis=axis + 1), axis=axis + 1, keepdims=True)",
)
