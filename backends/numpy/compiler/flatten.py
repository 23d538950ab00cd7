"""Third stage: expand the updates of an optimizer, on all parameters as one vector where their memory allows it.

Parameters and slots of a program lie one after the other (see `kcompat.backends.numpy.compiler.memory.own`), and
gradients can be written so; then an update costs as many calls for a hundred parameters as for one.
"""

from __future__ import annotations

import itertools
import math
import sys
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from kcompat.backends.numpy.compiler.memory import Static, Storage, aligned, as_vector
from kcompat.backends.numpy.compiler.module import Module, call_giving, nodes_of
from kcompat.runtime.graph import Call, Graph, Node, tracing
from kcompat.spec import OPS

UPDATES = frozenset(op.name for op in OPS.values() if op.family == "update")
"""The ops that are an optimizer's update."""

ELEMENTWISE = frozenset(
    {"add", "subtract", "multiply", "divide", "sqrt", "square", "negative", "where", "maximum", "greater"}
)
"""What an update may be made of, if a vector is to take the place of several tensors."""

RESHAPES = frozenset({"reshape", "stop_gradient"})
"""Ops that give the same elements in the same order."""


def flatten(module: Module) -> Module:
    """Expand each update: on vectors if its tensors can be such, else tensor by tensor."""
    calls: list[Call] = []
    gradients: dict[Node, Static] = {}
    vectors: dict[Node, Static] = {}
    for call in _put_updates_last(module.calls):
        if call.op not in UPDATES:
            calls.append(call)
            continue
        expansion = _expand_on_vectors(module, call) or Expansion(_expand(module.graph, call), {}, {})
        calls.extend(expansion.calls)
        gradients = expansion.gradients | gradients  # a gradient of two updates is written for the first
        vectors |= expansion.vectors
    return replace(module, calls=calls, gradients=gradients, vectors=vectors)


def _put_updates_last(calls: list[Call]) -> list[Call]:
    """Let updates, and what depends on them, come after all other calls, so that the state changes late.

    A call that fails before then leaves the state as it was.
    """
    late: set[Node] = set()
    first, last = [], []
    for call in calls:
        if call.op in UPDATES or not late.isdisjoint(nodes_of(call.args)):
            late.update(call.results)
            last.append(call)
        else:
            first.append(call)
    return [*first, *last]


class Expansion(NamedTuple):
    """The calls that an update is made of, and places for `Module.gradients` and `Module.vectors`."""

    calls: list[Call]
    gradients: dict[Node, Static]
    vectors: dict[Node, Static]


def _expand(graph: Graph, call: Call) -> list[Call]:
    with tracing() as recorded:
        results = OPS[call.op].body(graph, *call.args, **call.attrs)
    names = [call_giving(y, "stop_gradient", x) for x, y in zip(results, call.results, strict=True)]
    return [*recorded.calls, *names]


def _expand_on_vectors(module: Module, call: Call) -> Expansion | None:
    """Expand an update on one vector for the parameters, one for the gradients and one for each kind of slot.

    None if the tensors do not lie one after the other in memory, or if the update is not elementwise.
    """
    rate, *tensors = call.args
    groups = _group(tensors, len(call.results), module.arrays)
    if groups is None:
        return None
    params, grads, *slots = groups
    in_memory = [as_vector([module.arrays[x] for x in group]) for group in (params, *slots)]
    arrays = [vector for vector in in_memory if vector is not None]
    dtype = params[0].dtype
    if len(arrays) < len(in_memory) or any(str(x.dtype) != dtype for group in groups for x in group):
        return None
    places = [Static(vector) for vector in arrays]
    size = arrays[0].size
    storage = Storage(aligned(size * np.dtype(dtype).itemsize), sys.maxsize)  # until the vector is read
    gradient = Static(storage.array((size,), dtype), storage)
    gradient_parts = _split(gradient.array, grads)

    joins = []
    for group, place in zip(groups, (places[0], gradient, *places[1:]), strict=True):
        parts = gradient_parts if place is gradient else [module.arrays[x] for x in group]
        join = Call("join", tuple(group), {"place": place, "parts": parts})
        join.results = (module.graph.input((size,), dtype),)
        joins.append(join)
    with tracing() as recorded:
        results = OPS[call.op].body(module.graph, rate, *(join.results[0] for join in joins), **call.attrs)
    if not all(c.op in ELEMENTWISE for c in recorded.calls):
        return None
    if not all(type(y) is Node and y.shape == (size,) for y in results):
        return None

    vectors: dict[Node, Static] = {}
    updated: list[Call] = []
    for group, y, place in zip((params, *slots), results, places, strict=True):
        vectors.setdefault(y, place)
        start = 0
        for x, old in zip(call.results[len(updated) :], group, strict=False):
            count = math.prod(old.shape)
            updated.append(call_giving(x, "part", y, start=start, count=count))
            start += count
    gradients: dict[Node, Static] = {}
    for g, part in zip(grads, gradient_parts, strict=True):
        source = _before_reshapes(g)
        if source is not None:
            gradients.setdefault(source, Static(part.reshape(source.shape), storage))
    return Expansion([*joins, *recorded.calls, *updated], gradients, vectors)


def _group(tensors: list[Any], results: int, arrays: dict[Node, np.ndarray]) -> list[list[Any]] | None:
    """Parameters, gradients and each kind of slot; None unless all but the gradients are of the old state."""
    count = len(tensors) - results
    if count < 1 or len(tensors) % count:
        return None
    groups = [tensors[i : i + count] for i in range(0, len(tensors), count)]
    of_state = [x for i, group in enumerate(groups) if i != 1 for x in group]
    return groups if all(type(x) is Node and x in arrays for x in of_state) else None


def _split(vector: np.ndarray, tensors: list[Any]) -> list[np.ndarray]:
    """The parts of a vector that are to hold the elements of the tensors."""
    sizes = [math.prod(x.shape) for x in tensors]
    parts = zip(tensors, sizes, itertools.accumulate(sizes), strict=True)
    return [vector[end - size : end].reshape(x.shape) for x, size, end in parts]


def _before_reshapes(x: Any) -> Node | None:
    """The node of the same elements in the same order that is computed first; None if none is computed."""
    while type(x) is Node and x.call is not None and x.call.op in RESHAPES:
        (x,) = x.call.args
    return x if type(x) is Node and x.call is not None else None
