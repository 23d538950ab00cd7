"""Plans: how an op writes into memory of a compiled program and keeps its own scratch from step to step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

Run = Callable[..., None]
"""`run(*operands, out)` computes the result of an op into `out`, a C-contiguous array or a tuple of such arrays.

The operands stand in the places of the planner's specs: an array for each spec; None and numbers as the planner had
them.
"""
Planner = Callable[..., Run | None]
"""`planner(*specs, **attrs)` makes a `Run` for operands of these `TensorSpec`s; None where the op is as good."""


class Lean:
    """A `Run` of several results some of which nobody may read: a result that nobody reads is None in `out`.

    Args:
        run: computes all results.
        spare: for each result, the array that `run` writes into if nobody reads it.
    """

    def __init__(self, run: Run, spare: Sequence[Any]):
        self._run, self._spare = run, spare

    def __call__(self, *operands: Any) -> None:
        """Compute the results, those that nobody reads into spare memory."""
        *tensors, out = operands
        self._run(*tensors, tuple(s if y is None else y for y, s in zip(out, self._spare, strict=True)))


def planned(planner: Planner) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Let an op of this backend be computed by a plan within compiled programs.

    The planner gets a `TensorSpec` for each tensor, None for an absent one, and Python numbers as they are. It
    allocates the memory that its `Run` works in, once. A `Run` may be called with other arrays each time. Operands
    may be views of any strides. `out` is the last positional argument, shares no memory with the operands, and may
    hold anything before the call.
    """

    def decorate(op: Callable[..., Any]) -> Callable[..., Any]:
        op.planner = planner  # type: ignore[attr-defined]
        return op

    return decorate


def plan(op: Any, *specs: Any, **attrs: Any) -> Run | None:
    """What computes an op on operands of these specs into memory that it is handed, or None."""
    planner = getattr(op, "planner", None)
    return None if planner is None else planner(*specs, **attrs)
