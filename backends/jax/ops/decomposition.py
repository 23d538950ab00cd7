"""Factors of stacks of matrices and what they give, with the spec's gradients (decomposition, linalg, lu)."""

import functools

import jax.numpy as jnp
from jax import lax

from kcompat.backends.jax.declared import by_body, declared
from kcompat.spec import OPS


def _declared(f):
    """A function of float32 or float64 matrices, in the dtype of the spec; its rule refuses what does not fit."""
    rule, f = OPS[f.__name__].rule, declared(f)

    @functools.wraps(f)
    def call(*xs, **attrs):
        specs = rule(*xs, **attrs)
        specs = specs if isinstance(specs, tuple) else (specs,)
        wide = specs[0].dtype if specs[0].dtype in ("float32", "float64") else "float32"
        y = f(*(x.astype(wide) for x in xs), **attrs)
        if len(specs) == 1:
            return y.astype(specs[0].dtype)
        return tuple(part.astype(spec.dtype) for part, spec in zip(y, specs, strict=True))

    return call


def _finite(f, x):
    """`f` of matrices, a tuple; NaN of those that are not finite, where some of XLA's results are numbers."""
    finite = jnp.isfinite(x).all((-2, -1), keepdims=True)
    y = f(jnp.where(finite, x, 0.0))
    masks = (finite if part.ndim == x.ndim else finite[..., 0] for part in y)
    return tuple(jnp.where(mask, part, jnp.nan) for mask, part in zip(masks, y, strict=True))


def _symmetric(x):
    return x * 0.5 + jnp.swapaxes(x, -1, -2) * 0.5


@_declared
def cholesky(x, *, upper=False):
    return jnp.linalg.cholesky(_symmetric(x), upper=upper, symmetrize_input=False)


@_declared
def eigh(x):
    return _finite(lambda x: jnp.linalg.eigh(x, symmetrize_input=False), _symmetric(x))


@_declared
def qr(x, *, mode="reduced"):
    return tuple(jnp.linalg.qr(x, mode))


@_declared
def svd(x, *, full_matrices=True, compute_uv=True):
    if not compute_uv:
        return _finite(lambda x: (jnp.linalg.svd(x, compute_uv=False),), x)[0]
    return _finite(lambda x: jnp.linalg.svd(x, full_matrices), x)


@_declared
def triangular_solve(a, b, *, lower=True):
    return lax.linalg.triangular_solve(a, b, left_side=True, lower=lower)


@_declared
def lu(x):
    factors, _, permutation = lax.linalg.lu(x)
    return factors, permutation


@declared
def linear_solve(a, b):
    wide = a.dtype if a.dtype.itemsize >= 4 else "float32"
    return jnp.linalg.solve(a.astype(wide), b.astype(wide)).astype(a.dtype)


det, pinv, slogdet = map(by_body, ("det", "pinv", "slogdet"))
