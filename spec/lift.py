"""Formulas for one tensor, lifted to lists of tensors: how the step of an optimizer is declared."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from kcompat.spec._op import Op, Refusal, Sample, composed, ordinary, smooth

Slots = tuple[Any, ...]


def lift(formula: Callable[..., Any]) -> Callable[..., tuple[Any, ...]]:
    """Let a formula for one parameter take equally long runs of tensors: parameters, gradients, then each slot.

    The formula is `(..., rate, p, g, *slots, *, hyperparameters) -> p, *slots`; what precedes the tensors is the same
    for all. The lifted function gives the new parameters, then each new slot, as one tuple.
    """
    parameters = list(inspect.signature(formula).parameters.values())
    positional = [p for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
    first = [p.name for p in positional].index("rate") + 1
    count = len(positional) - first

    @functools.wraps(formula)
    def on_lists(*args: Any, **hyperparameters: Any) -> tuple[Any, ...]:
        shared, runs = args[:first], split(formula.__name__, args[first:], count)
        updated = [formula(*shared, *tensors, **hyperparameters) for tensors in zip(*runs, strict=True)]
        if count == 2:  # there are no slots: the formula gives the parameter alone
            return tuple(updated)
        return tuple(x for run in zip(*updated, strict=True) for x in run)

    tensors = inspect.Parameter("tensors", inspect.Parameter.VAR_POSITIONAL)
    signature = inspect.Signature([*positional[:first], tensors, *parameters[len(positional) :]])
    vars(on_lists)["__signature__"] = signature
    return on_lists


def split(name: str, tensors: tuple[Any, ...], count: int) -> list[tuple[Any, ...]]:
    """`count` runs of equally many tensors. Raises ValueError if the tensors cannot be so divided."""
    size, rest = divmod(len(tensors), count)
    if rest:
        raise ValueError(
            f"{name}: each parameter comes with its gradient and {count - 2} slots, "
            f"so the number of tensors is a multiple of {count}; got {len(tensors)} tensors"
        )
    return [tensors[i * size : (i + 1) * size] for i in range(count)]


def update(
    possible: Callable[..., Slots] = lambda *slots: slots, **hyperparameters: Any
) -> Callable[[Callable[..., Any]], Op]:
    """Declare the op of a formula `(B, rate, p, g, *slots, *, hyperparameters) -> p, *slots`, lifted to lists.

    Args:
        possible: makes slots that can occur of independent positive ones, where one bounds another.
        **hyperparameters: their values in the samples.
    """

    def declare(formula: Callable[..., Any]) -> Op:
        on_lists = lift(formula)
        slots = len(inspect.signature(formula).parameters) - len(inspect.signature(on_lists).parameters) - 1

        def samples(rng: np.random.Generator) -> Iterable[Sample]:
            shapes = [(2, 3), (4,)]
            runs = [[rng.normal(size=shape) for shape in shapes] for _ in range(2 + slots)]
            for scales in ([1.0] * (2 + slots), [1.0, 1e-5, *[1e-10] * slots]):  # beside the small ones epsilon counts
                p, g, *positive = [
                    [(abs(x) if i > 1 else x) * scale for x in run]
                    for i, (run, scale) in enumerate(zip(runs, scales, strict=True))
                ]
                state = zip(*(possible(*each) for each in zip(*positive, strict=True)), strict=True)
                yield Sample((np.array(0.1), *p, *g, *(x for run in state for x in run)), hyperparameters)

        one_too_many = Refusal((np.array(0.1), *[np.ones(2)] * (3 + slots)), attrs=hyperparameters)
        refusals = (one_too_many,)
        declared = composed(samples=samples, kinks=smooth, specials=ordinary, public=False, refusals=refusals)
        return declared(on_lists)

    return declare
