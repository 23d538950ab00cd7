"""How calls of an op are arranged for a public function, and the fragments of scripts that show a failure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from inspect import Parameter
from typing import Any

import numpy as np

from kcompat.ops.generated import public_signature
from kcompat.spec import Op


@dataclass(frozen=True)
class Dialect:
    """Fragments of Python for one library.

    Args:
        prelude: the imports.
        tensor: makes a tensor of the array `{}`.
        array: makes an array of the tensor `{}`.
        gradient: assigns to `g` the gradients of the call `{f}` by the tensors named `{xs}`, with cotangent `{ct}`.
    """

    prelude: str = ""
    tensor: str = "{}"
    array: str = "np.asarray({})"
    gradient: str = ""


JAX_GRADIENT = "y, pull = jax.vjp(lambda {xs}: {f}, {xs})\ng = pull({ct})"
TORCH_GRADIENT = "for t in [{xs}]: t.requires_grad_()\ng = torch.autograd.grad({f}, [{xs}], {ct})"
TENSORFLOW_GRADIENT = (
    "with tf.GradientTape() as tape:\n    tape.watch([{xs}])\n    y = {f}\ng = tape.gradient(y, [{xs}], {ct})"
)


def arrange(op: Op, args: tuple[Any, ...], attrs: dict[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    """The arguments of a case, arranged for Keras's signature: by position, and by keyword."""
    bound = op.signature.bind(*args, **attrs).arguments
    attributes = {} if op.variadic else {p.name for p in op.attributes}
    positional: list[Any] = []
    keywords: dict[str, Any] = {}
    gap = False
    for name, public in public_signature(op).parameters.items():
        if name not in bound:
            gap = True
        elif public.kind is Parameter.VAR_POSITIONAL:
            positional += bound[name]
        elif gap or name in attributes or public.kind is Parameter.KEYWORD_ONLY:
            keywords[name] = bound[name]
            gap = True
        else:
            listed = op.signature.parameters[name].kind is Parameter.VAR_POSITIONAL
            positional.append(list(bound[name]) if listed else bound[name])
    return positional, keywords


def names_of(case: Any) -> list[str]:
    """A variable for each argument of a case: the parameter's name, with a number where several share one."""
    shared, count, names = Counter(case.tensor_names), Counter[str](), []
    for name in case.tensor_names:
        names.append(name if shared[name] == 1 else f"{name}{count[name]}")
        count[name] += 1
    return names


class Code(str):
    """Code that stands for itself where it is printed."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def write_public_call(function: str, case: Any) -> str:
    """The call of a function that has Keras's signature; tensors under their names, the rest literally."""
    args = tuple(
        Code(name) if isinstance(x, np.ndarray) else x for name, x in zip(names_of(case), case.arrays, strict=True)
    )
    positional, keywords = arrange(case.op, args, case.sample.attrs)
    return f"{function}({', '.join([*map(repr, positional), *(f'{k}={v!r}' for k, v in keywords.items())])})"


def write_array(x: np.ndarray) -> str:
    """An array as code."""
    dtype = "float32" if x.dtype.name == "bfloat16" else x.dtype.name
    cast = "" if dtype == x.dtype.name else f'.astype("{x.dtype.name}")'
    if not x.size:
        return f'np.zeros({x.shape}, "{dtype}"){cast}'
    if x.size > 4 and len(set(map(str, x.ravel()))) == 1:
        return f'np.full({x.shape}, {write_numbers(x.ravel()[0])}, "{dtype}"){cast}'
    return f'np.array({write_numbers(x).replace("nan", "np.nan").replace("inf", "np.inf")}, "{dtype}"){cast}'


def write_numbers(x: Any) -> str:
    """Nested lists of numbers, as short as their dtype allows."""
    if np.ndim(x):
        return f"[{', '.join(map(write_numbers, x))}]"
    return str(np.asarray(x).item() if np.asarray(x).dtype.kind in "biu" else np.asarray(x)[()]).removesuffix(".0")
