"""First stage: run the step once on the nodes of a graph."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kcompat.backends.numpy.compiler.flatten import UPDATES
from kcompat.backends.numpy.compiler.module import Module, UnsupportedStepError, nodes_of
from kcompat.runtime import tree
from kcompat.runtime.active import use
from kcompat.runtime.graph import Call, Graph, Node, NotTraceable, tracing
from kcompat.runtime.interpreter import Interpreter
from kcompat.runtime.program import State
from kcompat.spec import as_dtype


def graph_over(B: Interpreter) -> Graph:
    """The interpreter that traces what `B` computes; making one takes longer than a small trace, so it is kept."""
    if B.graph is None:
        B.graph = Graph(B, {*B.native, *UPDATES})
    return B.graph


def trace(B: Interpreter, step: Callable[..., Any], state: State, batch: Any) -> Module:
    """Note the calls that a step makes for a state and a batch of these shapes and dtypes."""
    graph = graph_over(B)
    arrays, with_arrays = tree.flatten(state)
    leaves, with_leaves = tree.flatten(batch)
    before, inputs = ([graph.input(x.shape, as_dtype(x.dtype)) for x in tensors] for tensors in (arrays, leaves))
    new_state, logs, calls = _run(graph, step, with_arrays(list(before)), with_leaves(list(inputs)))
    _check_state(state, new_state)
    _check_dtypes([*before, *inputs], calls)
    after = tree.flatten(new_state)[0]
    results = nodes_of([*after, *tree.flatten(logs)[0]])
    return Module(B, graph, inputs, dict(zip(before, arrays, strict=True)), after, logs, results, calls)


def _run(graph: Graph, step: Callable[..., Any], state: State, batch: Any) -> tuple[Any, Any, list[Call]]:
    try:
        with tracing() as recorded, use(graph):
            new_state, logs = step(state, batch)
    except NotTraceable as error:
        raise UnsupportedStepError(f"the step cannot be traced: {error}") from error
    except Exception as error:  # of the step's own code: running it on values tells whether the error is the step's
        raise UnsupportedStepError(
            f"the step raised {type(error).__name__} when it ran on tensors without values: {error}"
        ) from error
    return new_state, logs, recorded.calls


def _check_state(old: State, new: Any) -> None:
    if not isinstance(new, State):
        raise UnsupportedStepError(f"the step gives a State and logs, and gave a {type(new).__name__} and logs")
    for part, before, after in zip(State._fields, old, new, strict=True):
        if list(before) != list(after):
            raise UnsupportedStepError(f"the new state has {part} {list(after)}, the old one {list(before)}")
        for path, x in before.items():
            if _describe(x) != _describe(after[path]):
                raise UnsupportedStepError(
                    f"the new state has {_describe(after[path])} in {part}[{path!r}], the old one {_describe(x)}"
                )


def _describe(x: Any) -> str:
    return f"shape {tuple(x.shape)} and dtype {as_dtype(x.dtype)}" if hasattr(x, "dtype") else f"a {type(x).__name__}"


def _check_dtypes(inputs: list[Node], calls: list[Call]) -> None:
    for node in (*inputs, *(y for call in calls for y in call.results)):
        if node.dtype == "bfloat16":
            where = f"the result of {node.call.op}" if node.call else "an entry of the state or the batch"
            raise UnsupportedStepError(
                f"{where} is bfloat16, which programs do not have: composed ops compute in float32 and round once"
            )
