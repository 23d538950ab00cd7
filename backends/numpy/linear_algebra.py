"""What the ops on matrices share."""

import functools

import numpy as np

from kcompat.spec import OPS


def in_declared_dtype(f):
    """Let a function of float32 or float64 matrices give the dtypes of the spec, and refuse what the spec does."""
    rule = OPS[f.__name__].rule

    @functools.wraps(f)
    def call(*xs, **attrs):
        specs = rule(*xs, **attrs)
        specs = specs if isinstance(specs, tuple) else (specs,)
        wide = specs[0].dtype if specs[0].dtype in ("float32", "float64") else "float32"
        y = f(*(x.astype(wide, copy=False) for x in xs), **attrs)
        if len(specs) == 1:
            return y.astype(specs[0].dtype, copy=False)
        return tuple(part.astype(spec.dtype, copy=False) for part, spec in zip(y, specs, strict=True))

    return call


def solve_lower(a, b):
    """Solve a lower triangular system: for the first half of the unknowns, put them in, and solve for the second."""
    n = a.shape[-1]
    if n <= 1:
        return b / a if n else b
    half = n // 2
    first = solve_lower(a[..., :half, :half], b[..., :half, :])
    rest = b[..., half:, :] - a[..., half:, :half] @ first
    return np.concatenate((first, solve_lower(a[..., half:, half:], rest)), -2)
