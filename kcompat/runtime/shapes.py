"""Shape inference: the ops interpreted over `TensorSpec`, running nothing.

A size that is not known, such as the batch, is None. The integer rules know no None: they run twice, with two
sizes that have many divisors, and what comes out different depends on the unknown.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from kcompat.runtime import tree
from kcompat.runtime.active import use
from kcompat.runtime.engine import Engine
from kcompat.runtime.interpreter import Interpreter
from kcompat.runtime.protocols import ScanStep, Tensor, Tensors
from kcompat.runtime.tree import Tree
from kcompat.spec import OPS, TensorSpec, as_dtype, float_type


class Unknown(int):
    """A size that is not known, as the integer rules see it: a number that stands in for it, and is written None.

    What is computed with it is not known either.
    """

    def __repr__(self) -> str:
        return "None"

    __str__ = __repr__

    def __format__(self, form: str) -> str:
        return format("None", form.rstrip("dn"))


def _giving_unknown(operation: Callable[..., Any]) -> Callable[..., Any]:
    def compute(*numbers: int) -> Any:
        result: Any = operation(*numbers)
        if isinstance(result, tuple):  # of divmod
            return tuple(map(Unknown, result))
        return Unknown(result) if isinstance(result, int) else result

    return compute


for _name in ("add", "sub", "mul", "floordiv", "mod", "divmod", "pow", "lshift", "rshift"):
    for _side in ("", "r"):
        setattr(Unknown, f"__{_side}{_name}__", _giving_unknown(getattr(int, f"__{_side}{_name}__")))
for _name in ("neg", "pos", "abs"):
    setattr(Unknown, f"__{_name}__", _giving_unknown(getattr(int, f"__{_name}__")))


STAND_INS = (Unknown(27720), Unknown(55440))


def known(shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
    """A shape as users see it: the sizes that are known, and None for the others."""
    return tuple(None if isinstance(n, Unknown) else n for n in shape)


class ShapeEngine(Engine):
    """What the shape interpreter has besides rules."""

    name, package = "shapes", "kcompat"
    tensor_type = TensorSpec

    def __init__(self) -> None:
        super().__init__()
        self.tensor_types |= {TensorSpec}

    def admit(self, x: Any) -> Any:
        if isinstance(x, Unknown):
            return int(x)
        if isinstance(x, Tensor):  # a variable, too
            return TensorSpec(tuple(x.shape), as_dtype(x.dtype))
        return self.asarray(x)

    def asarray(self, x: Any, dtype: str | None = None) -> TensorSpec:
        if isinstance(x, TensorSpec):
            return x if dtype is None else TensorSpec(x.shape, dtype)
        if dtype is None:
            dtype = as_dtype(x.dtype) if hasattr(x, "dtype") else None
        array = np.asarray(x)
        if dtype is None and array.dtype.kind in "fi":
            dtype = float_type() if array.dtype.kind == "f" else "int32"
        return TensorSpec(array.shape, dtype or as_dtype(array.dtype))

    def to_numpy(self, x: Any) -> np.ndarray:
        if not isinstance(x, TensorSpec):
            return np.asarray(x)
        raise TypeError(f"{x} has no values: a shape is inferred; use kcompat.ops with it")

    def is_tensor(self, x: Any) -> bool:
        return isinstance(x, TensorSpec)

    def dtype(self, x: Any) -> str:
        return as_dtype(x.dtype)

    def native_random(self, B: Interpreter) -> Interpreter:
        return B

    def cond(
        self, B: Interpreter, pred: Any, true_fn: Callable[[], Tensors], false_fn: Callable[[], Tensors]
    ) -> Tensors:
        """Run both, for either may be taken."""
        if not self.is_tensor(pred):
            return true_fn() if pred else false_fn()
        false_fn()
        return true_fn()

    def while_loop(
        self, B: Interpreter, cond: Callable[[Tensors], Any], body: Callable[[Tensors], Tensors], carry: Tensors
    ) -> Tensors:
        """Run one step, which tells the shapes of all."""
        cond(carry)
        return body(carry)

    def scan(
        self, B: Interpreter, f: ScanStep, init: Tensors, xs: Tensors, consts: Tensors = (), reverse: bool = False
    ) -> tuple[Tensors, Tensors]:
        """Run one step, which tells the shapes of all, in any order."""
        length = xs[0].shape[0]
        carry, ys = f(B, init, tuple(TensorSpec(x.shape[1:], x.dtype) for x in xs), consts)
        for before, after in zip(init, carry, strict=True):
            if (before.shape, before.dtype) != (after.shape, after.dtype):
                raise ValueError(f"scan: the carry changes from {before} to {after}; a step gives back what it takes")
        return carry, tuple(TensorSpec((length, *y.shape), y.dtype) for y in ys)


interpreter = Interpreter("shapes", {op.name: op.rule for op in OPS.values() if op.rule}, ShapeEngine())
TensorSpec.interpreter = interpreter


def infer(f: Callable[..., Tree], *specs: Tree) -> Tree:
    """The shapes and dtypes that `f` gives for `specs`, trees of `TensorSpec` whose sizes may be None.

    Within `f`, `kcompat.ops` works on shapes.
    """
    leaves, rebuild = tree.flatten(specs)
    any_unknown = any(None in spec.shape for spec in leaves)
    results = []
    for size in STAND_INS if any_unknown else STAND_INS[:1]:
        stand_ins = [TensorSpec(tuple(size if n is None else n for n in s.shape), s.dtype) for s in leaves]
        with use(interpreter):
            results.append(f(*rebuild(stand_ins)))
    return tree.map_leaves(_merge, *results) if any_unknown else results[0]


def _merge(first: TensorSpec, second: TensorSpec) -> TensorSpec:
    sizes = tuple(int(m) if m == n else None for m, n in zip(first.shape, second.shape, strict=True))
    return TensorSpec(sizes, first.dtype)
