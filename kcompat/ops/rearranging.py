"""Reshaping and transposing by a pattern of named axes (Rogozhnikov, einops, 2022)."""

from __future__ import annotations

import math
import re
from typing import Any

from kcompat.runtime.active import active
from kcompat.runtime.protocols import TensorLike

Groups = list[list[str]]
_TOKEN = re.compile(r"\s*(\.\.\.|[A-Za-z_]\w*|1|\(|\)|\S)")


def rearrange(tensor: TensorLike, pattern: str, **axes_lengths: int) -> Any:
    """The axes of a tensor named, taken apart, put in another order and together again.

    Args:
        tensor: the tensor.
        pattern: two lists of axes with `->` between them, such as `"batch (heads dim) -> heads batch dim"`. A group in
            parentheses is one axis made of several, the last running fastest; `1` is an axis of size 1 and `...`
            any number of axes.
        axes_lengths: the sizes of named axes; of a group all but one have to be known.

    Raises:
        ValueError: for a pattern that does not read, or that the tensor's shape does not fit.

    `rearrange(images, "b (h h2) (w w2) c -> b h w (h2 w2 c)", h2=2, w2=2)` makes depth of space.
    """
    B = active()
    x = tensor if type(tensor) in B.tensor_types else B.admit(tensor)
    sides = pattern.split("->")
    if len(sides) != 2:
        raise _bad_pattern(pattern, "it has two lists of axes with one '->' between them")
    left, right = (_parse(side, pattern) for side in sides)
    rest = len(x.shape) - sum(group != ["..."] for group in left)
    left, right = (_expand_ellipsis(groups, rest) for groups in (left, right))
    sizes = _solve_sizes(left, tuple(x.shape), axes_lengths, pattern)
    source, target = ([name for group in groups for name in group] for groups in (left, right))
    if sorted(source) != sorted(target):
        raise _bad_pattern(pattern, f"{', '.join(sorted(set(source) ^ set(target)))} stands on one side only")
    apart = B.reshape(x, newshape=tuple(sizes[name] for name in source))
    moved = B.transpose(apart, axes=tuple(source.index(name) for name in target))
    return B.reshape(moved, newshape=tuple(math.prod(sizes[name] for name in group) for group in right))


def _bad_pattern(pattern: str, reason: str) -> ValueError:
    return ValueError(f"rearrange: pattern {pattern!r}: {reason}")


def _parse(side: str, pattern: str) -> Groups:
    """The names within each axis; an axis of size 1 has none."""
    groups: Groups = []
    within: list[str] | None = None
    for token in _TOKEN.findall(side):
        if token == "(" and within is None:
            within = []
        elif token == ")" and within is not None:
            groups.append(within)
            within = None
        elif token == "1":
            if within is None:
                groups.append([])
        elif token[0].isalpha() or token[0] == "_" or (token == "..." and within is None):
            if within is None:
                groups.append([token])
            else:
                within.append(token)
        else:
            raise _bad_pattern(pattern, f"{token!r} is out of place")
    names = [name for group in groups for name in group]
    twice = sorted({name for name in names if names.count(name) > 1})
    if within is not None or twice:
        raise _bad_pattern(pattern, f"{', '.join(twice)} stands twice on one side" if twice else "a '(' is not closed")
    return groups


def _expand_ellipsis(groups: Groups, count: int) -> Groups:
    """Names for the axes of the ellipsis that no pattern can hold."""
    axes = [[f"...{i}"] for i in range(count)]
    return [axis for group in groups for axis in (axes if group == ["..."] else [group])]


def _solve_sizes(groups: Groups, shape: tuple[int, ...], lengths: dict[str, int], pattern: str) -> dict[str, int]:
    """The size of every named axis."""
    if len(groups) != len(shape):
        raise _bad_pattern(pattern, f"it has {len(groups)} axes on the left, the tensor has shape {shape}")
    unknown = sorted(lengths.keys() - {name for group in groups for name in group})
    if unknown:
        raise _bad_pattern(pattern, f"it has no axis {', '.join(unknown)}, for which a size is given")
    sizes = dict(lengths)
    for group, size in zip(groups, shape, strict=True):
        free = [name for name in group if name not in lengths]
        product = math.prod(lengths[name] for name in group if name in lengths)
        if len(free) > 1:
            raise _bad_pattern(pattern, f"the sizes of {', '.join(free)} are not known; give all of a group but one")
        if (size % max(product, 1) or not product) if free else size != product:
            raise _bad_pattern(
                pattern, f"the axis ({' '.join(group)}) of size {size} is not made of the sizes {lengths}"
            )
        if free:
            sizes[free[0]] = size // product
    return sizes
