"""Lowerings of ops that move elements: views where there can be one, copies into given memory where not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from kcompat.backends.numpy.compiler.emitter import Emitter
from kcompat.backends.numpy.compiler.memory import Static, differs
from kcompat.runtime.graph import Call, Node


def view(function: Callable[..., Any], method: Callable[..., str], reorders: bool = False) -> Callable[..., bool]:
    """The lowering of an op that gives a view.

    `function(array, **attrs)` makes it, `method(node, **attrs)` is code that does when it follows the operand. A view
    of the operand's shape is the operand, unless the op `reorders` axes.
    """

    def lower(emitter: Emitter, call: Call) -> bool:
        (x,), (y,) = call.args, call.results
        if x.shape == y.shape and not reorders:
            emitter.share(y, x)
        else:
            emitter.view(y, x, lambda array: function(array, **call.attrs), method(y, **call.attrs))
        return True

    return lower


reshape = view(lambda array, newshape: array.reshape(newshape), lambda y, newshape: f".reshape({y.shape})")
transpose = view(
    lambda array, axes=None: array.transpose(axes), lambda y, axes=None: f".transpose({axes})", reorders=True
)
strided_slice = view(
    lambda array, start, stop, step: array[tuple(map(slice, start, stop, step))],
    lambda y, start, stop, step: f"[{', '.join(f'{a}:{b}:{s}' for a, b, s in zip(start, stop, step, strict=True))}]",
)
_broadcast_array = view(lambda array, shape: np.broadcast_to(array, shape), lambda y, shape: "")


def broadcast_to(emitter: Emitter, call: Call) -> bool:
    """A view of an array; variables are left to the op."""
    (x,), (y,) = call.args, call.results
    return (isinstance(emitter.places[x], Static) or x.shape == y.shape) and _broadcast_array(emitter, call)


def stop_gradient(emitter: Emitter, call: Call) -> bool:
    """The operand itself."""
    emitter.share(call.results[0], call.args[0])
    return True


def concatenate(emitter: Emitter, call: Call) -> bool:
    """`np.concatenate` into given memory, of tensors of one dtype."""
    (y,) = call.results
    if any(str(x.dtype) != y.dtype for x in call.args):
        return False
    tensors = ", ".join(map(emitter.expression, call.args))
    out = emitter.output(y)
    axis = call.attrs.get("axis", 0)
    emitter.write(f"{emitter.name(np.concatenate)}(({tensors},), {axis}, {emitter.name(out)})")
    return True


def join(emitter: Emitter, call: Call) -> bool:
    """Several tensors as the vector that `kcompat.backends.numpy.compiler.flatten` has planned for them."""
    for x, part in zip(call.args, call.attrs["parts"], strict=True):
        place = emitter.places[x] if type(x) is Node else x
        if not isinstance(place, Static) or differs(place.array, part):
            emitter.do(np.copyto, part, x)
    emitter.take_over(call.results[0], call.attrs["place"])
    return True


def part(emitter: Emitter, call: Call) -> bool:
    """One tensor of a vector."""
    (x,), (y,) = call.args, call.results
    start, stop = call.attrs["start"], call.attrs["start"] + call.attrs["count"]
    emitter.view(y, x, lambda vector: vector[start:stop].reshape(y.shape), f"[{start}:{stop}].reshape({y.shape})")
    return True
