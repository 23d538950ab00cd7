"""Control flow: choices and loops over trees of tensors, with the signatures of `keras.ops`.

Where values are known, as on NumPy and torch, Python chooses and loops. Where a function is compiled, the
framework's own choices and loops go into the program. Functions may close over tensors; gradients flow to these, too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from kcompat.ops._trees import Carry, as_tensors, describe
from kcompat.runtime import tree
from kcompat.runtime.interpreter import Interpreter
from kcompat.runtime.protocols import Function, TensorLike, Tensors
from kcompat.runtime.registry import current
from kcompat.runtime.shapes import infer
from kcompat.runtime.tree import Tree
from kcompat.spec import SCALARS, TensorSpec

__all__ = ["cond", "fori_loop", "map", "scan", "switch", "vectorized_map", "while_loop"]


def cond(pred: TensorLike, true_fn: Callable[[], Tree], false_fn: Callable[[], Tree]) -> Tree:
    """The result of `true_fn()` if `pred` holds, else of `false_fn()`.

    Args:
        pred: a bool, or a tensor of rank 0.
        true_fn: takes nothing and gives a tree of tensors.
        false_fn: the same, of the same structure, shapes and dtypes.

    Raises:
        TypeError: if the results of the two differ in more than values, where both are traced. Where `pred` is
            known, one of them is never called.
    """
    B = current()
    results: dict[str, tuple[tree.Rebuild, str]] = {}

    def branch(name: str, f: Callable[[], Tree]) -> Callable[[], Tensors]:
        def run() -> Tensors:
            leaves, rebuild = as_tensors(B, f())
            results[name] = rebuild, describe(B, leaves, rebuild)
            return tuple(leaves)

        return run

    def check(error: Exception | None = None) -> None:
        descriptions = [description for _, description in results.values()]
        if len(set(descriptions)) > 1:
            raise TypeError(
                f"cond: true_fn gives {results['true'][1]}, false_fn gives {results['false'][1]}; "
                "both give the same structure, shapes and dtypes"
            ) from error

    if type(pred) not in SCALARS:
        pred = B.admit(pred)
    try:
        leaves = B.engine.cond(B, pred, branch("true", true_fn), branch("false", false_fn))
    except Exception as error:  # a framework's own complaint about branches that differ
        check(error)
        raise
    check()
    return next(iter(results.values()))[0](list(leaves))


def switch(index: TensorLike, branches: Sequence[Function], *operands: Any) -> Tree:
    """The result of `branches[index](*operands)`; an index out of range is clamped to the nearest one."""
    branches = list(branches)
    if not branches:
        raise ValueError("switch: branches is empty; give at least one function")
    B = current()

    def choose(low: int, high: int) -> Tree:
        if high - low == 1:
            return branches[low](*operands)
        middle = (low + high) // 2
        return cond(B.less(position, middle), lambda: choose(low, middle), lambda: choose(middle, high))

    position = B.constant(index) if type(index) in SCALARS else B.admit(index)
    return choose(0, len(branches))


def scan(
    f: Callable[[Tree, Tree], tuple[Tree, Tree]],
    init: Tree,
    xs: Tree = None,
    length: int | None = None,
    reverse: bool = False,
    unroll: int | bool = 1,
) -> tuple[Tree, Tree]:
    """Fold `f(carry, x) -> (carry, y)` over the first axis of the tensors of `xs`.

    Args:
        f: gives back a carry of the structure, shapes and dtypes that it takes, and any tree of tensors.
        init: the first carry, a tree of tensors.
        xs: a tree of tensors with first axes of one size, or None for `length` steps without an `x`.
        length: how many steps; needed if `xs` is None.
        reverse: whether to go from the last element to the first; each `y` stands where its `x` stood.
        unroll: how many steps a compiled loop does at once, True for all of them; no result depends on it.

    Returns:
        `(carry, ys)`: the last carry, and the `y`s stacked along a new first axis.

    Raises:
        TypeError: if a step changes more than the values of the carry.
        ValueError: if sizes differ, or neither `xs` nor `length` is given.
    """
    if not isinstance(unroll, (bool, int)) or (unroll is not False and unroll < 1):
        raise ValueError(f"scan: unroll is a bool or a positive int, got {unroll!r}")
    B = current()
    rows, rebuild_x = as_tensors(B, xs)
    sizes: set[Any] = {x.shape[0] if len(x.shape) else None for x in rows} | ({length} if length is not None else set())
    if len(sizes) != 1 or None in sizes:
        shapes = ", ".join(str(tuple(x.shape)) for x in rows)
        raise ValueError(f"scan: one length is needed, got length={length} and xs of shapes ({shapes})")
    count: int = sizes.pop()
    carry, rebuild = as_tensors(B, init)
    steady = Carry("scan", B, carry, rebuild)
    rebuild_y: Any = None

    def step(carry: Tensors, x: Tensors) -> tuple[Tensors, Tensors]:
        nonlocal rebuild_y
        new, y = f(rebuild(list(carry)), rebuild_x(list(x)[: len(rows)]))
        leaves, rebuild_y = as_tensors(B, y)
        return steady.flatten(new), tuple(leaves)

    if count == 0:
        carry_specs = rebuild([TensorSpec(*spec) for spec in steady.specs])
        row_specs = rebuild_x([TensorSpec(tuple(x.shape)[1:], B.dtype(x)) for x in rows])
        return rebuild(carry), _no_results(B, f, carry_specs, row_specs)
    counter = () if rows else (B.arange(start=0, stop=count, dtype="int32"),)
    last, ys = B.engine.fold(B, step, tuple(carry), (*rows, *counter), reverse, count if unroll is True else unroll)
    return rebuild(list(last)), rebuild_y(list(ys))


def _no_results(B: Interpreter, f: Function, carry: Tree, x: Tree) -> Tree:
    """The `y`s of no steps: their shapes are inferred."""
    _, y = infer(f, carry, x)
    return tree.map_leaves(lambda spec: B.full(shape=(0, *spec.shape), fill_value=0, dtype=spec.dtype), y)


def while_loop(cond: Function, body: Function, loop_vars: Tree, maximum_iterations: int | None = None) -> Tree:
    """Apply `body` to `loop_vars` while `cond` holds for them.

    Args:
        cond: gives a bool, or a tensor of rank 0.
        body: gives back the structure, shapes and dtypes that it takes.
        loop_vars: a tree of tensors; the elements of a tuple or list are separate arguments of both functions.
        maximum_iterations: stops the loop after as many steps.

    Returns:
        The last `loop_vars`. In a compiled function JAX has no gradient for them: use `fori_loop` or `scan` there.
    """
    B = current()
    separate = isinstance(loop_vars, (tuple, list))
    carry, rebuild = as_tensors(B, loop_vars)
    steady = Carry("while_loop", B, carry, rebuild)

    def apply(f: Function, carry: Tensors) -> Any:
        values = rebuild(list(carry))
        return f(*values) if separate else f(values)

    def step(carry: Tensors) -> Tensors:
        new = apply(body, carry)
        if separate:
            new = type(loop_vars)(new) if isinstance(new, (tuple, list)) else type(loop_vars)((new,))
        return steady.flatten(new)

    def goes_on(carry: Tensors) -> Any:
        return apply(cond, carry)

    if maximum_iterations is None:
        return rebuild(list(B.engine.while_loop(B, goes_on, step, tuple(carry))))
    first = B.constant(0, dtype="int32")
    counted = B.engine.while_loop(
        B,
        lambda carry: B.logical_and(goes_on(carry[1:]), B.less(carry[0], maximum_iterations)),
        lambda carry: (B.add(carry[0], 1), *step(carry[1:])),
        (first, *carry),
    )
    return rebuild(list(counted[1:]))


def fori_loop(lower: TensorLike, upper: TensorLike, body_fun: Callable[[Any, Tree], Tree], init_val: Tree) -> Tree:
    """Apply `state = body_fun(i, state)` for i from `lower` up to, not including, `upper`.

    `i` is an int32 tensor. With bounds that are Python ints it has a gradient also where it is compiled.
    """
    if isinstance(lower, int) and isinstance(upper, int):
        if upper <= lower:
            B = current()
            leaves, rebuild = as_tensors(B, init_val)
            return rebuild(leaves)
        steps = current().arange(start=lower, stop=upper, dtype="int32")
        return scan(lambda state, i: (body_fun(i, state), None), init_val, steps)[0]
    B = current()
    start = B.constant(lower, dtype="int32") if type(lower) in SCALARS else B.cast(B.admit(lower), dtype="int32")
    _, state = while_loop(
        lambda i, state: B.less(i, upper), lambda i, state: (B.add(i, 1), body_fun(i, state)), (start, init_val)
    )
    return state


def map(f: Callable[[Tree], Tree], xs: Tree) -> Tree:  # noqa: A001  (Keras's name)
    """`f` of each slice of `xs` along the first axis, one after the other, stacked along a new first axis.

    `xs` and the results of `f` are trees of tensors.
    """
    return scan(lambda carry, x: (carry, f(x)), (), xs)[1]


def vectorized_map(function: Callable[[Tree], Tree], elements: Tree) -> Tree:
    """`function` of each slice of `elements` along the first axis, at once where the backend can vectorize it.

    `elements` and the results are trees of tensors.
    """
    B = current()
    leaves, rebuild = as_tensors(B, elements)
    rebuild_y: Any = None

    def f(*slices: Any) -> Tensors:
        nonlocal rebuild_y
        outputs, rebuild_y = as_tensors(B, function(rebuild(list(slices))))
        return tuple(outputs)

    if not leaves or any(not len(x.shape) or x.shape[0] != leaves[0].shape[0] for x in leaves):
        raise ValueError(f"vectorized_map: first axes of one size are needed, got {describe(B, leaves, rebuild)}")
    if leaves[0].shape[0] == 0:
        return map(function, elements)
    outputs = B.engine.vectorized_map(B, f, tuple(leaves))
    return rebuild_y(list(outputs))
