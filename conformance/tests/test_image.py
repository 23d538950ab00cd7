"""`kcompat.ops.image` has Keras's names; images may be arrays, one or a batch, and of integers."""

import inspect

import numpy as np
import pytest

from kcompat import ops
from kcompat.conformance.tests import witness
from kcompat.ops import image
from kcompat.runtime.registry import use_backend


def test_the_module_is_an_attribute_of_ops():
    assert ops.image is image
    assert not set(image.__all__) & set(ops.__all__)


def test_unknown_name_is_refused():
    with pytest.raises(AttributeError, match=r"kcompat\.ops\.image has no 'resise'; did you mean .*resize"):
        image.resise  # noqa: B018


def test_signatures_are_those_of_keras():
    if not witness.INSTALLED:
        pytest.skip("keras is not installed: pip install 'kcompat[dev]'")
    theirs = witness.signatures("keras.ops.image")
    for name in image.__all__:
        parameters = inspect.signature(getattr(image, name)).parameters.values()
        ours = [[p.name, None if p.default is p.empty else repr(p.default)] for p in parameters]
        assert ours == theirs[name], f"kcompat.ops.image.{name}: take the names, order and defaults of keras.ops.image"


def test_images_may_be_arrays_of_integers(backend):
    pixels = np.array([[0, 100], [200, 255]], "uint8").reshape(2, 2, 1)
    with use_backend(backend.name):
        for pictures in (pixels, pixels[None]):
            larger = ops.convert_to_numpy(ops.image.resize(pictures, (3, 3)))
            assert larger.dtype == np.uint8
            np.testing.assert_array_equal(larger.ravel(), [0, 50, 100, 100, 139, 178, 200, 228, 255])
        patches = ops.convert_to_numpy(ops.image.extract_patches(pixels, 2))
    np.testing.assert_array_equal(patches, [[[0, 100, 200, 255]]])
