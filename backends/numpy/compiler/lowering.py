"""How single ops are written into a program: as views, as ufuncs on given memory, as products.

A lowering takes the emitter and a call, and says whether it wrote the call. Where it does not fit, such as operands
of several dtypes, the op itself is called. Results are those of the ops.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from kcompat.backends.numpy.compiler import lower_elementwise as elementwise
from kcompat.backends.numpy.compiler import lower_reduction as reduction
from kcompat.backends.numpy.compiler import lower_structure as structure
from kcompat.backends.numpy.compiler.emitter import Emitter
from kcompat.backends.numpy.compiler.lower_elementwise import ALL, BOOL, FLOATS, INTEGERS, NUMBERS, ufunc
from kcompat.runtime.graph import Call

Lowering = Callable[[Emitter, Call], bool]

LOWERINGS: dict[str, Lowering] = {
    "add": ufunc(np.add, NUMBERS, "+"),
    "subtract": ufunc(np.subtract, NUMBERS, "-"),
    "multiply": ufunc(np.multiply, NUMBERS, "*"),
    "divide": ufunc(np.divide, FLOATS, "/"),
    "maximum": ufunc(np.maximum, NUMBERS),
    "minimum": ufunc(np.minimum, NUMBERS),
    "equal": ufunc(np.equal, ALL, "=="),
    "not_equal": ufunc(np.not_equal, ALL, "!="),
    "greater": ufunc(np.greater, ALL, ">"),
    "greater_equal": ufunc(np.greater_equal, ALL, ">="),
    "less": ufunc(np.less, ALL, "<"),
    "less_equal": ufunc(np.less_equal, ALL, "<="),
    "logical_and": ufunc(np.logical_and, BOOL),
    "logical_or": ufunc(np.logical_or, BOOL),
    "logical_not": ufunc(np.logical_not, BOOL),
    "isnan": ufunc(np.isnan, FLOATS),
    "isfinite": ufunc(np.isfinite, FLOATS),
    "bitwise_and": ufunc(np.bitwise_and, INTEGERS),
    "bitwise_or": ufunc(np.bitwise_or, INTEGERS),
    "bitwise_xor": ufunc(np.bitwise_xor, INTEGERS),
    "right_shift": ufunc(np.right_shift, INTEGERS),
    "left_shift": ufunc(np.left_shift, INTEGERS),
    "negative": ufunc(np.negative, NUMBERS),
    "square": ufunc(np.square, NUMBERS),
    "absolute": ufunc(np.absolute, NUMBERS),
    "exp": ufunc(np.exp, FLOATS),
    "expm1": ufunc(np.expm1, FLOATS),
    "log": ufunc(np.log, FLOATS),
    "log1p": ufunc(np.log1p, FLOATS),
    "sqrt": ufunc(np.sqrt, FLOATS),
    "sin": ufunc(np.sin, FLOATS),
    "cos": ufunc(np.cos, FLOATS),
    "tanh": ufunc(np.tanh, FLOATS),
    "floor": ufunc(np.floor, FLOATS),
    "reshape": structure.reshape,
    "transpose": structure.transpose,
    "strided_slice": structure.strided_slice,
    "broadcast_to": structure.broadcast_to,
    "stop_gradient": structure.stop_gradient,
    "cast": elementwise.cast,
    "relu": elementwise.relu,
    "sigmoid": elementwise.sigmoid,
    "where": elementwise.where,
    "sum": reduction.total,
    "max": reduction.extreme(np.maximum),
    "min": reduction.extreme(np.minimum),
    "argmax": reduction.index_of_extreme("argmax"),
    "argmin": reduction.index_of_extreme("argmin"),
    "matmul": reduction.matmul,
    "concatenate": structure.concatenate,
    "join": structure.join,
    "part": structure.part,
}
