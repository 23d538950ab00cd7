"""Choices and loops that Python makes: the meaning of control flow on every interpreter without one of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kcompat.runtime.interpreter import Interpreter
from kcompat.runtime.protocols import FoldStep, ScanStep, Tensor, Tensors


def scan(
    B: Interpreter, f: ScanStep, init: Tensors, xs: Tensors, consts: Tensors = (), reverse: bool = False
) -> tuple[Tensors, Tensors]:
    """Fold `f(B, carry, x, consts) -> (carry, y)` over the first axis of each of `xs`, one step after the other."""
    carry, outputs = init, []
    order = range(xs[0].shape[0])
    for t in reversed(order) if reverse else order:
        carry, y = f(B, carry, tuple(_row(B, x, t) for x in xs), consts)
        outputs.append(y)
    if reverse:
        outputs.reverse()
    return carry, tuple(B.stack(*ys, axis=0) for ys in zip(*outputs, strict=True))


def fold(B: Interpreter, step: FoldStep, init: Tensors, xs: Tensors, reverse: bool) -> tuple[Tensors, Tensors]:
    """Scan with a step that closes over tensors: each of its ops is recorded, so gradients reach them."""
    return scan(B, lambda B, carry, x, consts: step(carry, x), init, xs, (), reverse)


def cond(B: Interpreter, pred: Any, true_fn: Callable[[], Tensors], false_fn: Callable[[], Tensors]) -> Tensors:
    """Call one of two functions. Needs the value of `pred`."""
    return true_fn() if B.engine.truth(pred) else false_fn()


def while_loop(
    B: Interpreter, cond: Callable[[Tensors], Any], body: Callable[[Tensors], Tensors], carry: Tensors
) -> Tensors:
    """Apply `body` while `cond` holds. Needs the value of each condition."""
    while B.engine.truth(cond(carry)):
        carry = body(carry)
    return carry


def _row(B: Interpreter, x: Tensor, t: int) -> Tensor:
    """`x[t]`, by ops."""
    shape = tuple(x.shape)
    rest = (0,) * (len(shape) - 1)
    row = B.strided_slice(x, start=(t, *rest), stop=(t + 1, *shape[1:]), step=(1,) * len(shape))
    return B.reshape(row, newshape=shape[1:])
