"""The oracle: what a result should be, and a running bound of how far rounding may carry an honest one.

Where the bound is 0 the result must be exact. Where it is infinite (a division by what may be 0, an order that
rounding decides) no result can be judged. The bound passes through a function by secants: the function is evaluated at
the ends of where its operands may be, which is right at singularities too, where a derivative says nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from kcompat.conformance.judge.rounding import local_error
from kcompat.conformance.judge.wide import Application, Wide, WideInterpreter
from kcompat.conformance.targets.precision import Profile, largest, unit_roundoff
from kcompat.spec import Op, is_float

REACH = 4.0
"""How many bounds an operand is moved to see what that does to the result."""


class Oracle(WideInterpreter):
    """An interpreter that keeps each result, with what the errors of its operands and its own rounding can do to it."""

    def __init__(self, alternative: int = 0):
        super().__init__("oracle", alternative)

    def roughly(self, x: Any, error: Any, dtype: str) -> Wide:
        return Wide(np.asarray(x, self.profile.wide), dtype, self, np.asarray(error, np.float64))

    def finish(self, application: Application) -> Wide:
        y, bound = application.y, np.zeros(())
        if application.kind == "backward" or any(map(np.any, application.bounds)):
            rule = _BY_NAME.get(application.op.name) or _BY_KIND.get(application.kind, _elementwise)
            with np.errstate(all="ignore"):
                bound = rule(application)
        if is_float(application.dtype):
            bound = bound + local_error(application)
            y = self.limited(y, application.dtype)
            bound = np.where(np.isfinite(y), np.where(np.isnan(bound), np.inf, bound), 0.0)
            bound = np.where((bound > 0) & (np.abs(y) + 8 * bound >= largest(application.dtype)), np.inf, bound)
        return Wide(y, application.dtype, self, np.broadcast_to(bound, np.shape(y)))


def _is_float(y: Any) -> bool:
    return np.asarray(y).dtype.kind == "f"


def _uncertain(differs: Any) -> Any:
    """The bound of integers and bools: all or nothing."""
    return np.where(differs, np.inf, 0.0)


def _elementwise(application: Application) -> Any:
    """By secants: each float operand moved alone, all of them together, and against each other."""
    y, bounds = application.y, application.bounds
    noisy = [i for i, x in enumerate(application.args) if type(x) is Wide and is_float(x.dtype) and np.any(x.bound)]
    moves = [{i: sign} for i in noisy for sign in (1, -1)]
    if len(noisy) > 1:
        moves += [dict.fromkeys(noisy, 1), dict.fromkeys(noisy, -1), {i: (-1) ** n for n, i in enumerate(noisy)}]
    deviation: Any = np.zeros(np.shape(y))
    for move in moves:
        operands = [x + move[i] * REACH * bounds[i] if i in move else x for i, x in enumerate(application.values)]
        moved = application.at(operands)
        if not _is_float(y):
            deviation = np.maximum(deviation, _uncertain(moved != y))
            continue
        off = np.abs(moved - y)
        if application.op.name == "sqrt":  # no honest operand is below 0
            off = np.nan_to_num(off, nan=0.0, posinf=np.inf)
        deviation = np.maximum(deviation, np.where(np.isfinite(y) & ~np.isfinite(moved), np.inf, off))
    unsure: Any = 0.0
    for x, bound in zip(application.args, bounds, strict=True):
        if type(x) is Wide and not is_float(x.dtype):
            size = 1.0 if x.dtype == "bool" and _is_float(y) else np.inf
            unsure = np.maximum(unsure, np.where(bound > 0, size, 0.0))
    return deviation * max(len(noisy), 1) / REACH + unsure


def _divide(application: Application) -> Any:
    near_zero = (application.bounds[1] > 0) & (np.abs(application.values[1]) <= REACH * application.bounds[1])
    return np.where(near_zero, np.inf, _elementwise(application))


def _power(application: Application) -> Any:
    near_zero = (application.bounds[0] > 0) & (np.abs(application.values[0]) <= REACH * application.bounds[0])
    return np.where(near_zero & (application.values[1] < 1), np.inf, _elementwise(application))


def _compare(application: Application) -> Any:
    """Uncertain where two numbers are closer than their errors."""
    reach = sum(REACH * bound for bound in application.bounds)
    if len(application.args) != 2 or not any(is_float(x.dtype) for x in application.tensors):
        return _uncertain(np.broadcast_to(reach, np.shape(application.y)) > 0)
    distance = np.abs(np.subtract(*application.values, dtype=np.float64))
    # What is equal to the last bit stays so, as the largest element and the maximum; if not, the envelope sees it.
    near = (distance <= reach) & ~((distance == 0) & (application.op.name == "equal"))
    return _uncertain((reach > 0) & near)


def _where(application: Application) -> Any:
    unsure, first, second = application.bounds
    apart = np.abs(np.subtract(*application.values[1:], dtype=np.float64))
    either = np.maximum(first, second) + np.where(np.isnan(apart), np.inf, apart)
    return np.where(unsure > 0, either, np.where(application.values[0], first, second))


def _structure(application: Application) -> Any:
    """The errors are moved as the elements are, and added where the elements are added."""
    moved = [
        bound if type(x) is Wide and (i == 0 or application.kind == "structure") else value
        for i, (x, value, bound) in enumerate(
            zip(application.args, application.values, application.bounds, strict=True)
        )
    ]
    padding = {"value": 0.0} if "value" in application.attrs else {}
    return application.at(moved, **padding)


def _indexed(application: Application) -> Any:
    """Reading or adding at indices. Indices that rounding decides pick among neighbours as close as their errors."""
    moved = application.at([application.bounds[0], *application.values[1:]])
    if not any(map(np.any, application.bounds[1:])):
        return moved
    return (
        np.maximum(moved, 2 * REACH * np.max(application.bounds[0], initial=0.0))
        if application.kind == "structure"
        else np.inf
    )


def _together(application: Application) -> Any:
    """All elements moved up, and all moved down."""
    (x, *others), (bound, *_) = application.values, application.bounds
    moved = [application.at([x + sign * REACH * bound, *others]) for sign in (1, -1)]
    off = [np.where(y == application.y, 0.0, np.abs(y - application.y)) for y in moved]
    return np.max(off, axis=0) / REACH


def _matmul(application: Application) -> Any:
    (left, right), (dl, dr) = map(np.abs, application.values), application.bounds
    return np.matmul(left, dr) + np.matmul(dl, right) + np.matmul(dl, dr)


def _largest(application: Application) -> Any:
    largest_bound = application.at([application.bounds[0]])
    return largest_bound if _is_float(application.y) else _uncertain(largest_bound > 0)


def _argmax(application: Application) -> Any:
    """Uncertain where another element may be the largest."""
    x, bound = np.asarray(application.values[0]), application.bounds[0]
    axis, keepdims = application.attrs.get("axis"), application.attrs.get("keepdims", False)
    least = np.max(x - REACH * bound, axis=axis, keepdims=True)
    first = np.max(x, axis=axis, keepdims=True)
    rival = (x + REACH * bound >= least) & ((bound > 0) | (x != first))
    return _uncertain(np.sum(rival, axis=axis, keepdims=keepdims) > 1)


def _argsort(application: Application) -> Any:
    """Uncertain beside a neighbour that is closer than the errors."""
    axis = application.attrs.get("axis", -1)
    x, bound = (
        np.moveaxis(np.take_along_axis(z, application.y, axis), axis, -1)
        for z in (application.values[0], application.bounds[0])
    )
    together = bound[..., 1:] + bound[..., :-1]
    near = (together > 0) & (np.diff(x) <= REACH * together)
    unsure = np.zeros(x.shape, bool)
    unsure[..., 1:] |= near
    unsure[..., :-1] |= near
    return _uncertain(np.moveaxis(unsure, -1, axis))


def _backward(application: Application) -> Any:
    """To first order: the largest change that a few moves of the matrices make."""
    y, op, rng = application.y, application.op, np.random.default_rng(0)
    deviation: Any = 0.0
    for _ in range(3):
        operands = zip(application.values, application.bounds, strict=True)
        moved = application.at([moved_matrix(x, op, application.by.profile, rng, REACH, b) for x, b in operands])
        off = np.minimum(np.abs(moved - y), np.abs(moved + y)) if op.signs else np.abs(moved - y)
        deviation = np.maximum(deviation, np.where(np.isfinite(y) & ~np.isfinite(moved), np.inf, off))
    return deviation


def moved_matrix(x: Any, op: Op, profile: Profile, rng: np.random.Generator, amplitude: float, bound: Any = 0.0) -> Any:
    """A matrix for which a stable algorithm's result is exact: near the given one, by the op's error class."""
    if not isinstance(x, np.ndarray) or x.dtype.kind != "f" or not x.size or x.ndim < 2:
        return x
    k = op.error.k if op.error else 1.0
    size = k * unit_roundoff(profile.dtype) * np.max(np.abs(x), axis=(-2, -1), keepdims=True) + bound
    return x + amplitude * size * rng.uniform(-1.0, 1.0, x.shape)


_BY_NAME: dict[str, Callable[[Application], Any]] = {
    "argmax": _argmax,
    "argsort": _argsort,
    "divide": _divide,
    "matmul": _matmul,
    "max": _largest,
    "power": _power,
    "scatter_add": _indexed,
    "scatter_add_along_axis": _indexed,
    "scatter_max": _together,
    "scatter_multiply": _together,
    "take": _indexed,
    "take_along_axis": _indexed,
    "where": _where,
}
_BY_KIND: dict[str, Callable[[Application], Any]] = {
    "backward": _backward,
    "compare": _compare,
    "cumsum": _structure,
    "structure": _structure,
    "sum": _structure,
}
