"""Reading images at coordinates between their cells."""

from typing import Any

import numpy as np
import scipy.ndimage

from kcompat.conformance.references import reference

MODES = {"constant": "grid-constant", "wrap": "grid-wrap"}
"""SciPy's names of the fill modes that Keras calls something else."""


def _of_dtype(y: Any, dtype: Any) -> Any:
    return y if dtype.kind == "f" else np.rint(y)


@reference("map_coordinates")
def map_coordinates(
    inputs: Any, coordinates: Any, *, order: int, fill_mode: str = "constant", fill_value: float = 0
) -> Any:
    """SciPy's."""
    how = {"order": order, "mode": MODES.get(fill_mode, fill_mode), "cval": fill_value}
    return _of_dtype(scipy.ndimage.map_coordinates(inputs.astype(float), coordinates, **how), inputs.dtype)


@reference("affine_transform")
def affine_transform(
    images: Any,
    transform: Any,
    interpolation: str = "bilinear",
    fill_mode: str = "constant",
    fill_value: float = 0,
    data_format: Any = None,
) -> Any:
    """SciPy's, of each channel of each image; its matrix takes rows before columns."""
    x = images[None] if images.ndim == 3 else images
    x = x if data_format == "channels_first" else np.moveaxis(x, -1, 1)
    how = {"order": int(interpolation == "bilinear"), "mode": MODES.get(fill_mode, fill_mode), "cval": fill_value}
    y = np.zeros(x.shape)
    for image, channel in np.ndindex(*x.shape[:2]):
        a, b = np.broadcast_to(transform, (len(x), 8))[image, :6].reshape(2, 3)
        matrix, offset = [[b[1], b[0]], [a[1], a[0]]], [b[2], a[2]]
        y[image, channel] = scipy.ndimage.affine_transform(x[image, channel].astype(float), matrix, offset, **how)
    y = _of_dtype(y if data_format == "channels_first" else np.moveaxis(y, 1, -1), images.dtype)
    return y[0] if images.ndim == 3 else y
