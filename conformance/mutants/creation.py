"""Mutants of `kcompat.spec.creation`."""

import numpy as np

from kcompat.conformance.mutants.mutation import edited, honest, value, vjp

value("full", "of the default dtype")(
    lambda *, shape, fill_value, dtype=None: honest("full")(shape=shape, fill_value=fill_value)
)
value("full", "integers stay integers")(lambda *, shape, fill_value, dtype=None: np.full(shape, fill_value, dtype))
value("arange", "the stop included")(
    lambda *, start, stop=None, step=None, dtype=None: honest("arange")(
        start=start, stop=None if stop is None else stop + (step or 1), step=step, dtype=dtype
    )
)
value("arange", "the step ignored")(
    lambda *, start, stop=None, step=None, dtype=None: honest("arange")(start=start, stop=stop, dtype=dtype)
)
value("cast", "rounded")(
    lambda x, *, dtype: honest("cast")(np.round(x) if np.dtype(dtype).kind in "iu" else x, dtype=dtype)
)
value("cast", "rounded down")(
    lambda x, *, dtype: honest("cast")(np.floor(x) if np.dtype(dtype).kind in "iu" else x, dtype=dtype)
)
value("cast", "bool is whether it is positive")(
    lambda x, *, dtype: x > 0 if dtype == "bool" else honest("cast")(x, dtype=dtype)
)
vjp("cast", "no gradient", (None,))
edited(
    "ones_like",
    "0 where it is 0",
    "B.full(shape=tuple(x.shape), fill_value=1, dtype=dtype or B.dtype(x))",
    "B.cast(x / x, dtype=dtype or B.dtype(x))",
)
edited(
    "zeros_like",
    "NaN times 0",
    "B.full(shape=tuple(x.shape), fill_value=0, dtype=dtype or B.dtype(x))",
    "B.cast(x * 0, dtype=dtype or B.dtype(x))",
)
edited(
    "full_like",
    "the number as the dtype of x, then converted",
    "B.cast(fill_value, dtype=dtype)",
    "B.cast(B.cast(fill_value, dtype=B.dtype(x)), dtype=dtype)",
)
