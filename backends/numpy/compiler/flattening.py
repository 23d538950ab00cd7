"""Updates of an optimizer on all parameters as one vector, where their memory allows it.

Parameters and slots of a program lie one after the other (see `kcompat.backends.numpy.compiler.memory.owned`), and gradients
can be written so; then an update costs as many calls for a hundred parameters as for one.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from kcompat.backends.numpy.compiler.emission import Static
from kcompat.backends.numpy.compiler.memory import Storage, aligned, as_vector
from kcompat.backends.numpy.compiler.rewriting import renamed
from kcompat.runtime.graph import Call, Node, tracing
from kcompat.spec import OPS

FAMILY = "update"
ELEMENTWISE = frozenset({"add", "subtract", "multiply", "divide", "sqrt", "square", "negative", "where", "maximum"})
"""What an update may be made of, if a vector is to take the place of several tensors."""

RESHAPES = frozenset({"reshape", "stop_gradient"})
"""Ops that give the same elements in the same order."""

Places = dict[Node, Static]


def updates() -> set[str]:
    """The names of the ops that are an optimizer's update."""
    return {op.name for op in OPS.values() if op.family == FAMILY}


def flattened(graph: Any, calls: list[Call], arrays: dict[Node, np.ndarray]) -> tuple[list[Call], Places]:
    """The calls, with each update expanded: on vectors if it can be, else tensor by tensor.

    `arrays` has the memory of the state's nodes. Also gives the places that gradients are to be written into.
    """
    names = updates()
    found: list[Call] = []
    targets: Places = {}
    for call in calls:
        if call.op not in names:
            found.append(call)
            continue
        expanded = _as_vectors(graph, call, arrays, targets) or _one_by_one(graph, call)
        found.extend(expanded)
    return found, targets


def _one_by_one(graph: Any, call: Call) -> list[Call]:
    with tracing() as trace:
        results = OPS[call.op].body(graph, *call.args, **call.attrs)
    return trace.calls + [renamed("stop_gradient", x, y, {}) for x, y in zip(results, call.results, strict=True)]


def _as_vectors(graph: Any, call: Call, arrays: dict[Node, np.ndarray], targets: Places) -> list[Call] | None:
    rate, *tensors = call.args
    runs = _runs(tensors, len(call.results), arrays)
    if runs is None:
        return None
    params, grads, *slots = runs
    vectors = [as_vector([arrays[x] for x in run]) for run in (params, *slots)]
    if any(v is None for v in vectors) or any(str(x.dtype) != params[0].dtype for run in runs for x in run):
        return None
    size, dtype = vectors[0].size, params[0].dtype  # type: ignore[union-attr]
    storage = Storage(aligned(size * np.dtype(dtype).itemsize), sys.maxsize)  # until the vector is read
    gradient = Static(storage.array((size,), dtype), storage)
    own_places = [Static(v) for v in vectors]  # type: ignore[arg-type]
    joins, nodes = [], []
    for run, place in zip((params, grads, *slots), (own_places[0], gradient, *own_places[1:]), strict=True):
        parts = [arrays[x] for x in run] if place is not gradient else _parts(place.array, run)
        join = Call("join", tuple(run), {"place": place, "parts": parts})
        join.results = (graph.input((size,), dtype),)
        joins.append(join)
        nodes.append(join.results[0])
    with tracing() as trace:
        results = OPS[call.op].body(graph, rate, *nodes, **call.attrs)
    if any(c.op not in ELEMENTWISE for c in trace.calls) or any(
        type(y) is not Node or y.shape != (size,) for y in results
    ):
        return None
    ends: list[Call] = []
    for run, y, place in zip((params, *slots), results, own_places, strict=True):
        targets.setdefault(y, place)
        start = 0
        for x, old in zip(call.results[len(ends) :], run, strict=False):
            count = int(np.prod(old.shape))
            ends.append(renamed("part", y, x, {"start": start, "count": count}))
            start += count
    for g, part in zip(grads, joins[1].attrs["parts"], strict=True):
        while type(g) is Node and g.call is not None and g.call.op in RESHAPES:
            (g,) = g.call.args
        if type(g) is Node and g.call is not None and g not in targets:
            targets[g] = Static(part.reshape(g.shape), storage)
    return [*joins, *trace.calls, *ends]


def _parts(vector: np.ndarray, run: list[Node]) -> list[np.ndarray]:
    ends = np.cumsum([int(np.prod(x.shape)) for x in run])
    return [vector[end - int(np.prod(x.shape)) : end].reshape(x.shape) for x, end in zip(run, ends, strict=True)]


def _runs(tensors: list[Any], results: int, arrays: dict[Node, np.ndarray]) -> list[list[Any]] | None:
    """Parameters, gradients and slots, if all but the gradients are the state's."""
    count = len(tensors) - results
    if count < 1 or len(tensors) % count:
        return None
    runs = [tensors[i : i + count] for i in range(0, len(tensors), count)]
    held = [x for i, run in enumerate(runs) if i != 1 for x in run]
    return runs if all(type(x) is Node and x in arrays for x in held) else None
