"""A step as a program: traced on the nodes of a graph, put in order, and written out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from kcompat.backends.numpy.compiler.emission import Emitter, Static
from kcompat.backends.numpy.compiler.flattening import flattened, updates
from kcompat.backends.numpy.compiler.lowering import LOWERINGS
from kcompat.backends.numpy.compiler.memory import differs
from kcompat.backends.numpy.compiler.plan import plan
from kcompat.backends.numpy.compiler.rewriting import rewritten
from kcompat.runtime import tree
from kcompat.runtime.active import use
from kcompat.runtime.graph import Call, Graph, Node, spec_of, tracing
from kcompat.runtime.program import State
from kcompat.spec import TensorSpec, as_dtype

VIEWS = frozenset({"reshape", "transpose", "strided_slice", "broadcast_to", "stop_gradient", "cast", "join", "part"})


class UnsupportedStepError(Exception):
    """A step that cannot be a program."""


def graph_over(B: Any) -> Graph:
    """The interpreter that traces what `B` computes; making one takes longer than a small trace, so it is kept."""
    graph: Graph | None = B.__dict__.get("_graph")
    if graph is None:
        graph = B.__dict__["_graph"] = Graph(B, {*B.native, *updates()})
    return graph


def compiled(B: Any, step: Callable[..., Any], state: State, batch: Any) -> Callable[..., Any]:
    """A function of the leaves of a batch that does the step on the arrays of `state`, and gives the logs."""
    graph = graph_over(B)
    held, with_held = tree.flatten(state)
    given, with_given = tree.flatten(batch)
    before, inputs = ([graph.input(x.shape, as_dtype(x.dtype)) for x in xs] for xs in (held, given))
    with tracing() as trace, use(graph):
        new_state, logs = step(with_held(list(before)), with_given(list(inputs)))
    after = tree.flatten(new_state)[0]
    _check_state(before, after)
    _check_state_tree(state, new_state)
    arrays = dict(zip(before, held, strict=True))
    results = _nodes([*after, *tree.flatten(logs)[0]])
    calls, targets = flattened(graph, rewritten(graph, trace.calls, results), arrays)
    calls = _needed(calls, results)
    _check_dtypes([*before, *inputs, *(y for call in calls for y in call.results)])
    plans = {call: _plan(B, call) for call in calls}
    last = _last_uses(calls, results, plans)
    emitter = Emitter(B, calls, last, plans)
    for x, array in arrays.items():
        emitter.places[x] = Static(array)
    parameters = [f"b{i}" for i in range(len(inputs))]
    emitter.places.update(zip(inputs, parameters, strict=True))
    for y, place in targets.items():
        emitter.targets[y] = (place, _last_reader(y, place, last, arrays))
    for x, y in zip(before, after, strict=True):
        if type(y) is Node and y.shape and y not in emitter.targets and y is not x:
            emitter.targets[y] = (Static(arrays[x]), last.get(x, -1))
    emitter.emit(LOWERINGS)
    emitter.lines.append(f"logs = {_expression(emitter, logs)}")  # before the state changes: they may be of the old one
    _store(emitter, [(arrays[x], y) for x, y in zip(before, after, strict=True) if y is not x])
    return emitter.function(parameters, "logs")


def _plan(B: Any, call: Call) -> Any:
    specs = [spec_of(x) for x in call.args]
    if call.op != "scan":
        return plan(getattr(B, call.op, None), *specs, **call.attrs)
    try:
        return _plan_scan(B, specs, **call.attrs)
    except (TypeError, UnsupportedStepError):  # it asks for values
        return None


def _plan_scan(B: Any, specs: list[Any], f: Any, counts: tuple[int, int], reverse: bool) -> Callable[..., None]:
    """A plan of a scan: its step is a program whose state is the carry."""
    n, m = counts
    carry = {str(i): np.zeros(spec.shape, spec.dtype) for i, spec in enumerate(specs[:n])}
    length = specs[n].shape[0]
    slices = tuple(TensorSpec(spec.shape[1:], spec.dtype) for spec in specs[n : n + m])

    def step(state: State, batch: Any) -> tuple[State, tuple[Any, ...]]:
        new, ys = f(graph_over(B), tuple(state.params.values()), *batch)
        return state._replace(params=dict(zip(carry, new, strict=True))), tuple(ys)

    state = State.empty()._replace(params=carry)
    program = compiled(B, step, state, (slices, tuple(specs[n + m :])))

    def run(*operands: Any) -> None:
        *args, out = operands
        for held, first in zip(carry.values(), args[:n], strict=True):
            held[...] = first
        xs, consts, ys = args[n : n + m], args[n + m :], out[n:]
        for t in reversed(range(length)) if reverse else range(length):
            for whole, y in zip(ys, program(*[x[t] for x in xs], *consts), strict=True):
                whole[t] = y
        for last, held in zip(out[:n], carry.values(), strict=True):
            last[...] = held

    return run


def _last_reader(y: Node, place: Static, last: dict[Node, int], arrays: dict[Node, np.ndarray]) -> int:
    """The last use of what a target holds before `y`: of the state, or nothing."""
    if place.storage is not None:
        return -1
    return max((last.get(x, -1) for x, array in arrays.items() if np.may_share_memory(array, place.array)), default=-1)


def _check_dtypes(nodes: list[Node]) -> None:
    if any(x.dtype == "bfloat16" for x in nodes):
        raise UnsupportedStepError("what is composed is computed in float32 for bfloat16, and rounded once")


def _check_state(before: list[Any], after: list[Any]) -> None:
    described = [(tuple(x.shape), as_dtype(x.dtype)) if hasattr(x, "dtype") else None for x in after]
    if described != [(x.shape, x.dtype) for x in before]:
        raise UnsupportedStepError("the new state differs from the old one in more than values")


def _check_state_tree(old: State, new: State) -> None:
    if [list(part) for part in old] != [list(part) for part in new]:
        raise UnsupportedStepError("the new state has other entries than the old one")


def _needed(calls: list[Call], results: list[Node]) -> list[Call]:
    """The calls that the results depend on."""
    needed = set(results)
    chosen: list[Call] = []
    for call in reversed(calls):
        if not needed.isdisjoint(call.results):
            chosen.append(call)
            needed.update(_nodes(call.args))
    return chosen[::-1]


def _last_uses(calls: list[Call], results: list[Node], plans: dict[Call, Any]) -> dict[Node, int]:
    """For each node the index of the call that uses it last.

    A view uses what it is a view of for as long as it lives itself; and so may what an op gives that is called as it
    is, for it may give back its operand.
    """
    last: dict[Node, int] = dict.fromkeys(results, len(calls))
    for i, call in reversed(list(enumerate(calls))):
        for y in call.results:
            last.setdefault(y, i)
        shares = call.op in VIEWS or (call.op not in LOWERINGS and plans[call] is None)
        until = max(last[y] for y in call.results) if shares else i
        for x in _nodes(call.args):
            last[x] = max(last.get(x, -1), until)
    return last


def _nodes(args: Iterable[Any]) -> list[Node]:
    return [x for x in args if type(x) is Node]


def _store(emitter: Emitter, pairs: list[tuple[np.ndarray, Any]]) -> None:
    """Write what is not yet there into the state; what may be another entry's old value is put aside first."""
    late = []
    for array, y in pairs:
        place = emitter.places[y] if type(y) is Node else Static(np.asarray(y))
        if isinstance(place, str):
            late.append((array, f"{place}.copy()" if array.ndim else place))
        elif differs(place.array, array):
            source = place.array
            if any(np.may_share_memory(source, other) for other, _ in pairs if other is not array):
                source = emitter.scratch(array.shape, array.dtype)
                emitter.do(np.copyto, source, place.array)
            late.append((array, emitter.name(source)))
    for array, expression in late:
        emitter.lines.append(f"{emitter.name(array)}[...] = {expression}")


def _expression(emitter: Emitter, logs: Any) -> str:
    """Python code for the logs, whose tensors are copies."""
    if isinstance(logs, dict):
        return "{" + ", ".join(f"{k!r}: {_expression(emitter, v)}" for k, v in logs.items()) + "}"
    if isinstance(logs, (tuple, list)):
        if type(logs) not in (tuple, list):
            raise UnsupportedStepError(f"logs are dicts, lists and tuples of tensors, got a {type(logs).__name__}")
        inner = "".join(f"{_expression(emitter, x)}, " for x in logs)
        return f"({inner})" if isinstance(logs, tuple) else f"[{inner}]"
    if not hasattr(logs, "dtype"):
        return emitter.name(logs)
    if not logs.shape:
        return emitter.number(logs)
    return f"{emitter.expression(logs)}.copy()"
