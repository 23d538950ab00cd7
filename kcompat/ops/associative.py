"""Scans by an associative function, whose partial results can be had in any order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kcompat.ops._trees import Carry, as_tensors, describe
from kcompat.runtime.interpreter import Interpreter
from kcompat.runtime.registry import current
from kcompat.runtime.tree import Tree

__all__ = ["associative_scan"]


def associative_scan(f: Callable[[Tree, Tree], Tree], elems: Tree, reverse: bool = False, axis: int = 0) -> Tree:
    """All the partial results of an associative `f` along an axis, in about log2(n) steps (Blelloch, 1990).

    Args:
        f: `f(a, b)` takes and gives trees like `elems`, elementwise along the axis.
        elems: a tree of tensors whose sizes along the axis are equal.
        reverse: whether to begin at the end.
        axis: along which axis.

    Returns:
        A tree like `elems`: `[a, f(a, b), f(f(a, b), c), ...]`.
    """
    B = current()
    leaves, rebuild = as_tensors(B, elems)
    sizes = {tuple(x.shape)[axis] for x in leaves}
    if len(sizes) != 1:
        raise ValueError(f"associative_scan: sizes along axis {axis} differ, in {describe(B, leaves, rebuild)}")

    def combine(left: list[Any], right: list[Any]) -> list[Any]:
        pairs = Carry("associative_scan", B, left, rebuild)
        return list(pairs.flatten(f(rebuild(left), rebuild(right))))

    def part(xs: list[Any], start: int, stop: int, step: int) -> list[Any]:
        return [_slice(B, x, axis, start, stop, step) for x in xs]

    def partials(xs: list[Any], n: int) -> list[Any]:
        if n < 2:
            return xs
        pairs = combine(part(xs, 0, n - 1, 2), part(xs, 1, n, 2))
        odd = partials(pairs, n // 2)
        if n == 2:
            even = part(xs, 0, 1, 1)
        else:
            later = combine(part(odd, 0, (n - 1) // 2, 1), part(xs, 2, n, 2))
            even = [B.concatenate(x, y, axis=axis) for x, y in zip(part(xs, 0, 1, 1), later, strict=True)]
        return [_interleave(B, x, y, axis) for x, y in zip(even, odd, strict=True)]

    if reverse:
        leaves = [B.flip(x, axis=axis) for x in leaves]
    results = partials(leaves, sizes.pop())
    return rebuild([B.flip(x, axis=axis) for x in results] if reverse else results)


def _slice(B: Interpreter, x: Any, axis: int, start: int, stop: int, step: int) -> Any:
    low, high, steps = [0] * len(x.shape), list(x.shape), [1] * len(x.shape)
    low[axis], high[axis], steps[axis] = start, stop, step
    return B.strided_slice(x, start=tuple(low), stop=tuple(high), step=tuple(steps))


def _interleave(B: Interpreter, even: Any, odd: Any, axis: int) -> Any:
    """`even[0], odd[0], even[1], odd[1], ...` along an axis; `even` may be longer by one."""
    axis %= len(even.shape)
    n, m = even.shape[axis], odd.shape[axis]
    shape = tuple(odd.shape)
    pairs = B.stack(_slice(B, even, axis, 0, m, 1), odd, axis=axis + 1)
    y = B.reshape(pairs, newshape=(*shape[:axis], 2 * m, *shape[axis + 1 :]))
    return y if n == m else B.concatenate(y, _slice(B, even, axis, m, n, 1), axis=axis)
