"""One step of an optimizer, one parameter at a time."""

from collections.abc import Callable
from typing import Any

import numpy as np

from kcompat.conformance.references import reference

Formula = Callable[..., tuple[Any, ...]]


def _on_runs(formula: Formula, count: int, rate: Any, tensors: tuple[Any, ...], **how: Any) -> list[Any]:
    """`formula` of the n-th parameter, gradient and slots of each of `count` runs; the results as runs again."""
    size = len(tensors) // count
    wide = [np.asarray(t, np.longdouble) for t in tensors]
    updated = [formula(np.longdouble(rate), *wide[n::size], **how) for n in range(size)]
    return [updated[n][slot] for slot in range(len(updated[0])) for n in range(size)]


def _mean(old: Any, new: Any, decay: float) -> Any:
    """The moving average of both: `decay` parts of the old one."""
    return np.longdouble(decay) * old + (1 - np.longdouble(decay)) * new


@reference("sgd_update")
def sgd_update(rate: Any, *tensors: Any) -> Any:
    """Robbins and Monro (1951), as Goodfellow et al. (2016) have it in algorithm 8.1."""
    return _on_runs(lambda rate, p, g: (p - rate * g,), 2, rate, tensors)


@reference("momentum_update")
def momentum_update(rate: Any, *tensors: Any, momentum: float, nesterov: bool = False) -> Any:
    """Sutskever et al. (2013), equations 1 to 4; with `nesterov` `p` is the point looked ahead to."""

    def formula(rate: Any, p: Any, g: Any, v: Any) -> tuple[Any, ...]:
        if not nesterov:
            return p + (momentum * v - rate * g), momentum * v - rate * g
        start = p - momentum * v
        v = momentum * v - rate * g
        return (start + v) + momentum * v, v

    return _on_runs(formula, 3, rate, tensors)


def _adam(rate: Any, p: Any, g: Any, m: Any, v: Any, largest: Any = None, *, how: dict[str, Any]) -> tuple[Any, ...]:
    m, v = _mean(m, g, how["beta_1"]), _mean(v, g**2, how["beta_2"])
    used = v if largest is None else np.maximum(largest, v)
    p = p - rate * (m / (np.sqrt(used) + how["epsilon"]))
    return (p, m, v) if largest is None else (p, m, v, used)


@reference("adam_update")
def adam_update(rate: Any, *tensors: Any, **how: float) -> Any:
    """Kingma and Ba (2015), algorithm 1 in the order of section 2: `rate` is its alpha_t, epsilon its epsilon-hat."""
    return _on_runs(_adam, 4, rate, tensors, how=how)


@reference("amsgrad_update")
def amsgrad_update(rate: Any, *tensors: Any, **how: float) -> Any:
    """Reddi et al. (2018), algorithm 2."""
    return _on_runs(_adam, 5, rate, tensors, how=how)


def _rmsprop(count: int, rate: Any, tensors: Any, rho: float, epsilon: float, centered: bool, momentum: Any) -> Any:
    def formula(rate: Any, p: Any, g: Any, v: Any, *rest: Any) -> tuple[Any, ...]:
        slots = [_mean(v, g**2, rho)]
        square = slots[0]
        if momentum is not None:
            slots.append(rest[0])
        if centered:
            slots.append(_mean(rest[-1], g, rho))
            square = square - slots[-1] ** 2
        step = rate * g / np.sqrt(square + epsilon)
        if momentum is not None:
            step = slots[1] = momentum * rest[0] + step
        return (p - step, *slots)

    return _on_runs(formula, count, rate, tensors)


@reference("rmsprop_update")
def rmsprop_update(rate: Any, *tensors: Any, rho: float, epsilon: float) -> Any:
    """Hinton (2012), lecture 6e; epsilon is under the root, as in Keras."""
    return _rmsprop(3, rate, tensors, rho, epsilon, False, None)


@reference("rmsprop_momentum_update")
def rmsprop_momentum_update(rate: Any, *tensors: Any, rho: float, momentum: float, epsilon: float) -> Any:
    """Graves (2013), equation 40 and 41, without the mean of gradients."""
    return _rmsprop(4, rate, tensors, rho, epsilon, False, momentum)


@reference("rmsprop_centered_update")
def rmsprop_centered_update(rate: Any, *tensors: Any, rho: float, epsilon: float) -> Any:
    """Graves (2013), equations 38 to 41, without momentum."""
    return _rmsprop(4, rate, tensors, rho, epsilon, True, None)


@reference("rmsprop_centered_momentum_update")
def rmsprop_centered_momentum_update(rate: Any, *tensors: Any, rho: float, momentum: float, epsilon: float) -> Any:
    """Graves (2013), equations 38 to 41."""
    return _rmsprop(5, rate, tensors, rho, epsilon, True, momentum)


@reference("lion_update")
def lion_update(rate: Any, *tensors: Any, beta_1: float, beta_2: float) -> Any:
    """Chen et al. (2023), algorithm 2, without weight decay."""

    def formula(rate: Any, p: Any, g: Any, m: Any) -> tuple[Any, ...]:
        return p - rate * np.sign(_mean(m, g, beta_1)), _mean(m, g, beta_2)

    return _on_runs(formula, 3, rate, tensors)
