"""Wrong images: sizes, colours, coordinates."""

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

edited("pad_images", "left and right exchanged", "wide[:2]}", "wide[1::-1]}")
edited("pad_images", "top and bottom exchanged", "tall[:2]", "tall[1::-1]")
edited("crop_images", "margins exchanged", "(a, images.shape[axis] - b)", "(b, images.shape[axis] - a)")
edited(
    "rgb_to_grayscale",
    "the weights of BT.709",
    "red * 0.2989 + green * 0.5870 + blue * 0.1140",
    "red * 0.2126 + green * 0.7152 + blue * 0.0722",
)
edited("rgb_to_grayscale", "0.299", "0.2989", "0.299")
edited(
    "rgb_to_grayscale",
    "BGR",
    "red * 0.2989 + green * 0.5870 + blue * 0.1140",
    "blue * 0.2989 + green * 0.5870 + red * 0.1140",
)
edited("rgb_to_grayscale", "integers rounded", "B.cast(y, dtype=dtype)", "B.cast(B.round(y), dtype=dtype)")
edited("rgb_to_hsv", "hue from 0 to 6", "* 6.0", "* 1.0")
edited("rgb_to_hsv", "hue of magenta negative", "B.where(B.less(hue, 0.0), hue + 1.0, hue)", "hue")
edited(
    "rgb_to_hsv",
    "saturation of lightness: that is HSL",
    "spread / B.where(bright, value, 1.0)",
    "spread / (value * 2.0 - spread + 1e-7)",
)
edited("hsv_to_rgb", "hue in degrees", "* 6.0", "/ 60.0")
edited("hsv_to_rgb", "hue clipped, not periodic", "(hue - B.floor(hue))", "B.clip(hue, 0.0, 0.5)")
edited(
    "hsv_to_rgb",
    "green and blue exchanged",
    "B.absolute(place - 2.0), 2.0 - B.absolute(place - 4.0)",
    "B.absolute(place - 4.0), 2.0 - B.absolute(place - 2.0)",
)
edited(
    "gaussian_blur",
    "height and width exchanged",
    "np.outer(lines[1], lines[0])",
    "np.outer(lines[0], lines[1]).reshape(len(lines[1]), len(lines[0]))",
)
edited("gaussian_blur", "sigma for its square", "/ s) ** 2)", ") ** 2 / s)")
edited("gaussian_blur", "not normalized", "lines.append(line / np.sum(line))", "lines.append(line)")
edited("gaussian_blur", "the centre of an even kernel rounded down", "(n - 1) / 2", "(n - 1) // 2")

edited(
    "map_coordinates",
    "outside by bilinear fading: the cell beyond counts",
    "B.less(cell, float(size))",
    "B.less(cell, float(size - 1))",
)
edited(
    "map_coordinates",
    "mirror repeats the edge, as reflect",
    "_bounded(B, cell, size, mode)",
    '_bounded(B, cell, size, "reflect" if mode == "mirror" else mode)',
)
edited(
    "map_coordinates",
    "reflect does not repeat the edge, as mirror",
    "_bounded(B, cell, size, mode)",
    '_bounded(B, cell, size, "mirror" if mode == "reflect" else mode)',
)
edited(
    "map_coordinates",
    "wrap by the size less one, as SciPy",
    "x = _modulo(B, x, size)",
    "x = _modulo(B, x, max(size - 1, 1))",
)
edited("map_coordinates", "halves to even", "B.stop_gradient(_nearest(B, x))", "B.stop_gradient(B.round(x))")
edited("map_coordinates", "halves up", "B.logical_and(B.equal(rest, 0.5), B.greater(x, 0.0))", "B.equal(rest, 0.5)")
edited(
    "map_coordinates",
    "truncated, not rounded down",
    "low = B.stop_gradient(B.floor(x))",
    "low = B.stop_gradient(B.trunc(x))",
)
edited(
    "map_coordinates",
    "weights exchanged",
    "[(low, 1.0 - (x - low)), (low + 1.0, x - low)]",
    "[(low, x - low), (low + 1.0, 1.0 - (x - low))]",
)
edited("map_coordinates", "integers truncated", "else B.round(y)", "else y")
edited(
    "affine_transform",
    "x and y exchanged",
    "(b0 * columns + b1 * rows + b2, a0 * columns + a1 * rows + a2)",
    "(a0 * columns + a1 * rows + a2, b0 * columns + b1 * rows + b2)",
)
edited(
    "affine_transform",
    "the transposed matrix",
    "(b0 * columns + b1 * rows + b2, a0 * columns + a1 * rows + a2)",
    "(a1 * columns + b1 * rows + b2, a0 * columns + b0 * rows + a2)",
)
edited(
    "affine_transform",
    "about the centre of the image",
    "np.arange(width).reshape(1, 1, width)",
    "(np.arange(width) - (width - 1) / 2).reshape(1, 1, width)",
)
edited(
    "affine_transform",
    "the first transform for the whole batch",
    "B.reshape(transform, newshape=(-1, 8))",
    "B.reshape(transform, newshape=(-1, 8))[:1]",
)
edited("affine_transform", "the fill value ignored", "fill_mode, fill_value, before", "fill_mode, 0, before")
