"""Operations on images, with the names, argument order and defaults of `keras.ops.image`."""

from kcompat.ops.generated import make_on_demand

NAMES = """
affine_transform crop_images extract_patches extract_patches_3d gaussian_blur hsv_to_rgb map_coordinates pad_images
resize rgb_to_grayscale rgb_to_hsv
"""
__all__ = NAMES.split()

__getattr__, __dir__ = make_on_demand(__name__, __all__, home=__name__)
