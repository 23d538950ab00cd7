"""Mutants of `kcompat.spec.cumulative`."""

import numpy as np

from kcompat.conformance.mutants.mutation import edited, honest, value, vjp

value("cumsum", "exclusive")(
    lambda x, *, axis=None, dtype=None: (
        honest("cumsum")(x, axis=axis, dtype=dtype) - (x.reshape(-1) if axis is None else x)
        if x.dtype.kind == "f"
        else honest("cumsum")(x, axis=axis, dtype=dtype)
    )
)
value("cumsum", "reversed")(
    lambda x, *, axis=None, dtype=None: np.flip(honest("cumsum")(np.flip(x, axis), axis=axis, dtype=dtype), axis or 0)
)
value("cumsum", "in half precision")(
    lambda x, *, axis=None, dtype=None: np.cumsum(
        x, axis=axis, dtype=np.float16 if x.dtype.kind == "f" else None
    ).astype(honest("cumsum")(x, axis=axis, dtype=dtype).dtype)
)
vjp(
    "cumsum",
    "not reversed",
    (lambda B, g, y, x, *, axis=None, dtype=None: B.reshape(B.cumsum(g, axis=axis), newshape=tuple(x.shape)),),
)
vjp(
    "cumprod",
    "divided by the factors: NaN where one is 0",
    (
        lambda B, g, y, x, *, axis=None, dtype=None: (
            B.reshape(
                B.flip(B.cumsum(B.flip(g * y, axis=axis or 0), axis=axis or 0), axis=axis or 0), newshape=tuple(x.shape)
            )
            / x
        ),
    ),
)
value("cumprod", "by logarithms")(
    lambda x, *, axis=None, dtype=None: (
        np.exp(np.cumsum(np.log(x), axis=axis)) if x.dtype.kind == "f" else honest("cumprod")(x, axis=axis, dtype=dtype)
    )
)
edited("nancumsum", "NaN counts", "filled(B, x, 0.0)", "x")
edited("nancumprod", "NaN is 0", "filled(B, x, 1.0)", "filled(B, x, 0.0)")
edited("diff", "backwards", "else right - left", "else left - right")
edited("trapezoid", "Simpson's weights", "right * 0.5 + left * 0.5", "right * 0.6 + left * 0.4")
edited("trapezoid", "dx ignored", "B.sum(heights, axis=axis) * dx", "B.sum(heights, axis=axis)")
edited("trapezoid", "left rectangles", "right * 0.5 + left * 0.5", "left")
