"""Plans: ops that write into memory of a compiled program and keep their own scratch from step to step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

Run = Callable[..., None]
"""`run(*operands, out)`: computes an op's result into `out`, one C-contiguous array or a tuple of them.

The operands are those of the planner, in their places: an array for each spec, None and numbers as they were.
"""
Planner = Callable[..., Run | None]
"""`planner(*specs, **attrs)`: a `Run` for operands of these `TensorSpec`s, or None where the op itself is as good."""


class Lean:
    """A `Run` of several results that can do without those that nobody reads: they are None in `out`.

    What it writes them to instead is given as `spare`, in their places.
    """

    def __init__(self, run: Run, spare: Sequence[Any]):
        self._run, self._spare = run, spare

    def __call__(self, *operands: Any) -> None:
        """See `Run`."""
        *given, out = operands
        self._run(*given, tuple(s if y is None else y for y, s in zip(out, self._spare, strict=True)))


def planned(planner: Planner) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Let an op of this backend be computed by a plan within compiled programs.

    The planner is given a `TensorSpec` for each tensor, None for an absent one, and Python numbers as they are.
    The memory that its `Run` works in is allocated once, inside the planner. Operands may be views of any strides.
    `out`, which is given by position, shares no memory with them, and what was in it is not known. It may be another
    array at each call, and so may the operands.
    """

    def decorate(op: Callable[..., Any]) -> Callable[..., Any]:
        op.planner = planner  # type: ignore[attr-defined]
        return op

    return decorate


def plan(op: Any, *specs: Any, **attrs: Any) -> Run | None:
    """What computes an op on operands of these specs into given memory, or None."""
    planner = getattr(op, "planner", None)
    return None if planner is None else planner(*specs, **attrs)
