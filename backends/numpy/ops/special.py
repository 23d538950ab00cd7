"""Further elementwise functions of floats."""

import numpy as np

from kcompat.backends.numpy.dtypes import floating

cbrt, exp2, log2, log10 = map(floating, (np.cbrt, np.exp2, np.log2, np.log10))
