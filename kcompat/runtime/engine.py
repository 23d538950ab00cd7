"""What a framework must offer besides ops, with a default for all that can be built from the ops alone."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from kcompat.runtime import gradients, unrolled
from kcompat.runtime.interpreter import Interpreter, Recorder
from kcompat.runtime.program import Holder, Program, State, Step
from kcompat.runtime.protocols import FoldStep, Function, ScanStep, TensorLike, Tensors
from kcompat.runtime.tree import Tree
from kcompat.spec import SCALARS, VariableLike, as_dtype, floatx


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

    def asarray(self, x: TensorLike, dtype: str | None = None) -> Any:
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

    def prepare(self, name: str, support: str, call: Function) -> Function:
        """What the interpreter calls for the op of this name, native or composed as `support` says.

        A place to put a context around it.
        """
        del name, support
        return call

    def over(self, recorder: Recorder) -> Engine:
        """The engine of an interpreter that records what this engine's computes."""
        return EngineOver(recorder, self)

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

    def native_random(self, B: Interpreter) -> Interpreter:
        """The interpreter of this backend in which draws take their bits from `native_bits`."""
        if self._native_random is None:
            self._native_random = Interpreter(B.name, {**B.native, "random_bits": self.native_bits}, self)
        return self._native_random

    def version(self) -> str:
        """The version of the package."""
        from importlib.metadata import version  # takes long, and `import kcompat` does not need it

        return version(self.package)

    def admit(self, x: TensorLike) -> Any:
        """Make `x` an operand: a variable gives its value, arrays and lists are converted, other tensors refused."""
        if isinstance(x, VariableLike):
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

    def value_and_grad(self, B: Interpreter, f: Function, argnums: int | Sequence[int], has_aux: bool) -> Function:
        """The function that `kcompat.ops.value_and_grad` gives; `B` is the active interpreter."""
        return gradients.value_and_grad(B, f, argnums, has_aux)

    def vjp(self, B: Interpreter, f: Function, primals: tuple[Tree, ...]) -> tuple[Tree, Function]:
        """The result of `f(*primals)` and its pullback; see `kcompat.ops.vjp`."""
        return gradients.vjp(B, f, primals)

    def custom_gradient(self, B: Interpreter, f: Function, args: Tensors) -> Any:
        """The result of `f(*args)`, differentiated as it says itself; see `kcompat.ops.custom_gradient`."""
        return gradients.custom_gradient(B, f, args)

    def jit(self, f: Function) -> Function:
        """Compile a pure function of tensors; a backend without a compiler gives it back."""
        return f

    def compile(self, B: Interpreter, step: Step, state: State | Holder) -> Program:
        """The program that does a step on a state of its own; see `Program`."""
        return Program(B, step, state)

    def scan(
        self, B: Interpreter, f: ScanStep, init: Tensors, xs: Tensors, consts: Tensors = (), reverse: bool = False
    ) -> tuple[Tensors, Tensors]:
        """Fold `f(B, carry, x, consts) -> (carry, y)` over the first axis of each of `xs`.

        `carry`, `x`, `consts` and `y` are tuples of tensors; `f` is closed: of values that may be traced it uses
        its arguments only. Gives the last carry and the stacked `y`s.
        """
        return unrolled.scan(B, f, init, xs, consts, reverse)

    def truth(self, x: Any) -> bool:
        """Whether a tensor of rank 0 holds; an error if its value is not known yet."""
        return bool(self.to_numpy(x)) if self.is_tensor(x) else bool(x)

    def cond(
        self, B: Interpreter, pred: Any, true_fn: Callable[[], Tensors], false_fn: Callable[[], Tensors]
    ) -> Tensors:
        """The tensors of `true_fn()` if `pred` holds, else of `false_fn()`. See `kcompat.ops.cond`."""
        return unrolled.cond(B, pred, true_fn, false_fn)

    def while_loop(
        self, B: Interpreter, cond: Callable[[Tensors], Any], body: Callable[[Tensors], Tensors], carry: Tensors
    ) -> Tensors:
        """Apply `body` to a tuple of tensors while `cond` holds for it. See `kcompat.ops.while_loop`."""
        return unrolled.while_loop(B, cond, body, carry)

    def fold(
        self, B: Interpreter, step: FoldStep, init: Tensors, xs: Tensors, reverse: bool, unroll: int
    ) -> tuple[Tensors, Tensors]:
        """Like `scan`, with a step that may close over tensors which are differentiated.

        A compiled loop may do `unroll` steps at once.
        """
        del unroll
        return self.scan(B, lambda B, carry, x, consts: step(carry, x), init, xs, (), reverse)

    def vectorized_map(self, B: Interpreter, f: Callable[..., Tensors], xs: Tensors) -> Tensors:
        """The tensors of `f` for each slice of `xs` along the first axis, stacked; here one after the other."""
        return self.fold(B, lambda carry, x: ((), f(*x)), (), xs, False, 1)[1]


class EngineOver(Engine):
    """The engine of a recorder, such as a tape: gradients and loops by the recorder, the rest by the engine below.

    What is not a tensor of the recorder goes down as it is, so recorders may be stacked.
    """

    def __init__(self, recorder: Recorder, below: Engine):
        self.recorder, self.below = recorder, below
        self.name, self.package, self.compiles_ops = below.name, below.package, below.compiles_ops
        self.tensor_type: type[Any] = recorder.tensor_type
        self.tensor_types = {*below.tensor_types, recorder.tensor_type}

    def admit(self, x: TensorLike) -> Any:
        if isinstance(x, VariableLike):
            x = x.value
        return x if type(x) is self.tensor_type else self.below.admit(x)

    def asarray(self, x: TensorLike, dtype: str | None = None) -> Any:
        if type(x) is not self.tensor_type:
            return self.below.asarray(x, dtype)
        return x if dtype in (None, self.dtype(x)) else self.recorder.cast(x, dtype=dtype)

    def to_numpy(self, x: Any) -> np.ndarray:
        return self.below.to_numpy(self.recorder.value(x))

    def is_tensor(self, x: Any) -> bool:
        return type(x) is self.tensor_type or self.below.is_tensor(x)

    def dtype(self, x: Any) -> str:
        return as_dtype(x.dtype) if type(x) is self.tensor_type else self.below.dtype(x)

    def truth(self, x: Any) -> bool:
        return self.below.truth(self.recorder.value(x))

    def scan(
        self, B: Interpreter, f: ScanStep, init: Tensors, xs: Tensors, consts: Tensors = (), reverse: bool = False
    ) -> tuple[Tensors, Tensors]:
        """Record it as one application if one of the tensors is recorded."""
        if any(map(self.recorder.has_recorded, (*init, *xs, *consts))):
            return self.recorder.record_scan(f, init, xs, consts, reverse)
        return self.recorder.base.scan(f, init, xs, consts, reverse=reverse)

    def fold(
        self, B: Interpreter, step: FoldStep, init: Tensors, xs: Tensors, reverse: bool, unroll: int
    ) -> tuple[Tensors, Tensors]:
        """Unroll it, so that what the step closes over is recorded, too."""
        return unrolled.fold(B, step, init, xs, reverse)

    def native_random(self, B: Interpreter) -> Interpreter:
        """That of the engine below: draws have no gradient."""
        return self.below.native_random(self.recorder.base)

    def native_bits(self, key: Any, *, shape: tuple[int, ...]) -> Any:
        return self.below.native_bits(self.recorder.value(key), shape=shape)

    def seed(self, seed: int) -> None:
        self.below.seed(seed)

    def synchronize(self, x: Any) -> None:
        self.below.synchronize(self.recorder.value(x))

    def devices(self) -> list[str]:
        return self.below.devices()

    def use_device(self, name: str) -> None:
        self.below.use_device(name)

    def use_tf32(self, allowed: bool) -> None:
        self.below.use_tf32(allowed)

    def version(self) -> str:
        return self.below.version()


def check_numbers(x: np.ndarray) -> None:
    """Refuse strings and objects."""
    if x.dtype.kind not in "biuf" and x.dtype.name != "bfloat16":
        raise TypeError(f"a tensor holds numbers or bools, got values of NumPy dtype {x.dtype}: {x.ravel()[:1]}")


def default_dtype(x: np.ndarray) -> str | None:
    """The dtype for an array that NumPy made of Python numbers: floatx or int32; None keeps the array's own."""
    check_numbers(x)
    return floatx() if x.dtype.kind == "f" else "int32" if x.dtype.kind == "i" else None
