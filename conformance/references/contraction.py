"""Products that sum over axes of two tensors, and products that sum over none."""

from typing import Any

import numpy as np

from kcompat.conformance.references import reference


@reference("tensordot")
def tensordot(x1: Any, x2: Any, axes: Any = 2) -> Any:
    """NumPy's."""
    return np.tensordot(x1, x2, axes=axes)


@reference("dot")
def dot(x1: Any, x2: Any) -> Any:
    """NumPy's."""
    return np.dot(x1, x2)


@reference("inner")
def inner(x1: Any, x2: Any) -> Any:
    """NumPy's."""
    return np.inner(x1, x2)


@reference("outer")
def outer(x1: Any, x2: Any) -> Any:
    """NumPy's."""
    return np.outer(x1, x2)


@reference("vdot")
def vdot(x1: Any, x2: Any) -> Any:
    """NumPy's."""
    return np.vdot(x1, x2)


@reference("kron")
def kron(x1: Any, x2: Any) -> Any:
    """NumPy's."""
    return np.kron(x1, x2)


def _in_space(x: Any, axis: int) -> Any:
    """Vectors along the last axis, in extended precision; 0 is the third component of two, which NumPy refuses."""
    x = np.moveaxis(x, axis, -1).astype(np.longdouble)
    return x if x.shape[-1] == 3 else np.concatenate([x, np.zeros_like(x[..., :1])], axis=-1)


@reference("cross")
def cross(x1: Any, x2: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: Any = None) -> Any:
    """NumPy's, of vectors in space; of two in the plane the third component of theirs."""
    if axis is not None:
        axisa = axisb = axisc = axis
    y = np.cross(_in_space(x1, axisa), _in_space(x2, axisb))
    return y[..., 2] if x1.shape[axisa] == x2.shape[axisb] == 2 else np.moveaxis(y, -1, axisc)
