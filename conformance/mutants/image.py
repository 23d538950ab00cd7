"""Mutants of `kcompat.spec.image`."""

from kcompat.conformance.mutants.mutation import edited

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
