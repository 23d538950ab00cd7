"""The oracle: what a result should be, and a running bound of how far rounding may carry an honest one.

The bound is the helper of the gate. Where it is 0 the result must be exact; where it is infinite (a division by
what may be 0, an order that rounding decides) nobody can be judged. It is carried by secants: a function is evaluated
where its operands may be, which stays right at the singularities where a derivative says nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from kcompat.conformance.judge.precision import Profile, largest, unit_roundoff
from kcompat.conformance.judge.rounding import local_error
from kcompat.conformance.judge.wide import Application, Wide, WideInterpreter
from kcompat.spec import Op, is_float

REACH = 4.0
"""How many bounds an operand may be off when it is asked what that does to the result."""


class Oracle(WideInterpreter):
    """Keeps each result and adds up what its operands' errors and its own rounding can do to it."""

    def __init__(self, alternative: int = 0):
        super().__init__("oracle", alternative)

    def roughly(self, x: Any, error: Any, dtype: str) -> Wide:
        """See `WideInterpreter.roughly`."""
        return Wide(np.asarray(x, self.profile.wide), dtype, self, np.asarray(error, np.float64))

    def finish(self, a: Application) -> Wide:
        """See `WideInterpreter.finish`."""
        y, bound = a.y, np.zeros(())
        if a.kind == "backward" or any(map(np.any, a.bounds)):
            rule = _BY_NAME.get(a.op.name) or _BY_KIND.get(a.kind, _elementwise)
            with np.errstate(all="ignore"):
                bound = rule(a)
        if is_float(a.dtype):
            bound = bound + local_error(a)
            y = self.limited(y, a.dtype)
            bound = np.where(np.isfinite(y), np.where(np.isnan(bound), np.inf, bound), 0.0)
            bound = np.where((bound > 0) & (np.abs(y) + 8 * bound >= largest(a.dtype)), np.inf, bound)
        return Wide(y, a.dtype, self, np.broadcast_to(bound, np.shape(y)))


def _is_float(y: Any) -> bool:
    return np.asarray(y).dtype.kind == "f"


def _uncertain(differs: Any) -> Any:
    """The bound of integers and bools: all or nothing."""
    return np.where(differs, np.inf, 0.0)


def _elementwise(a: Application) -> Any:
    """By secants: each float operand moved alone, all of them together, and against each other."""
    noisy = [i for i, x in enumerate(a.args) if type(x) is Wide and is_float(x.dtype) and np.any(x.bound)]
    moves = [{i: sign} for i in noisy for sign in (1, -1)]
    if len(noisy) > 1:
        moves += [dict.fromkeys(noisy, 1), dict.fromkeys(noisy, -1), {i: (-1) ** n for n, i in enumerate(noisy)}]
    deviation: Any = np.zeros(np.shape(a.y))
    for move in moves:
        there = a.at([x + move.get(i, 0) * REACH * a.bounds[i] if i in move else x for i, x in enumerate(a.values)])
        if not _is_float(a.y):
            deviation = np.maximum(deviation, _uncertain(there != a.y))
            continue
        off = np.abs(there - a.y)
        if a.op.name == "sqrt":  # below 0 there is nothing that an honest operand could be
            off = np.nan_to_num(off, nan=0.0, posinf=np.inf)
        deviation = np.maximum(deviation, np.where(np.isfinite(a.y) & ~np.isfinite(there), np.inf, off))
    unsure: Any = 0.0
    for x, bound in zip(a.args, a.bounds, strict=True):
        if type(x) is Wide and not is_float(x.dtype):
            unsure = np.maximum(
                unsure, np.where(bound > 0, 1.0 if x.dtype == "bool" and _is_float(a.y) else np.inf, 0.0)
            )
    return deviation * max(len(noisy), 1) / REACH + unsure


def _divide(a: Application) -> Any:
    near_zero = (a.bounds[1] > 0) & (np.abs(a.values[1]) <= REACH * a.bounds[1])
    return np.where(near_zero, np.inf, _elementwise(a))


def _power(a: Application) -> Any:
    near_zero = (a.bounds[0] > 0) & (np.abs(a.values[0]) <= REACH * a.bounds[0])
    return np.where(near_zero & (a.values[1] < 1), np.inf, _elementwise(a))


def _compare(a: Application) -> Any:
    """Uncertain where two numbers are closer than their errors."""
    reach = sum(REACH * bound for bound in a.bounds)
    if len(a.args) != 2 or not any(is_float(x.dtype) for x in a.tensors):
        return _uncertain(np.broadcast_to(reach, np.shape(a.y)) > 0)
    distance = np.abs(np.subtract(*a.values, dtype=np.float64))
    # What is equal to the last bit stays so, as the largest element and the maximum; if not, the envelope sees it.
    near = (distance <= reach) & ~((distance == 0) & (a.op.name == "equal"))
    return _uncertain((reach > 0) & near)


def _where(a: Application) -> Any:
    unsure, first, second = a.bounds
    apart = np.abs(np.subtract(*a.values[1:], dtype=np.float64))
    either = np.maximum(first, second) + np.where(np.isnan(apart), np.inf, apart)
    return np.where(unsure > 0, either, np.where(a.values[0], first, second))


def _structure(a: Application) -> Any:
    """Errors go where their elements go, and are added where they are."""
    moved = [
        bound if type(x) is Wide and (i == 0 or a.kind == "structure") else value
        for i, (x, value, bound) in enumerate(zip(a.args, a.values, a.bounds, strict=True))
    ]
    padding = {"value": 0.0} if "value" in a.attrs else {}
    return a.at(moved, **padding)


def _indexed(a: Application) -> Any:
    """Reading or adding at indices; where rounding decides an order, neighbours are as close as their errors."""
    moved = a.at([a.bounds[0], *a.values[1:]])
    if not any(map(np.any, a.bounds[1:])):
        return moved
    return np.maximum(moved, 2 * REACH * np.max(a.bounds[0], initial=0.0)) if a.kind == "structure" else np.inf


def _together(a: Application) -> Any:
    """All elements moved up, and all moved down."""
    there = [a.at([a.values[0] + sign * REACH * a.bounds[0], *a.values[1:]]) for sign in (1, -1)]
    return np.max([np.where(moved == a.y, 0.0, np.abs(moved - a.y)) for moved in there], axis=0) / REACH


def _matmul(a: Application) -> Any:
    (left, right), (dl, dr) = map(np.abs, a.values), a.bounds
    return np.matmul(left, dr) + np.matmul(dl, right) + np.matmul(dl, dr)


def _largest(a: Application) -> Any:
    largest_bound = a.at([a.bounds[0]])
    return largest_bound if _is_float(a.y) else _uncertain(largest_bound > 0)


def _argmax(a: Application) -> Any:
    """Uncertain where another element may be the largest."""
    x, bound = np.asarray(a.values[0]), a.bounds[0]
    axis, keepdims = a.attrs.get("axis"), a.attrs.get("keepdims", False)
    least = np.max(x - REACH * bound, axis=axis, keepdims=True)
    first = np.max(x, axis=axis, keepdims=True)
    rival = (x + REACH * bound >= least) & ((bound > 0) | (x != first))
    return _uncertain(np.sum(rival, axis=axis, keepdims=keepdims) > 1)


def _argsort(a: Application) -> Any:
    """Uncertain beside a neighbour that is closer than the errors."""
    axis = a.attrs.get("axis", -1)
    x, bound = (np.moveaxis(np.take_along_axis(z, a.y, axis), axis, -1) for z in (a.values[0], a.bounds[0]))
    together = bound[..., 1:] + bound[..., :-1]
    near = (together > 0) & (np.diff(x) <= REACH * together)
    unsure = np.zeros(x.shape, bool)
    unsure[..., 1:] |= near
    unsure[..., :-1] |= near
    return _uncertain(np.moveaxis(unsure, -1, axis))


def _backward(a: Application) -> Any:
    """What a few moved matrices give: a bound to first order."""
    rng = np.random.default_rng(0)
    deviation: Any = 0.0
    for _ in range(3):
        there = a.at(
            [moved_matrix(x, a.op, a.by.profile, rng, REACH, b) for x, b in zip(a.values, a.bounds, strict=True)]
        )
        off = np.minimum(np.abs(there - a.y), np.abs(there + a.y)) if a.op.signs else np.abs(there - a.y)
        deviation = np.maximum(deviation, np.where(np.isfinite(a.y) & ~np.isfinite(there), np.inf, off))
    return deviation


def moved_matrix(x: Any, op: Op, profile: Profile, rng: np.random.Generator, amplitude: float, bound: Any = 0.0) -> Any:
    """A matrix that a stable algorithm may as well have been given."""
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
