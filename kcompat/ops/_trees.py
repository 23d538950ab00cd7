"""Trees of tensors, as the functions of control flow take, keep and give them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kcompat.runtime import tree
from kcompat.runtime.interpreter import Interpreter
from kcompat.runtime.protocols import Tensors
from kcompat.runtime.tree import Tree
from kcompat.spec import SCALARS, TensorSpec


def as_tensors(B: Interpreter, x: Tree) -> tuple[list[Any], tree.Rebuild]:
    """The leaves of a tree as tensors, and how to put it together again."""
    leaves, rebuild = tree.flatten(x)
    return [B.constant(leaf) if type(leaf) in SCALARS else B.admit(leaf) for leaf in leaves], rebuild


def describe(B: Interpreter, leaves: Sequence[Any], rebuild: tree.Rebuild) -> str:
    """The structure, shapes and dtypes of a tree, for error messages."""
    return repr(rebuild([TensorSpec(tuple(x.shape), B.dtype(x)) for x in leaves]))


class Carry:
    """What a loop hands from step to step: a tree whose structure, shapes and dtypes stay the same.

    Args:
        loop: the name of the function, for error messages.
        leaves: the tensors before the first step.
        rebuild: makes the tree of them.
    """

    def __init__(self, loop: str, B: Interpreter, leaves: Sequence[Any], rebuild: tree.Rebuild):
        self.loop, self.B, self.rebuild = loop, B, rebuild
        self.description = describe(B, leaves, rebuild)
        self.specs = [(tuple(x.shape), B.dtype(x)) for x in leaves]

    def flatten(self, carry: Tree) -> Tensors:
        """The leaves of a new carry. Raises TypeError if it differs from the first one in more than values."""
        leaves, rebuild = tree.flatten(carry)
        B = self.B
        if len(leaves) == len(self.specs):
            dtypes = [dtype for _, dtype in self.specs]
            leaves = [B.constant(x, dtype=d) if type(x) in SCALARS else x for x, d in zip(leaves, dtypes, strict=True)]
        leaves = [B.constant(x) if type(x) in SCALARS else B.admit(x) for x in leaves]
        after = describe(B, leaves, rebuild)
        if after != self.description:
            raise TypeError(
                f"{self.loop}: the carry is {self.description} before a step and {after} after it; "
                "a step gives back the structure, shapes and dtypes that it takes"
            )
        return tuple(leaves)
