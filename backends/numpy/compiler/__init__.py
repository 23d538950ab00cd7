"""From a step to a flat NumPy program: a pipeline of stages, each of which takes a module and gives the next.

In reading order:

- `module`: the step between two stages, and the error of a step that cannot be a program
- `trace`: runs the step once on the nodes of a graph
- `simplify`: asks smaller tensors, or those that are there anyway
- `flatten`: expands the updates of an optimizer, on all parameters as one vector where memory allows it
- `schedule`: plans calls, and says where results go and when memory is free again
- `emit`: writes Python source, with `emitter` (places of results), `source` (lines, names, the compiled function)
  and `lowering` (how single ops are written; by families in `lower_elementwise`, `lower_structure`, `lower_reduction`)
- `plan`: for authors of ops, how an op writes into memory of the program
- `memory`: aligned memory, and storage that is used again
"""

from __future__ import annotations

from collections.abc import Callable

from kcompat.backends.numpy.compiler.emit import emit
from kcompat.backends.numpy.compiler.flatten import flatten
from kcompat.backends.numpy.compiler.module import UnsupportedStepError
from kcompat.backends.numpy.compiler.schedule import schedule
from kcompat.backends.numpy.compiler.simplify import simplify
from kcompat.backends.numpy.compiler.trace import trace
from kcompat.runtime.interpreter import Interpreter
from kcompat.runtime.program import Batch, Logs, State, Step

__all__ = ["UnsupportedStepError", "compile_step"]


def compile_step(B: Interpreter, step: Step, state: State, batch: Batch) -> tuple[Callable[..., Logs], str | None]:
    """Compile a step into a function of the batch's leaves, which does it on the arrays of `state` and gives the logs.

    Also says why a part of the step, a scan, is not compiled, if that is so. Raises UnsupportedStepError for a step
    that cannot be a program.
    """
    module = trace(B, step, state, batch)
    for stage in (simplify, flatten, schedule):
        module = stage(module)
    return emit(module), "; ".join(module.obstacles) or None
