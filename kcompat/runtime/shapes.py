"""Shape inference: the ops interpreted over `TensorSpec`, running nothing.

A size that is not known, such as the batch, is None. The integer rules know no None: they run twice, with two
sizes that have many divisors, and what comes out different depends on the unknown.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from kcompat.runtime import tree
from kcompat.runtime.active import use
from kcompat.runtime.interpreter import Interpreter
from kcompat.spec import OPS, TensorSpec, as_dtype, float_type

STAND_INS = (27720, 55440)


class ShapeEngine:
    """What the shape interpreter has besides rules."""

    name = "shapes"
    tensor_type = TensorSpec
    tensor_types: set[type] = {TensorSpec, int, float, bool, type(None)}  # noqa: RUF012  (grows as types are met)

    def prepared(self, name: str, how: str, call: Any) -> Any:
        """See `Engine.prepared`."""
        return call

    def admit(self, x: Any) -> Any:
        """See `Engine.admit`."""
        if hasattr(x, "shape"):  # a variable, too
            return TensorSpec(tuple(x.shape), as_dtype(x.dtype))
        return self.asarray(x)

    def asarray(self, x: Any, dtype: str | None = None) -> TensorSpec:
        """See `Engine.asarray`."""
        if isinstance(x, TensorSpec):
            return x if dtype is None else TensorSpec(x.shape, dtype)
        if dtype is None:
            dtype = as_dtype(x.dtype) if hasattr(x, "dtype") else None
        array = np.asarray(x)
        if dtype is None and array.dtype.kind in "fi":
            dtype = float_type() if array.dtype.kind == "f" else "int32"
        return TensorSpec(array.shape, dtype or as_dtype(array.dtype))

    def native_random(self, B: Any) -> Any:
        """See `Engine.native_random`."""
        return B

    def is_tensor(self, x: Any) -> bool:
        """See `Engine.is_tensor`."""
        return isinstance(x, TensorSpec)

    def dtype(self, x: Any) -> str:
        """See `Engine.dtype`."""
        return as_dtype(x.dtype)

    def cond(self, B: Any, pred: Any, true_fn: Any, false_fn: Any) -> Any:
        """See `Engine.cond`: both are run, for either may be."""
        if not self.is_tensor(pred):
            return true_fn() if pred else false_fn()
        false_fn()
        return true_fn()

    def while_loop(self, B: Any, cond: Any, body: Any, carry: tuple) -> tuple:
        """See `Engine.while_loop`: one step tells the shapes of all."""
        cond(carry)
        return body(carry)

    def fold(self, B: Any, step: Any, init: tuple, xs: tuple, reverse: bool, unroll: int) -> Any:
        """See `Engine.fold`."""
        return self.scan(B, lambda B, carry, x, consts: step(carry, x), init, xs, (), reverse)

    def vectorized_map(self, B: Any, f: Any, xs: tuple) -> tuple:
        """See `Engine.vectorized_map`."""
        return self.fold(B, lambda carry, x: ((), f(*x)), (), xs, False, 1)[1]

    def scan(self, B: Any, f: Any, init: Any, xs: Any, consts: Any = (), reverse: bool = False) -> Any:
        """See `Engine.scan`: one step tells the shapes of all."""
        del reverse  # the order does not change a shape
        length = xs[0].shape[0]
        carry, ys = f(B, init, tuple(TensorSpec(x.shape[1:], x.dtype) for x in xs), consts)
        for before, after in zip(init, carry, strict=True):
            if (before.shape, before.dtype) != (after.shape, after.dtype):
                raise ValueError(f"scan: the carry changes from {before} to {after}; a step gives back what it takes")
        return carry, tuple(TensorSpec((length, *y.shape), y.dtype) for y in ys)


interpreter = Interpreter("shapes", {op.name: op.rule for op in OPS.values() if op.rule}, ShapeEngine())
TensorSpec.interpreter = interpreter


def infer(f: Callable[..., Any], *specs: Any) -> Any:
    """The shapes and dtypes that `f` gives for `specs`, trees of `TensorSpec` whose sizes may be None.

    Within `f`, `kcompat.ops` works on shapes.
    """
    leaves, rebuild = tree.flatten(specs)
    results = []
    unknown = any(None in spec.shape for spec in leaves)
    for size in STAND_INS if unknown else STAND_INS[:1]:
        known = [TensorSpec(tuple(size if n is None else n for n in s.shape), s.dtype) for s in leaves]
        with use(interpreter), _naming_unknowns(size):
            results.append(f(*rebuild(known)))
    if not unknown:
        return results[0]
    return tree.map_leaves(_merge, *results)


@contextlib.contextmanager
def _naming_unknowns(size: int) -> Iterator[None]:
    """Let errors speak of None, not of the number that stands in for it."""
    try:
        yield
    except (ValueError, TypeError) as error:
        if str(size) not in str(error):
            raise
        raise type(error)(str(error).replace(str(size), "None")) from error


def _merge(first: TensorSpec, second: TensorSpec) -> TensorSpec:
    sizes = tuple(m if m == n else None for m, n in zip(first.shape, second.shape, strict=True))
    return TensorSpec(sizes, first.dtype)
