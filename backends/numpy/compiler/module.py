"""The step between two stages of the compiler."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from kcompat.backends.numpy.compiler.memory import Static
from kcompat.backends.numpy.compiler.plan import Run
from kcompat.runtime.graph import Call, Graph, Node
from kcompat.runtime.interpreter import Interpreter


class UnsupportedStepError(Exception):
    """A step that cannot be a program; the message says why."""


class Target(NamedTuple):
    """The place that a node should be written into, and the index of the last call that reads what is there before."""

    place: Static
    last_read: int


@dataclass(frozen=True)
class Module:
    """A step as calls on nodes.

    Nobody else knows the calls: a stage may change their operands. Nodes are compared by `is`, or as keys: `==`,
    and `in` with a list, would be a call of `equal`.
    """

    B: Interpreter
    """What computes."""
    graph: Graph
    """What traces."""
    inputs: list[Node]
    """The leaves of the batch."""
    arrays: dict[Node, np.ndarray]
    """The entries of the old state, in order, and the memory that they are in."""
    new_state: list[Any]
    """The entries of the new state, in the same order: nodes, or tensors that depend on no node."""
    logs: Any
    """What the step gives besides the state: dicts, lists and tuples of nodes and tensors."""
    results: list[Node]
    """The nodes of the new state and the logs."""
    calls: list[Call]
    """What is to be done, in order."""

    gradients: dict[Node, Static] = field(default_factory=dict)
    """From `flatten`: the part of a vector of gradients that a gradient is to be written into."""
    vectors: dict[Node, Static] = field(default_factory=dict)
    """From `flatten`: the vector of the state that an updated vector is to be written into."""

    plans: dict[Call, Run | None] = field(default_factory=dict)
    """From `schedule`: what computes a call into given memory; None where the op itself does."""
    last_uses: dict[Node, int] = field(default_factory=dict)
    """From `schedule`: the index of the call that uses a node last, of itself or through a view."""
    targets: dict[Node, Target] = field(default_factory=dict)
    """From `schedule`: where nodes should be written."""
    obstacles: list[str] = field(default_factory=list)
    """From `schedule`: why scans are called as they are."""


def nodes_of(operands: Iterable[Any]) -> list[Node]:
    """The operands that are nodes."""
    return [x for x in operands if type(x) is Node]


def call_giving(y: Node, op: str, x: Node, **attrs: Any) -> Call:
    """A call of an op on `x` whose result is a node that exists, `y`."""
    call = Call(op, (x,), attrs)
    call.results = (y,)
    return call
