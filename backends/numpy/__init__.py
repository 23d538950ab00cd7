"""The NumPy backend: the reference, and one that trains.

In reading order:

- `engine`: what the backend has besides ops
- `ops`: native ops, a module a family; they share `dtypes`, `sums`, `scattering`, `linear_algebra`, `error_functions`
  and `columns` (convolution as products of matrices), and leave cases to the spec by `composed`
- `blas` and `products`: products of matrices on several threads
- `program`: a train step that runs on memory which stays, with `denormals` taken as 0
- `compiler`: from a step to such a program
"""

from kcompat.backends.numpy import ops
from kcompat.backends.numpy.engine import engine

__all__ = ["engine", "ops"]
