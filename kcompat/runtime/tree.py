"""Nested dicts, lists, tuples and None, with tensors as leaves. Dict order is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

Tree: TypeAlias = Any
"""Nested dicts, lists, tuples and None, with tensors as leaves."""

Rebuild: TypeAlias = Callable[[list[Any]], Tree]
"""Makes a tree of its leaves."""


def flatten(tree: Tree) -> tuple[list[Any], Rebuild]:
    """The leaves in order, and a function that builds the same tree from other leaves."""
    leaves: list[Any] = []
    build = _flatten(tree, leaves)
    return leaves, lambda new: build(iter(new))


def _flatten(tree: Tree, leaves: list[Any]) -> Callable[[Iterator[Any]], Tree]:
    if isinstance(tree, dict):
        builders = {key: _flatten(child, leaves) for key, child in tree.items()}
        return lambda new: {key: build(new) for key, build in builders.items()}
    if isinstance(tree, (list, tuple)):
        children = [_flatten(child, leaves) for child in tree]
        if hasattr(tree, "_fields"):
            return lambda new: type(tree)(*(build(new) for build in children))
        return lambda new: type(tree)(build(new) for build in children)
    if tree is None:
        return lambda new: None
    leaves.append(tree)
    return next


def map_leaves(f: Callable[..., Any], tree: Tree, *others: Tree) -> Tree:
    """`f` of corresponding leaves, in the structure of the first tree."""
    if not (others or tree is None or isinstance(tree, (dict, list, tuple))):
        return f(tree)
    leaves, rebuild = flatten(tree)
    return rebuild([f(*group) for group in zip(leaves, *(flatten(other)[0] for other in others), strict=True)])
