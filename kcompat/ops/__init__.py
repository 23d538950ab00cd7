"""The ops, with Keras 3's names, argument order and defaults, on the active backend.

Tensors are the backend's own; variables, NumPy arrays, numbers and lists are converted. Most functions are
generated from the spec, with real signatures, when they are first asked for: each calls the active interpreter.
"""

from kcompat.ops import image as image
from kcompat.ops import linalg as linalg
from kcompat.ops import nn as nn
from kcompat.ops import numpy as numpy
from kcompat.ops.associative import associative_scan
from kcompat.ops.control_flow import cond, fori_loop, map, scan, switch, vectorized_map, while_loop  # noqa: A004
from kcompat.ops.conversion import (
    convert_to_numpy,
    convert_to_tensor,
    dtype,
    is_tensor,
    ndim,
    nonzero,
    select,
    shape,
    size,
)
from kcompat.ops.generated import make_on_demand
from kcompat.ops.generated import public_signature as public_signature
from kcompat.ops.gradients import custom_gradient, grad, jvp, value_and_grad, vjp
from kcompat.ops.indexing import get_item
from kcompat.ops.rearranging import rearrange
from kcompat.ops.vectorizing import vectorize
from kcompat.spec import OPS

__all__ = [name for name, op in OPS.items() if op.public]
__all__ += [
    "associative_scan",
    "cond",
    "convert_to_numpy",
    "convert_to_tensor",
    "custom_gradient",
    "dtype",
    "fori_loop",
    "get_item",
    "grad",
    "is_tensor",
    "jvp",
    "map",
    "ndim",
    "nonzero",
    "rearrange",
    "scan",
    "select",
    "shape",
    "size",
    "switch",
    "value_and_grad",
    "vectorize",
    "vectorized_map",
    "vjp",
    "while_loop",
]

__getattr__, __dir__ = make_on_demand(__name__, __all__)
