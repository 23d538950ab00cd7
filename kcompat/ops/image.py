"""Operations on images, with the names, argument order and defaults of `keras.ops.image`.

Also known as `kcompat.ops.image`. The functions are made from the spec, as those of `kcompat.ops` are.
"""

from __future__ import annotations

from typing import Any

from kcompat.ops import make_function
from kcompat.spec import OPS

_NAMES = (
    "affine_transform",
    "crop_images",
    "extract_patches",
    "extract_patches_3d",
    "gaussian_blur",
    "hsv_to_rgb",
    "map_coordinates",
    "pad_images",
    "resize",
    "rgb_to_grayscale",
    "rgb_to_hsv",
)
__all__ = [*_NAMES]


def __getattr__(name: str) -> Any:
    if name not in _NAMES:
        raise AttributeError(f"kcompat.ops.image has no {name!r}; there are {', '.join(_NAMES)}")
    globals()[name] = make_function(OPS[name], __name__)
    return globals()[name]


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
