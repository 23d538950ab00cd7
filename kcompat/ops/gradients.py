"""Gradients of functions of trees of tensors; each backend differentiates in its own way."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from kcompat.ops.conversion import shape
from kcompat.runtime import tree
from kcompat.runtime.active import active
from kcompat.runtime.gradients import split_aux
from kcompat.runtime.protocols import Function
from kcompat.runtime.registry import current
from kcompat.runtime.tree import Tree
from kcompat.spec import SCALARS

__all__ = ["custom_gradient", "grad", "jvp", "value_and_grad", "vjp"]


def value_and_grad(f: Function, argnums: int | Sequence[int] = 0, has_aux: bool = False) -> Function:
    """A function that gives the value of `f` and its gradient.

    Args:
        f: takes trees (nested dicts, lists, tuples) of float tensors and gives a scalar; with `has_aux`,
            a pair (scalar, anything).
        argnums: which positional arguments to differentiate with respect to: one, or several.
        has_aux: whether `f` gives a pair.

    Returns:
        A function of the same arguments. It gives `(value, gradient)`, or `((value, aux), gradient)` with
        `has_aux`; the gradient has the structure of the argument, or is a tuple if `argnums` is a sequence.

    Raises:
        TypeError: for an input that is not a float.
        ValueError: for a result that is not a scalar.
    """

    @functools.wraps(f, updated=())
    def run(*args: Any) -> Any:
        B = current()
        return B.engine.value_and_grad(B, f, argnums, has_aux)(*args)

    return run


def grad(f: Function, argnums: int | Sequence[int] = 0, has_aux: bool = False) -> Function:
    """A function that gives the gradient of `f`; see `value_and_grad`. With `has_aux`: `(gradient, aux)`."""

    @functools.wraps(f, updated=())
    def run(*args: Any) -> Any:
        value, gradient = value_and_grad(f, argnums, has_aux)(*args)
        return (gradient, value[1]) if has_aux else gradient

    return run


def vjp(f: Function, *primals: Tree) -> tuple[Tree, Callable[[Tree], tuple[Tree, ...]]]:
    """The result of `f(*primals)`, and the function that pulls a cotangent of it back to the primals.

    Args:
        f: takes and gives trees of tensors.
        primals: its arguments, trees of float tensors.

    Returns:
        `(result, pull)`; `pull(cotangent)`, where the cotangent has the structure of the result, gives a tuple
        with one tree for each primal.
    """
    B = current()
    return B.engine.vjp(B, f, primals)


def jvp(fun: Function, primals: Sequence[Tree], tangents: Sequence[Tree], has_aux: bool = False) -> Any:
    """The result of `fun(*primals)`, and its derivative in the direction of the tangents: `J @ tangents`.

    A pullback is linear in its cotangent, and its own pullback is the derivative, on every backend: at the cost of
    about four evaluations of `fun`.

    Args:
        fun: takes and gives trees of float tensors; with `has_aux`, it gives a pair (result, anything).
        primals: its arguments, a list or tuple of trees of float tensors.
        tangents: the directions, of the same structure and shapes.
        has_aux: whether `fun` gives a pair.

    Returns:
        `(result, tangent)`, the tangent with the structure of the result; or `(result, tangent, aux)`.

    Raises:
        ValueError: if the tangents do not have the shapes of the primals.
    """
    primals, tangents = tuple(primals), tuple(tangents)
    expected, actual = ([shape(x) for x in tree.flatten(trees)[0]] for trees in (primals, tangents))
    if actual != expected:
        raise ValueError(f"jvp: tangents have the shapes of the primals, {expected}; got {actual}")

    def result_of(*args: Any) -> Any:
        return split_aux(fun(*args), has_aux)[0]

    def pull_back(cotangent: Tree) -> Tree:
        return vjp(result_of, *primals)[1](cotangent)

    result, aux = split_aux(fun(*primals), has_aux)
    zeros = tree.map_leaves(lambda y: active().zeros_like(y), result)
    (tangent,) = vjp(pull_back, zeros)[1](tangents)
    return (result, tangent, aux) if has_aux else (result, tangent)


def custom_gradient(f: Function) -> Function:
    """Let a function bring its own gradient.

    Args:
        f: takes tensors and gives `(result, gradient)`, where `gradient(upstream)` takes the cotangent of the
            result and gives that of each argument: a tensor if there is one argument, else a tuple.

    Returns:
        A function of the same arguments that gives the result.
    """

    @functools.wraps(f, updated=())
    def run(*args: Any) -> Any:
        B = current()
        args = tuple(B.constant(x) if type(x) in SCALARS else B.admit(x) for x in args)
        return B.engine.custom_gradient(B, f, args)

    return run
