"""Inverse functions of angles."""

import numpy as np

from kcompat.backends.numpy.dtypes import computed_in, floating
from kcompat.spec import float_type

arctan = floating(np.arctan)
arctan2, hypot = computed_in(np.arctan2, float_type), computed_in(np.hypot, float_type)
