"""`vectorize`: a function of scalars, or of small arrays, applied to all elements of larger ones."""

from __future__ import annotations

import functools
import re
from typing import Any

from kcompat.ops.control_flow import vectorized_map
from kcompat.runtime import tree
from kcompat.runtime.interpreter import Interpreter
from kcompat.runtime.protocols import Function
from kcompat.runtime.registry import current
from kcompat.spec import SCALARS
from kcompat.spec.rules import broadcast_shapes

_CORE = r"\((?:\w+(?:,\w+)*)?\)"
_SIGNATURE = re.compile(rf"^{_CORE}(?:,{_CORE})*->{_CORE}(?:,{_CORE})*$")


def vectorize(pyfunc: Function, *, excluded: Any = None, signature: str | None = None) -> Function:
    """A function that applies `pyfunc` to every element of its arguments, which broadcast.

    Args:
        pyfunc: takes scalars, or tensors with the core axes that `signature` names, and gives such.
        excluded: a set of the positions of arguments that are handed on as they are.
        signature: the core axes of arguments and results, as in `"(m,n),(n)->(m)"`; the axes before them are looped
            over. Without it everything is a scalar.

    Raises:
        ValueError: if `signature` is malformed, or does not fit the arguments.
    """
    if not callable(pyfunc):
        raise ValueError(f"vectorize: pyfunc is a function, got {pyfunc!r}")
    excluded = frozenset(excluded or ())
    if any(not isinstance(i, int) or i < 0 for i in excluded):
        raise ValueError(f"vectorize: excluded holds positions of arguments, got {sorted(map(str, excluded))}")
    cores = None if signature is None else _parse(signature)

    @functools.wraps(pyfunc, updated=())
    def call(*args: Any, **kwargs: Any) -> Any:
        B = current()
        places = [i for i in range(len(args)) if i not in excluded]
        tensors = [B.constant(args[i]) if type(args[i]) in SCALARS else B.admit(args[i]) for i in places]

        def f(*slices: Any) -> Any:
            arguments = list(args)
            for i, x in zip(places, slices, strict=True):
                arguments[i] = x
            return pyfunc(*arguments, **kwargs)

        return _apply(B, f, tensors, cores, signature)

    return call


def _parse(signature: str) -> list[tuple[str, ...]]:
    """The core axes of each argument."""
    text = signature.replace(" ", "")
    if not _SIGNATURE.match(text):
        raise ValueError(f"vectorize: signature is like '(m,n),(n)->(m)', got {signature!r}")
    parts = re.findall(r"\(([^)]*)\)", text.partition("->")[0])
    return [tuple(part.split(",")) if part else () for part in parts]


def _apply(B: Interpreter, f: Function, tensors: list[Any], cores: Any, signature: str | None) -> Any:
    ranks = [len(core) for core in cores] if cores is not None else [0] * len(tensors)
    shapes = [tuple(x.shape) for x in tensors]
    if len(ranks) != len(tensors) or any(len(s) < r for s, r in zip(shapes, ranks, strict=True)):
        raise ValueError(f"vectorize: signature {signature!r} does not fit arguments of shapes {shapes}")
    if cores is not None:
        _check_sizes(cores, [s[len(s) - r :] for s, r in zip(shapes, ranks, strict=True)], signature)
    loop = broadcast_shapes(*(s[: len(s) - r] for s, r in zip(shapes, ranks, strict=True)))
    if not loop:
        return f(*tensors)
    flat = [
        B.reshape(B.broadcast_to(x, shape=(*loop, *s[len(s) - r :])), newshape=(-1, *s[len(s) - r :]))
        for x, s, r in zip(tensors, shapes, ranks, strict=True)
    ]
    result = vectorized_map(lambda slices: f(*slices), flat)
    return tree.map_leaves(lambda y: B.reshape(y, newshape=(*loop, *tuple(y.shape)[1:])), result)


def _check_sizes(cores: list[tuple[str, ...]], shapes: list[tuple[int, ...]], signature: str | None) -> None:
    sizes: dict[str, int] = {}
    for core, shape in zip(cores, shapes, strict=True):
        for name, size in zip(core, shape, strict=True):
            if sizes.setdefault(name, size) != size:
                raise ValueError(f"vectorize: axis {name!r} of {signature!r} has sizes {sizes[name]} and {size}")
