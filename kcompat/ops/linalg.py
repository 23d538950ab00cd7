"""Linear algebra, under the names of `keras.ops.linalg`; the functions are those of `kcompat.ops`."""

from kcompat.ops.generated import make_on_demand
from kcompat.ops.gradients import jvp as jvp

NAMES = """
cholesky cholesky_inverse det eigh inv jvp lstsq lu_factor matrix_rank norm pinv qr solve solve_triangular svd
"""
__all__ = NAMES.split()

__getattr__, __dir__ = make_on_demand(__name__, __all__)
