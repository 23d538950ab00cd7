"""Mutants of `kcompat.spec.resizing`."""

from kcompat.conformance.mutants.mutation import edited

_CELLS = "nearest_cells(x.shape[axis], n)"
_MATRIX = "interpolation_matrix(x.shape[axis], n, interpolation, bool(antialias))"
edited("resize", "nearest: rounded down from the corner", _CELLS, '(np.arange(n) * x.shape[axis] // n).astype("int32")')
edited(
    "resize",
    "nearest: half to even of the centre",
    _CELLS,
    'np.clip(np.rint((np.arange(n) + 0.5) * x.shape[axis] / n - 0.5), 0, x.shape[axis] - 1).astype("int32")',
)
edited(
    "resize",
    "nearest: corners aligned",
    _CELLS,
    'np.rint(np.linspace(0, x.shape[axis] - 1, n)).astype("int32")',
)
edited(
    "resize",
    "bilinear: corners aligned",
    _MATRIX,
    f"(np.maximum(0, 1 - np.abs(np.linspace(0, x.shape[axis] - 1, n)[:, None] - np.arange(x.shape[axis])))"
    f' if interpolation == "bilinear" and not antialias else {_MATRIX})',
)
edited("resize", "antialias ignored", "bool(antialias)", "False")
edited("resize", "antialias whatever is asked", "bool(antialias)", "True")
edited(
    "resize",
    "bilinear: the weight outside is lost, not shared",
    _MATRIX,
    f"({_MATRIX} * np.where(np.arange(n) == 0, 0.75, 1.0)[:, None])",
)
edited("resize", "lanczos5 is lanczos3", "n, interpolation, bool", 'n, interpolation.replace("5", "3"), bool')
edited(
    "resize",
    "weights of single-precision TF32",
    "B, x, interpolation",
    'B, B.cast(B.cast(x, dtype="bfloat16"), dtype=B.dtype(x)), interpolation',
)
edited("resize", "integers truncated", "B.clip(B.round(y), low, high)", "B.clip(B.trunc(y), low, high)")
edited(
    "resize",
    "integers wrap around where bicubic overshoots",
    "B.cast(B.clip(B.round(y), low, high), dtype=dtype)",
    'B.cast(B.cast(B.round(y), dtype="int32"), dtype=dtype)',
)
edited("resize", "cropped at the start, not in the middle", "[(n - k) // 2 for", "[0 for")
edited(
    "resize", "padded with 0, whatever the value", "(height, width), size, fill_value)", "(height, width), size, 0.0)"
)
