"""What a framework must offer besides ops, with a default for all that can be built from the ops alone."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from kcompat.runtime import gradients
from kcompat.runtime.interpreter import Interpreter
from kcompat.runtime.program import Program
from kcompat.runtime.tape import Tape
from kcompat.spec import SCALARS, floatx


class Engine:
    """Base class of engines. A backend defines the first group of methods and may replace the others.

    `name` is the backend's; `package` the distribution that it needs, for its version and for `pip install`.
    """

    name: str
    package: str
    tensor_type: type | None = None
    """The one type of the backend's tensors, if there is one: operands of this type need no admission."""
    compiles_ops = False
    """Whether running an op eagerly compiles it for its shapes, which takes time once."""

    def __init__(self) -> None:
        self.tensor_types: set[type] = {*SCALARS, type(None)}
        """Types known to be fine as operands; `admit` adds the backend's own as it meets them."""
        self._native_random: Interpreter | None = None

    # What every backend defines.

    def asarray(self, x: Any, dtype: str | None = None) -> Any:
        """A tensor of this backend from an array, a number, nested lists of numbers, or a tensor.

        Without `dtype`, an array keeps its own and Python floats become floatx, ints int32.
        """
        raise NotImplementedError

    def to_numpy(self, x: Any) -> np.ndarray:
        """The values of a tensor, without its gradient."""
        raise NotImplementedError

    def is_tensor(self, x: Any) -> bool:
        """Whether `x` is a tensor of this backend."""
        raise NotImplementedError

    def dtype(self, x: Any) -> str:
        """The name of a tensor's dtype."""
        raise NotImplementedError

    # What a backend may do better.

    def prepared(self, name: str, how: str, call: Callable[..., Any]) -> Callable[..., Any]:
        """What the interpreter calls for the op of this name, native or composed (`how`).

        A place to put a context around it.
        """
        del name, how
        return call

    def devices(self) -> list[str]:
        """The devices that tensors can live on."""
        return ["cpu"]

    def use_device(self, name: str) -> None:
        """Put new tensors on a device, one of `devices()` or its kind; raises ValueError for another."""
        if name not in {kind for device in self.devices() for kind in (device, device.partition(":")[0])}:
            raise ValueError(f"backend {self.name!r} has the devices {', '.join(self.devices())}, got {name!r}")
        self._use_device(name)

    def _use_device(self, name: str) -> None:
        """Do so; a backend with more than one device replaces it."""

    def use_tf32(self, allowed: bool) -> None:
        """Let the factors of float32 matrix products be rounded to 11 digits, where hardware does that; or not."""

    def synchronize(self, x: Any) -> None:
        """Wait until `x` is computed."""

    def seed(self, seed: int) -> None:
        """Seed the framework's own generator, for `rng="native"`; where each key makes one, there is nothing to do."""

    def native_bits(self, key: Any, *, shape: tuple[int, ...]) -> Any:
        """32 random bits an element, as int32, by the framework's own generator; here NumPy's Philox (Salmon, 2011)."""
        words = np.ascontiguousarray(self.to_numpy(key)).view(np.uint32)
        generator = np.random.Philox(key=words[:2].view(np.uint64)[0], counter=int(words[2]) << 128)
        count = math.prod(shape)
        bits = generator.random_raw(-(-count // 2)).view(np.int32)
        return self.asarray(bits[:count].reshape(shape))

    def native_random(self, B: Any) -> Interpreter:
        """The interpreter of this backend in which draws take their bits from `native_bits`."""
        while isinstance(B, Tape):  # draws have no gradient
            B = B.base
        if self._native_random is None:
            self._native_random = Interpreter(B.name, {**B.native, "random_bits": self.native_bits}, self)
        return self._native_random

    def version(self) -> str:
        """The version of the package."""
        from importlib.metadata import version  # takes long, and `import kcompat` does not need it

        return version(self.package)

    def admit(self, x: Any) -> Any:
        """Make `x` an operand: a variable gives its value, arrays and lists are converted, other tensors refused."""
        if hasattr(type(x), "assign") and hasattr(x, "value"):
            x = x.value
        if self.is_tensor(x):
            self.tensor_types.add(type(x))
            return x
        if isinstance(x, (np.ndarray, np.generic, list, tuple, *SCALARS)):
            return self.asarray(x)
        owner = type(x).__module__.partition(".")[0]
        raise TypeError(
            f"backend {self.name!r} takes its own tensors, NumPy arrays and numbers, got a {type(x).__qualname__} "
            f"of {owner!r}; convert it to a NumPy array, or switch with kcompat.use_backend(...)"
        )

    def value_and_grad(self, B: Any, f: Callable[..., Any], argnums: int | Sequence[int], has_aux: bool) -> Any:
        """See `kcompat.ops.value_and_grad`; `B` is the active interpreter."""
        return gradients.value_and_grad(B, f, argnums, has_aux)

    def vjp(self, B: Any, f: Callable[..., Any], primals: tuple[Any, ...]) -> Any:
        """See `kcompat.ops.vjp`."""
        return gradients.vjp(B, f, primals)

    def custom_gradient(self, B: Any, f: Callable[..., Any], args: tuple[Any, ...]) -> Any:
        """See `kcompat.ops.custom_gradient`."""
        return gradients.custom_gradient(B, f, args)

    def jit(self, f: Callable[..., Any]) -> Callable[..., Any]:
        """Compile a pure function of tensors; a backend without a compiler gives it back."""
        return f

    def compile(self, B: Any, step: Callable[..., Any], state: Any) -> Program:
        """See `Program`."""
        return Program(B, step, state)

    def scan(self, B: Any, f: Any, init: tuple, xs: tuple, consts: tuple = (), reverse: bool = False) -> Any:
        """Fold `f(B, carry, x, consts) -> (carry, y)` over the first axis of each of `xs`.

        `carry`, `x`, `consts` and `y` are tuples of tensors; `f` is closed: of values that may be traced it uses
        only what it is given. Gives the last carry and the stacked `y`s.
        """
        carry, outputs = init, []
        order = range(xs[0].shape[0])
        for t in reversed(order) if reverse else order:
            carry, y = f(B, carry, tuple(_at(B, x, t) for x in xs), consts)
            outputs.append(y)
        if reverse:
            outputs.reverse()
        return carry, tuple(B.stack(*ys, axis=0) for ys in zip(*outputs, strict=True))

    def truth(self, x: Any) -> bool:
        """Whether a tensor of rank 0 holds; an error if its value is not known yet."""
        return bool(self.to_numpy(x)) if self.is_tensor(x) else bool(x)

    def cond(self, B: Any, pred: Any, true_fn: Callable[[], tuple], false_fn: Callable[[], tuple]) -> tuple:
        """The tensors of `true_fn()` if `pred` holds, else of `false_fn()`. See `kcompat.ops.cond`."""
        del B
        return true_fn() if self.truth(pred) else false_fn()

    def while_loop(self, B: Any, cond: Callable[[tuple], Any], body: Callable[[tuple], tuple], carry: tuple) -> tuple:
        """Apply `body` to a tuple of tensors while `cond` holds for it. See `kcompat.ops.while_loop`."""
        del B
        while self.truth(cond(carry)):
            carry = body(carry)
        return carry

    def fold(
        self, B: Any, step: Callable[[tuple, tuple], tuple], init: tuple, xs: tuple, reverse: bool, unroll: int
    ) -> tuple:
        """Like `scan`, with a step that may close over tensors which are differentiated."""
        del unroll
        return self.scan(B, lambda B, carry, x, consts: step(carry, x), init, xs, (), reverse)

    def vectorized_map(self, B: Any, f: Callable[..., tuple], xs: tuple) -> tuple:
        """The tensors of `f` for each slice of `xs` along the first axis, stacked; here one after the other."""
        return self.fold(B, lambda carry, x: ((), f(*x)), (), xs, False, 1)[1]


def _at(B: Any, x: Any, t: int) -> Any:
    shape = tuple(x.shape)
    rest = (0,) * (len(shape) - 1)
    row = B.strided_slice(x, start=(t, *rest), stop=(t + 1, *shape[1:]), step=(1,) * len(shape))
    return B.reshape(row, newshape=shape[1:])


def check_numbers(x: np.ndarray) -> None:
    """Refuse strings and objects."""
    if x.dtype.kind not in "biuf" and x.dtype.name != "bfloat16":
        raise TypeError(f"a tensor holds numbers or bools, got values of NumPy dtype {x.dtype}: {x.ravel()[:1]}")


def default_dtype(x: np.ndarray) -> str | None:
    """The dtype of a tensor made of Python numbers, which NumPy has turned into an array; None: as it is."""
    check_numbers(x)
    return floatx() if x.dtype.kind == "f" else "int32" if x.dtype.kind == "i" else None
