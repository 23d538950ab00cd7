"""Mutants of `kcompat.spec.conversion`."""

import numpy as np

from kcompat.conformance.mutants.mutation import edited, honest, value, vjp

edited("array", "the dtype ignored", "dtype is None or dtype == result_type(x)", "True")
edited("imag", "the number itself", "B.zeros_like(x)", "x")
edited("angle", "-0 has the angle 0", "B.arctan2(0.0, x)", "B.where(x < 0, 3.1415927410125732, x * 0.0)")
edited(
    "nan_to_num",
    "infinity becomes 0",
    "LARGEST[dtype] if posinf is None else float(posinf)",
    "0.0 if posinf is None else float(posinf)",
)
edited("nan_to_num", "minus infinity becomes the largest", "-LARGEST[dtype] if neginf", "LARGEST[dtype] if neginf")
edited("nan_to_num", "the number for NaN ignored", "float(nan), x)", "0.0, x)")
value("nan_to_num", "NaN stays where posinf is given")(
    lambda x, *, nan=0.0, posinf=None, neginf=None: (
        honest("nan_to_num")(x, nan=nan, posinf=posinf, neginf=neginf)
        if posinf is None
        else np.where(np.isnan(x), x, honest("nan_to_num")(x, nan=nan, posinf=posinf, neginf=neginf))
    )
)
edited(
    "saturate_cast",
    "wraps around",
    "low, high = _limits(dtype)",
    "return B.cast(x, dtype=dtype)\n    low, high = _limits(dtype)",
)
edited("saturate_cast", "the largest less one", "B.where(above, high,", "B.where(above, high - 1,")
vjp("copy", "cotangent squared", (lambda B, g, y, x: g * g,))
edited("isreal", "NaN is not", 'B.ones_like(x, dtype="bool")', "B.equal(x, x)")
