"""The order of dicts, which JAX sorts by key wherever a tree enters or leaves a transformation."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from kcompat.runtime import tree


def ordered(x: Any) -> Any:
    """The same tree with dicts that JAX leaves in their order."""
    if isinstance(x, dict):
        return OrderedDict((key, ordered(child)) for key, child in x.items())
    if isinstance(x, (list, tuple)):
        children = map(ordered, x)
        return type(x)(*children) if hasattr(x, "_fields") else type(x)(children)
    return x


def plain(x: Any) -> Any:
    """The same tree with the dicts that users know."""
    return tree.map_leaves(lambda leaf: leaf, x)
