"""Elementwise functions of floats; NumPy lacks the error functions."""

import numpy as np

from kcompat.backends.numpy import error_functions
from kcompat.backends.numpy.dtypes import floating

exp, expm1, log, log1p, sqrt = map(floating, (np.exp, np.expm1, np.log, np.log1p, np.sqrt))
sin, cos, tanh, floor = map(floating, (np.sin, np.cos, np.tanh, np.floor))
erf, erfc, erfinv = map(floating, (error_functions.erf, error_functions.erfc, error_functions.erfinv))
