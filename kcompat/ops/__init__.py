"""The ops, with Keras 3's names, argument order and defaults, on the active backend.

Tensors are the backend's own; variables, NumPy arrays, numbers and lists are converted. The functions are
made from the spec, with real signatures, when they are first asked for: each calls the active interpreter.
"""

from __future__ import annotations

import functools
import inspect
import linecache
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from kcompat.ops.control_flow import associative_scan, cond, fori_loop, map, scan, switch, vectorized_map, while_loop  # noqa: A004
from kcompat.ops.indexing import get_item
from kcompat.ops.rearranging import rearrange
from kcompat.ops.vectorizing import vectorize
from kcompat.runtime import tree
from kcompat.runtime.active import active
from kcompat.runtime.gradients import split_aux
from kcompat.runtime.registry import current
from kcompat.spec import OPS, SCALARS, Op, as_dtype, floatx, is_float

__all__ = [name for name, op in OPS.items() if op.public]
__all__ += [
    "associative_scan",
    "cond",
    "convert_to_numpy",
    "convert_to_tensor",
    "custom_gradient",
    "dtype",
    "fori_loop",
    "get_item",
    "grad",
    "is_tensor",
    "jvp",
    "map",
    "ndim",
    "nonzero",
    "rearrange",
    "scan",
    "select",
    "shape",
    "size",
    "switch",
    "value_and_grad",
    "vectorize",
    "vectorized_map",
    "vjp",
    "while_loop",
]


def public_signature(op: Op) -> inspect.Signature:
    """The signature of the public function: everything by position or by name, lists of tensors as one argument."""
    parameters = op.signature.parameters
    names = list(op.order or parameters)
    listed = next((i for i, name in enumerate(names) if parameters[name].kind is inspect.Parameter.VAR_POSITIONAL), 0)
    declared = names[listed:] if op.variadic else []  # `*tensors`, and what can only be given by name after it
    positional = inspect.Parameter.POSITIONAL_OR_KEYWORD
    public = (
        parameters[name].replace(kind=parameters[name].kind if name in declared else positional) for name in names
    )
    return inspect.Signature(list(public))


def _source(op: Op) -> str:
    """The function as Python code: admit what is not known to be a tensor, call the interpreter."""
    signature = public_signature(op)
    lines = [f"def {op.name}{signature}:", "    B = active()"]
    lists = [p.name for p in op.tensors if p.kind is p.VAR_POSITIONAL]
    tensors = [p.name for p in op.tensors if p.kind is not p.VAR_POSITIONAL]
    names = [p.name for p in op.attributes]
    if "dtype" in names:
        lines.append("    if dtype is not None: dtype = as_dtype(dtype)")
    arguments = [*tensors, *(f"*{xs}" for xs in lists), *(f"{name}={name}" for name in names)]
    call = f"return B.{op.name}({', '.join(arguments)})"
    if tensors and not (lists or op.listed or op.floats):  # what most calls are, in as few steps as there can be
        lines.append(f"    if {' is '.join(['B.tensor_type', *(f'type({x})' for x in tensors)])}: {call}")
    if tensors:
        lines.append("    known = B.tensor_types")
        lines += [f"    if type({x}) not in known: {x} = B.admit({x})" for x in tensors if x not in op.listed]
        lines += [f"    {x} = _listed(B, {x})" for x in op.listed]
        lines.append(
            f"    if {' and '.join(f'type({x}) in SCALARS' for x in tensors)}: {tensors[0]} = B.constant({tensors[0]})"
        )
    lines += [f"    {x} = _as_float(B, {x})" for x in op.floats]
    lines += [f"    {xs} = [x if type(x) in B.tensor_types else B.admit(x) for x in {xs}]" for xs in lists]
    return "\n".join([*lines, f"    {call}"]) + "\n"


def _as_float(B: Any, x: Any) -> Any:
    """An operand of an op that takes floats: integers become floatx; scalars and absent ones stay."""
    if x is None or type(x) in SCALARS or is_float(B.dtype(x)):
        return x
    return B.cast(x, dtype=floatx())


def _listed(B: Any, x: Any) -> Any:
    """Integers, one by one: ints that are known, and scalar tensors; or all of them in one tensor."""
    if not isinstance(x, (list, tuple)):
        return x if type(x) in B.tensor_types else B.admit(x)
    return tuple(int(i) if isinstance(i, np.integer) else i if type(i) in B.tensor_types else B.admit(i) for i in x)


def make_function(op: Op, module: str = __name__) -> Callable[..., Any]:
    """The public function of an op: it admits what is not known to be a tensor, and calls the active interpreter."""
    source, filename = _source(op), f"<kcompat.ops.{op.name}>"
    namespace: dict[str, Any] = {"active": active, "SCALARS": frozenset(SCALARS)}
    namespace |= {"as_dtype": as_dtype, "_as_float": _as_float, "_listed": _listed}
    exec(compile(source, filename, "exec"), namespace)
    function = namespace[op.name]
    function.__doc__, function.__module__ = op.doc, module
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    return function


def __getattr__(name: str) -> Any:
    """Make an op's function when it is first asked for: making all of them takes as long as importing NumPy."""
    op = OPS.get(name)
    if op is None or not op.public:
        raise AttributeError(f"kcompat.ops has no {name!r}; it may be one of keras.ops that kcompat does not have yet")
    globals()[name] = make_function(op)
    return globals()[name]


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def convert_to_tensor(x: Any, dtype: Any = None) -> Any:
    """A tensor of the active backend, from an array, a number, nested lists, a variable, or such a tensor.

    An array keeps its dtype; Python floats become floatx and Python ints int32.
    """
    B = active()
    if hasattr(x, "dtype") and type(x) not in B.tensor_types:  # a variable too, ours or the framework's
        x = B.admit(x)
    return B.constant(x, dtype=None if dtype is None else as_dtype(dtype))


def convert_to_numpy(x: Any) -> Any:
    """The values of a tensor, variable, number or list, as a NumPy array."""
    B = active()
    return B.engine.to_numpy(x if type(x) in B.tensor_types and type(x) not in SCALARS else B.constant(B.admit(x)))


def is_tensor(x: Any) -> bool:
    """Whether `x` is a tensor of the active backend."""
    return bool(current().engine.is_tensor(x))


def shape(x: Any) -> tuple[int, ...]:
    """The shape of a tensor, as a tuple of ints."""
    return tuple((x if hasattr(x, "shape") else active().admit(x)).shape)


def ndim(x: Any) -> int:
    """The number of axes of a tensor, as an int."""
    return len(shape(x))


def size(x: Any) -> int:
    """The number of elements of a tensor, as an int."""
    return math.prod(shape(x))


def dtype(x: Any) -> str:
    """The name of a tensor's dtype."""
    return as_dtype((x if hasattr(x, "dtype") else convert_to_tensor(x)).dtype)


def select(condlist: Sequence[Any], choicelist: Sequence[Any], default: Any = 0) -> Any:
    """Elementwise, the choice whose condition is the first that holds; `default` where none does.

    Args:
        condlist: conditions, tensors of bools.
        choicelist: as many choices, tensors or numbers; all broadcast.
        default: a tensor or a number.

    Raises:
        ValueError: unless there are as many choices as conditions, and at least one.
    """
    if len(condlist) != len(choicelist) or not len(condlist):
        raise ValueError(
            f"select: condlist and choicelist have one length, at least 1; got {len(condlist)} and {len(choicelist)}"
        )
    B = active()
    condlist, choicelist, (result,) = (
        [x if type(x) in B.tensor_types else B.admit(x) for x in xs] for xs in (condlist, choicelist, [default])
    )
    for condition, choice in zip(reversed(condlist), reversed(choicelist), strict=True):
        result = B.where(condition, choice, result)
    return result


def nonzero(x: Any) -> tuple[Any, ...]:
    """The coordinates of the elements that are not zero: one int32 vector an axis, in row-major order.

    Raises TypeError where the values are not known, in compiled functions and while shapes are inferred: how many
    there are depends on the data.
    """
    B = active()
    try:
        values = convert_to_numpy(x)
    except Exception as error:
        raise TypeError(
            "nonzero: the shape of the result depends on the data, which is not known in a compiled function; "
            "use where(condition, x1, x2), or top_k or argsort with a fixed number of results"
        ) from error
    return tuple(B.constant(place.astype("int32")) for place in np.nonzero(values))


def value_and_grad(
    f: Callable[..., Any], argnums: int | Sequence[int] = 0, has_aux: bool = False
) -> Callable[..., Any]:
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


def grad(f: Callable[..., Any], argnums: int | Sequence[int] = 0, has_aux: bool = False) -> Callable[..., Any]:
    """A function that gives the gradient of `f`; see `value_and_grad`. With `has_aux`: `(gradient, aux)`."""

    @functools.wraps(f, updated=())
    def run(*args: Any) -> Any:
        value, gradient = value_and_grad(f, argnums, has_aux)(*args)
        return (gradient, value[1]) if has_aux else gradient

    return run


def vjp(f: Callable[..., Any], *primals: Any) -> tuple[Any, Callable[[Any], tuple[Any, ...]]]:
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


def jvp(fun: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any], has_aux: bool = False) -> Any:
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
    given, wanted = ([shape(x) for x in tree.flatten(trees)[0]] for trees in (tangents, primals))
    if given != wanted:
        raise ValueError(f"jvp: tangents have the shapes of the primals, {wanted}; got {given}")

    def result_of(*args: Any) -> Any:
        return split_aux(fun(*args), has_aux)[0]

    def pull_back(cotangent: Any) -> Any:
        return vjp(result_of, *primals)[1](cotangent)

    result, aux = split_aux(fun(*primals), has_aux)
    zeros = tree.map_leaves(lambda y: active().zeros_like(y), result)
    (tangent,) = vjp(pull_back, zeros)[1](tangents)
    return (result, tangent, aux) if has_aux else (result, tangent)


def custom_gradient(f: Callable[..., Any]) -> Callable[..., Any]:
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


from kcompat.ops import image as image  # noqa: E402  (its functions are made by `make_function`)
