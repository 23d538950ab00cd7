"""What a framework must offer besides ops, with a default for all that can be built from the ops alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from kcompat import autodiff, tree
from kcompat.active import use
from kcompat.interpreter import Interpreter
from kcompat.program import Program
from kcompat.spec import Joint, floatx, is_float

SCALARS = (bool, int, float)


class Engine:
    """Base class of engines. A backend defines the first group of methods and may replace the others.

    `name` is the backend's; `package` the distribution that it needs, for its version and for `pip install`.
    """

    name: str
    package: str

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

    def devices(self) -> list[str]:
        """The devices that tensors can live on."""
        return ["cpu"]

    def synchronize(self, x: Any) -> None:
        """Wait until `x` is computed."""

    def seed(self, seed: int) -> None:
        """Seed the framework's own generator, for `rng="native"`."""

    def native_bits(self, key: Any, *, shape: tuple[int, ...]) -> Any:
        """32 random bits an element, as int32, by the framework's own generator; here NumPy's Philox (Salmon, 2011)."""
        words = np.ascontiguousarray(self.to_numpy(key)).view(np.uint32)
        generator = np.random.Philox(key=words[:2].view(np.uint64)[0], counter=int(words[2]) << 128)
        bits = generator.random_raw(-(-int(np.prod(shape)) // 2)).view(np.int32)
        return self.asarray(bits[: int(np.prod(shape))].reshape(shape))

    def native_random(self, B: Any) -> Interpreter:
        """The interpreter of this backend in which draws take their bits from `native_bits`."""
        while isinstance(B, autodiff.Tape):  # draws have no gradient
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

    def vjp(self, B: Any, f: Callable[..., Any], primals: tuple[Any, ...]) -> Any:
        """See `kcompat.ops.vjp`."""
        leaves, rebuild = tree.flatten(primals)
        outer: Any = None

        def flat(tape: Any, *values: Any) -> Any:
            nonlocal outer
            with use(tape):
                outputs, outer = tree.flatten(f(*rebuild(list(values))))
            return tuple(outputs)

        values, pull = autodiff.vjp(B, flat, [B.admit(leaf) for leaf in leaves])

        def pull_back(cotangent: Any) -> Any:
            return rebuild(pull(*map(B.admit, tree.flatten(cotangent)[0])))

        return outer(list(values)), pull_back

    def custom_gradient(self, B: Any, f: Callable[..., Any], args: tuple[Any, ...]) -> Any:
        """See `kcompat.ops.custom_gradient`."""
        if not isinstance(B, autodiff.Tape):
            return f(*args)[0]
        values = tuple(map(B.value, args))
        with use(B.base):
            result, gradient = f(*values)
            if isinstance(B.base, autodiff.Tape):  # to an outer derivative, too, the function is what it says it is
                result = self.custom_gradient(B.base, f, values)
        count = len(args)

        def rule(base: Any, g: Any, y: Any, *values: Any) -> tuple[Any, ...]:
            del y, values
            with use(base):
                pulled = gradient(*g) if isinstance(g, tuple) else gradient(g)
            pulled = pulled if isinstance(pulled, (tuple, list)) else (pulled,)
            return (*pulled, *([None] * (count - len(pulled))))

        return B.record("custom_gradient", Joint(rule), args, {}, result)

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


def _at(B: Any, x: Any, t: int) -> Any:
    shape = tuple(x.shape)
    rest = (0,) * (len(shape) - 1)
    row = B.strided_slice(x, start=(t, *rest), stop=(t + 1, *shape[1:]), step=(1,) * len(shape))
    return B.reshape(row, newshape=shape[1:])


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


def differentiated(B: Any, args: tuple[Any, ...], argnums: int | Sequence[int]) -> tuple[list[Any], Any]:
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


def check_numbers(x: np.ndarray) -> None:
    """Refuse strings and objects."""
    if x.dtype.kind not in "biuf" and x.dtype.name != "bfloat16":
        raise TypeError(f"a tensor holds numbers or bools, got values of NumPy dtype {x.dtype}: {x.ravel()[:1]}")


def default_dtype(x: np.ndarray) -> str | None:
    """The dtype of a tensor made of Python numbers, which NumPy has turned into an array; None: as it is."""
    check_numbers(x)
    return floatx() if x.dtype.kind == "f" else "int32" if x.dtype.kind == "i" else None
