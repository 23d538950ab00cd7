"""Last stage: Python source that makes the calls of a module on memory which stays from run to run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from kcompat.backends.numpy.compiler.emitter import Emitter
from kcompat.backends.numpy.compiler.lowering import LOWERINGS
from kcompat.backends.numpy.compiler.memory import Static, differs
from kcompat.backends.numpy.compiler.module import Module, UnsupportedStepError
from kcompat.backends.numpy.compiler.plan import Lean, Run
from kcompat.runtime.active import use
from kcompat.runtime.graph import Call, Node
from kcompat.runtime.interpreter import Interpreter


def emit(module: Module) -> Callable[..., Any]:
    """Compile a module into a function of the batch's leaves, which changes the state and gives the logs."""
    emitter = Emitter(module)
    for index, call in enumerate(module.calls):
        emitter.begin(index)
        _emit_call(emitter, call, module.plans[call])
        emitter.end()
    emitter.begin(len(module.calls))
    emitter.write(f"logs = {_logs(emitter, module.logs)}")  # before the state changes: they may be of the old one
    _emit_stores(emitter, module)
    return emitter.function(emitter.parameters, "logs")


def _emit_call(emitter: Emitter, call: Call, run: Run | None) -> None:
    """Write a call: by its lowering, else by its plan, else as the op itself."""
    lower = LOWERINGS.get(call.op)
    if lower is not None and lower(emitter, call):
        return
    if run is not None:
        _emit_plan(emitter, call, run)
    elif call.op == "scan":
        emitter.call(call, _scan_function(emitter.B, **call.attrs), {})
    else:
        emitter.call(call, getattr(emitter.B, call.op), call.attrs)


def _emit_plan(emitter: Emitter, call: Call, run: Run) -> None:
    outputs = []
    for y in call.results:
        unread = isinstance(run, Lean) and emitter.last_uses[y] == emitter.index
        outputs.append(None if unread else emitter.output(y))
    emitter.do(run, *call.args, outputs[0] if call.single else tuple(outputs))


def _scan_function(B: Interpreter, f: Any, counts: tuple[int, int], reverse: bool) -> Callable[..., tuple[Any, ...]]:
    """A scan as a function of all its tensors, which gives the carry and then the outputs."""
    n, m = counts

    def run(*args: Any) -> tuple[Any, ...]:
        with use(B):
            carry, ys = B.scan(f, args[:n], args[n : n + m], args[n + m :], reverse=reverse)
        return (*carry, *ys)

    return run


def _logs(emitter: Emitter, logs: Any) -> str:
    """Python code for the logs, whose tensors are copies."""
    if isinstance(logs, dict):
        return "{" + ", ".join(f"{key!r}: {_logs(emitter, x)}" for key, x in logs.items()) + "}"
    if isinstance(logs, (tuple, list)):
        if type(logs) not in (tuple, list):
            raise UnsupportedStepError(f"logs are dicts, lists and tuples of tensors, got a {type(logs).__name__}")
        inner = "".join(f"{_logs(emitter, x)}, " for x in logs)
        return f"({inner})" if isinstance(logs, tuple) else f"[{inner}]"
    if not hasattr(logs, "dtype"):
        return emitter.name(logs)
    if not logs.shape:
        return emitter.number(logs)
    return f"{emitter.expression(logs)}.copy()"


def _emit_stores(emitter: Emitter, module: Module) -> None:
    """Write what is not yet there into the state. What may be the old value of another entry is copied before."""
    changed = [(array, y) for (x, array), y in zip(module.arrays.items(), module.new_state, strict=True) if y is not x]
    stores = []
    for array, y in changed:
        place = emitter.places[y] if type(y) is Node else Static(np.asarray(y))
        if isinstance(place, str):
            stores.append((array, emitter.define(f"{place}.copy()") if array.ndim else place))
        elif differs(place.array, array):
            source = place.array
            if any(np.may_share_memory(source, other) for other, _ in changed if other is not array):
                source = emitter.scratch(array.shape, array.dtype)
                emitter.do(np.copyto, source, place.array)
            stores.append((array, emitter.name(source)))
    for array, expression in stores:
        emitter.write(f"{emitter.name(array)}[...] = {expression}")
