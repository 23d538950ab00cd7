"""Factors of stacks of matrices and what they give, with the spec's gradients (decomposition, linalg, lu)."""

import functools

import torch

from kcompat.backends.torch.declared import by_body, declared
from kcompat.backends.torch.dtypes import TORCH
from kcompat.spec import OPS


def _declared(f):
    """A function of float32 or float64 matrices, in the dtype of the spec; its rule refuses what does not fit."""
    rule, f = OPS[f.__name__].rule, declared(f)

    @functools.wraps(f)
    def call(*xs, **attrs):
        specs = rule(*xs, **attrs)
        specs = specs if isinstance(specs, tuple) else (specs,)
        wide = torch.float64 if specs[0].dtype == "float64" else torch.float32
        y = f(*(x.to(wide) for x in xs), **attrs)
        if len(specs) == 1:
            return y.to(TORCH[specs[0].dtype])
        return tuple(part.to(TORCH[spec.dtype]) for part, spec in zip(y, specs, strict=True))

    return call


def _finite(f, x):
    """`f` of matrices, a tuple; NaN of those that are not finite, which torch refuses."""
    finite = torch.isfinite(x).all(-1, keepdim=True).all(-2, keepdim=True)
    y = f(torch.where(finite, x, 0.0))
    masks = (finite if part.ndim == x.ndim else finite[..., 0] for part in y)
    return tuple(torch.where(mask, part, torch.nan) for mask, part in zip(masks, y, strict=True))


def _symmetric(x):
    return x * 0.5 + x.mT * 0.5


@_declared
def cholesky(x, *, upper=False):
    return torch.linalg.cholesky(_symmetric(x), upper=upper)


@_declared
def eigh(x):
    return _finite(torch.linalg.eigh, _symmetric(x))


@_declared
def qr(x, *, mode="reduced"):
    return tuple(torch.linalg.qr(x, mode))


@_declared
def svd(x, *, full_matrices=True, compute_uv=True):
    if not compute_uv:
        return _finite(lambda x: (torch.linalg.svdvals(x),), x)[0]
    return _finite(lambda x: torch.linalg.svd(x, full_matrices), x)


@_declared
def triangular_solve(a, b, *, lower=True):
    return torch.linalg.solve_triangular(a, b, upper=not lower)


@_declared
def lu(x):
    factors, pivots, _ = torch.linalg.lu_factor_ex(x)
    if not x.numel():
        return factors, torch.empty(x.shape[:-1], dtype=torch.int32)
    permutation = torch.lu_unpack(factors, pivots, unpack_data=False)[0]
    return factors, torch.argmax(permutation, -2).to(torch.int32)


@declared
def linear_solve(a, b):
    """By `solve_ex`: torch's `solve` raises for a singular matrix, after a look at all results."""
    wide = a.dtype if a.dtype.itemsize >= 4 else torch.float32
    return torch.linalg.solve_ex(a.to(wide), b.to(wide))[0].to(a.dtype)


det, pinv, slogdet = map(by_body, ("det", "pinv", "slogdet"))
