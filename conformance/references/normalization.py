"""Normalization: by given statistics, by those of the tensor itself, and to unit length."""

from typing import Any

import numpy as np

from kcompat.conformance.references import reference


def _axes(axis: Any, rank: int) -> tuple[int, ...]:
    return tuple(a % rank for a in (axis if isinstance(axis, (tuple, list)) else (axis,)))


def _along(parameter: Any, x: Any, axes: tuple[int, ...]) -> Any:
    """A parameter of the sizes of some axes, or one that broadcasts as it is, for each element of `x`."""
    if parameter.shape != tuple(x.shape[a] for a in axes):
        return np.broadcast_to(parameter, x.shape)
    rest = tuple(n for a, n in enumerate(x.shape) if a not in axes)
    last = range(x.ndim - len(axes), x.ndim)
    return np.moveaxis(np.broadcast_to(parameter, rest + parameter.shape), last, axes)


def _scaled(y: Any, gamma: Any, beta: Any, axes: tuple[int, ...]) -> Any:
    y = y if gamma is None else y * _along(gamma, y, axes)
    return y if beta is None else y + _along(beta, y, axes)


def _standard(x: Any, epsilon: float, **axis: Any) -> Any:
    """The standard score by NumPy's mean and variance."""
    x = x.astype(np.longdouble)
    return (x - np.mean(x, keepdims=True, **axis)) / np.sqrt(np.var(x, keepdims=True, **axis) + epsilon)


@reference("batch_normalization")
def batch_normalization(
    x: Any, mean: Any, variance: Any, offset: Any = None, scale: Any = None, *, axis: int, epsilon: float = 1e-3
) -> Any:
    """One channel at a time; Ioffe and Szegedy (2015), section 3.1."""
    channels = []
    for i, channel in enumerate(np.moveaxis(x, axis, 0).astype(np.longdouble)):
        y = (channel - mean[i]) / np.sqrt(np.longdouble(variance[i]) + epsilon)
        channels.append(y * (1 if scale is None else scale[i]) + (0 if offset is None else offset[i]))
    return np.stack(channels, axis)


@reference("layer_normalization")
def layer_normalization(x: Any, gamma: Any = None, beta: Any = None, axis: Any = -1, epsilon: Any = None) -> Any:
    """By NumPy's mean and variance; Ba et al. (2016), equations 3 and 4, with Keras's epsilon of 1e-7."""
    axes = _axes(axis, x.ndim)
    return _scaled(_standard(x, 1e-7 if epsilon is None else epsilon, axis=axes), gamma, beta, axes)


@reference("rms_normalization")
def rms_normalization(x: Any, scale: Any = None, axis: Any = -1, epsilon: Any = None) -> Any:
    """By NumPy's norm; Zhang and Sennrich (2019), equation 4, with Keras's epsilon of 1e-7."""
    x = np.atleast_1d(x).astype(np.longdouble)
    axes = _axes(axis, x.ndim)
    count = np.prod([x.shape[a] for a in axes])
    norm = np.linalg.vector_norm(x, axis=axes, keepdims=True)
    return _scaled(x / np.sqrt(norm**2 / count + (1e-7 if epsilon is None else epsilon)), scale, None, axes)


@reference("group_normalization")
def group_normalization(
    x: Any, gamma: Any = None, beta: Any = None, *, groups: int, axis: int = -1, epsilon: float = 1e-3
) -> Any:
    """One group of one sample at a time, by NumPy's mean and variance; Wu and He (2018), section 3.1."""
    y = np.zeros(x.shape)
    for i, sample in enumerate(x):
        parts = np.split(sample[None], groups, axis)
        y[i] = np.concatenate([_standard(part, epsilon) for part in parts], axis)
    return _scaled(y, gamma, beta, _axes(axis, x.ndim))


@reference("normalize")
def normalize(x: Any, axis: Any = -1, order: int = 2, epsilon: Any = None) -> Any:
    """By NumPy's norm, which is 1e-7 at least, as Keras has it."""
    x = np.atleast_1d(x)
    norm = np.linalg.vector_norm(x, axis=axis, ord=order, keepdims=True)
    return x / np.maximum(norm, 1e-7 if epsilon is None else epsilon)


@reference("psnr")
def psnr(x1: Any, x2: Any, *, max_val: float) -> Any:
    """Decibels are twenty times the decimal logarithm of a ratio of amplitudes: here that of peak and NumPy's norm."""
    error = np.linalg.vector_norm(x1 - x2) / np.sqrt(x1.size)
    return 20 * np.log10(max_val / error)
