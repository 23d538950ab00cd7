"""Fourth stage: what is needed, what computes it, where results go, and when memory is free again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from kcompat.backends.numpy.compiler.lowering import LOWERINGS
from kcompat.backends.numpy.compiler.memory import Static
from kcompat.backends.numpy.compiler.module import Module, Target, UnsupportedStepError, nodes_of
from kcompat.backends.numpy.compiler.plan import Run, plan
from kcompat.backends.numpy.compiler.trace import graph_over
from kcompat.runtime.graph import Call, Node, spec_of
from kcompat.runtime.interpreter import Interpreter
from kcompat.runtime.program import State
from kcompat.runtime.protocols import ScanStep
from kcompat.spec import TensorSpec

VIEWS = frozenset({"reshape", "transpose", "strided_slice", "broadcast_to", "stop_gradient", "cast", "join", "part"})
"""Ops whose result may be a view of the operand."""


def schedule(module: Module) -> Module:
    """Keep the calls that results depend on, plan them, and say where nodes should be written."""
    calls = _needed(module.calls, module.results)
    obstacles: list[str] = []
    plans = {call: _plan(module.B, call, obstacles) for call in calls}
    last_uses = _last_uses(calls, module.results, plans)
    targets = {x: Target(place, -1) for x, place in module.gradients.items()}
    targets |= _state_targets(module, calls, last_uses)
    return replace(module, calls=calls, plans=plans, last_uses=last_uses, targets=targets, obstacles=obstacles)


def _needed(calls: list[Call], results: list[Node]) -> list[Call]:
    """The calls that the results depend on."""
    needed = set(results)
    kept: list[Call] = []
    for call in reversed(calls):
        if not needed.isdisjoint(call.results):
            kept.append(call)
            needed.update(nodes_of(call.args))
    return kept[::-1]


def _last_uses(calls: list[Call], results: list[Node], plans: dict[Call, Run | None]) -> dict[Node, int]:
    """For each node the index of the call that uses it last; results are used after all calls.

    A view uses its operand for as long as the view lives. So may the result of an op that is called as it is, which
    is allowed to be its operand.
    """
    last: dict[Node, int] = dict.fromkeys(results, len(calls))
    for i, call in reversed(list(enumerate(calls))):
        for y in call.results:
            last.setdefault(y, i)
        may_be_view = call.op in VIEWS or (call.op not in LOWERINGS and plans[call] is None)
        until = max(last[y] for y in call.results) if may_be_view else i
        for x in nodes_of(call.args):
            last[x] = max(last.get(x, -1), until)
    return last


def _state_targets(module: Module, calls: list[Call], last_uses: dict[Node, int]) -> dict[Node, Target]:
    """The memory of the old state as the place of the new one, where that cannot leave a state which is half new.

    An op without a lowering may fail, such as by an index out of range or for want of memory. Only what is computed
    after the last of these ops may overwrite the state; the rest is stored at the end.
    """
    may_fail = [i for i, call in enumerate(calls) if call.op not in LOWERINGS]
    safe = {y for call in calls[may_fail[-1] + 1 if may_fail else 0 :] for y in call.results}
    targets: dict[Node, Target] = {}
    for y, place in module.vectors.items():
        if y in safe:
            readers = (x for x, array in module.arrays.items() if np.may_share_memory(array, place.array))
            targets[y] = Target(place, max((last_uses.get(x, -1) for x in readers), default=-1))
    for (x, array), y in zip(module.arrays.items(), module.new_state, strict=True):
        if type(y) is Node and y is not x and y.shape and y in safe and y not in targets and y not in module.gradients:
            targets[y] = Target(Static(array), last_uses.get(x, -1))
    return targets


def _plan(B: Interpreter, call: Call, obstacles: list[str]) -> Run | None:
    """The plan of a call, if there is one. If a scan has none, `obstacles` gets the reason."""
    specs = [spec_of(x) for x in call.args]
    if call.op != "scan":
        return plan(getattr(B, call.op, None), *specs, **call.attrs)
    try:
        return _plan_scan(B, specs, obstacles, **call.attrs)
    except UnsupportedStepError as error:
        obstacles.append(f"a scan is not compiled: {error}")
        return None


def _plan_scan(
    B: Interpreter, specs: list[TensorSpec], obstacles: list[str], f: ScanStep, counts: tuple[int, int], reverse: bool
) -> Run:
    """Compile the step of a scan into a program whose state is the carry."""
    from kcompat.backends.numpy.compiler import compile_step  # of which scheduling is a stage

    n, m = counts
    carry = {str(i): np.zeros(spec.shape, spec.dtype) for i, spec in enumerate(specs[:n])}
    length = specs[n].shape[0]
    slices = tuple(TensorSpec(spec.shape[1:], spec.dtype) for spec in specs[n : n + m])

    def step(state: State, batch: Any) -> tuple[State, tuple[Any, ...]]:
        new, ys = f(graph_over(B), tuple(state.params.values()), *batch)
        return state._replace(params=dict(zip(carry, new, strict=True))), tuple(ys)

    state = State.empty()._replace(params=carry)
    program, obstacle = compile_step(B, step, state, (slices, tuple(specs[n + m :])))
    if obstacle is not None:
        obstacles.append(obstacle)

    def run(*operands: Any) -> None:
        *args, out = operands
        for array, first in zip(carry.values(), args[:n], strict=True):
            array[...] = first
        xs, consts, ys = args[n : n + m], args[n + m :], out[n:]
        for t in reversed(range(length)) if reverse else range(length):
            for whole, y in zip(ys, program(*[x[t] for x in xs], *consts), strict=True):
                whole[t] = y
        for last, array in zip(out[:n], carry.values(), strict=True):
            last[...] = array

    return run
