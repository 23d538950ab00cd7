"""The public gradient functions, by the tape over any interpreter, and what engines with their own autodiff share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from kcompat.runtime import tape as autodiff
from kcompat.runtime import tree
from kcompat.runtime.active import use
from kcompat.runtime.interpreter import Interpreter
from kcompat.runtime.protocols import Function
from kcompat.runtime.tree import Tree
from kcompat.spec import SCALARS, Joint, is_float


def value_and_grad(B: Interpreter, f: Function, argnums: int | Sequence[int], has_aux: bool) -> Any:
    """What `kcompat.ops.value_and_grad` gives, by a tape over `B`, the active interpreter."""

    def run(*args: Any) -> Any:
        tape = autodiff.tape_over(B)
        leaves, with_leaves = differentiated(B, args, argnums)
        inputs = [autodiff.Var(leaf, None, tape) for leaf in leaves]
        new_args, rebuild = with_leaves(inputs)
        with use(tape):
            loss, aux = split_aux(f(*new_args), has_aux)
        check_scalar(loss)
        if type(loss) is autodiff.Var and loss.tape is tape:
            one = B.ones_like(loss.value)
            grads = autodiff.pullback([loss], [one], inputs, tape)
        else:
            grads = [B.zeros_like(leaf) for leaf in leaves]
        value = tape.value(loss)
        aux = tree.map_leaves(tape.value, aux)
        return ((value, aux) if has_aux else value), rebuild(grads)

    return run


def vjp(B: Interpreter, f: Function, primals: tuple[Tree, ...]) -> tuple[Tree, Callable[[Tree], tuple[Tree, ...]]]:
    """What `kcompat.ops.vjp` gives, by a tape over `B`."""
    leaves, rebuild = tree.flatten(primals)
    outer: Any = None

    def flat(tape: autodiff.Tape, *values: Any) -> Any:
        nonlocal outer
        with use(tape):
            outputs, outer = tree.flatten(f(*rebuild(list(values))))
        return tuple(outputs)

    values, pull = autodiff.vjp(B, flat, [B.admit(leaf) for leaf in leaves])

    def pull_back(cotangent: Any) -> Any:
        return rebuild(pull(*map(B.admit, tree.flatten(cotangent)[0])))

    return outer(list(values)), pull_back


def custom_gradient(B: Interpreter, f: Function, args: tuple[Any, ...]) -> Any:
    """`f(*args)` with a gradient of its own, as `kcompat.ops.custom_gradient` describes it; off the tape just `f`."""
    if not isinstance(B, autodiff.Tape):
        return f(*args)[0]
    values = tuple(map(B.value, args))
    with use(B.base):
        result, gradient = f(*values)
        if isinstance(B.base, autodiff.Tape):  # to an outer derivative, too, the function is what it says it is
            result = custom_gradient(B.base, f, values)
    count = len(args)

    def rule(base: Interpreter, g: Any, y: Any, *values: Any) -> tuple[Any, ...]:
        del y, values
        with use(base):
            pulled = gradient(*g) if isinstance(g, tuple) else gradient(g)
        pulled = pulled if isinstance(pulled, (tuple, list)) else (pulled,)
        return (*pulled, *([None] * (count - len(pulled))))

    return B.record("custom_gradient", Joint(rule), args, {}, result)


def split_aux(result: Any, has_aux: bool) -> tuple[Any, Any]:
    """The loss and the auxiliary result of a function to be differentiated."""
    if not has_aux:
        return result, None
    if not (isinstance(result, (tuple, list)) and len(result) == 2):
        raise TypeError(f"with has_aux=True the function gives (loss, aux), got {type(result).__name__}")
    return result[0], result[1]


def check_scalar(loss: Any) -> None:
    """Refuse to differentiate what is not a scalar."""
    if tuple(getattr(loss, "shape", ())) != ():
        raise ValueError(
            f"only a scalar has a gradient, and the function gave shape {tuple(loss.shape)}; "
            "take a mean or a sum, or use kcompat.ops.vjp"
        )


def differentiated(B: Interpreter, args: tuple[Any, ...], argnums: int | Sequence[int]) -> tuple[list[Any], Any]:
    """The leaves of the arguments named by `argnums`, and how to put others in their place.

    The second result takes new leaves to (new arguments, a function that gives gradients the
    structure that `argnums` asks for). Raises TypeError for a leaf that is not a float tensor.
    """
    single = isinstance(argnums, int)
    numbers = [argnums] if isinstance(argnums, int) else list(argnums)
    for n in numbers:
        if not -len(args) <= n < len(args):
            raise ValueError(f"argnums {argnums} is out of range for {len(args)} positional arguments")
    numbers = [n % len(args) for n in numbers]
    leaves, rebuild = tree.flatten(tuple(args[n] for n in numbers))
    leaves = [B.constant(x) if isinstance(x, SCALARS) else B.admit(x) for x in leaves]
    for leaf in leaves:
        if not is_float(B.dtype(leaf)):
            raise TypeError(
                f"gradients need float inputs, got {B.dtype(leaf)} of shape {tuple(leaf.shape)}; cast it first"
            )

    def with_leaves(new: list[Any]) -> tuple[list[Any], Callable[[list[Any]], Any]]:
        new_args = list(args)
        for n, value in zip(numbers, rebuild(new), strict=True):
            new_args[n] = value
        return new_args, lambda grads: rebuild(grads)[0] if single else rebuild(grads)

    return leaves, with_leaves
