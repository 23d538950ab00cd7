"""The cases of ops, and the questions that can be asked about them.

A case is one sample of one op. A question is a function `(target, case) -> tuple of results`: the judge asks it of the
oracle and of the envelope, the suite asks it of a library.
"""

from __future__ import annotations

import functools
import itertools
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from kcompat.conformance.targets.target import Target, Unsupported
from kcompat.runtime import shapes
from kcompat.spec import OPS, Op, Sample, TensorSpec, as_dtype, is_float

Arrays = tuple[Any, ...]
Question = Callable[..., Arrays]


@dataclass(frozen=True, eq=False)
class Case:
    """One sample of one op; its float tensors have `dtype`."""

    op: Op
    index: int | str
    sample: Sample
    dtype: str = "float32"

    @property
    def id(self) -> str:
        """The op's name and which sample it is, such as `tanh-0`."""
        return f"{self.op.name}-{self.index}"

    @property
    def subject(self) -> str:
        """What the case is about."""
        return self.op.name

    @property
    def seed(self) -> int:
        """The seed of everything random about this case; the same in every process."""
        return zlib.crc32(self.id.encode())

    @property
    def differentiable(self) -> bool:
        """Whether this sample has a gradient to ask for."""
        return self.op.differentiable and self.sample.differentiable and bool(self.floats)

    @functools.cached_property
    def floats(self) -> tuple[int, ...]:
        """The positions of the float tensors among the arguments."""
        return tuple(i for i, x in enumerate(self.sample.args) if isinstance(x, np.ndarray) and x.dtype.kind == "f")

    @functools.cached_property
    def tensor_names(self) -> tuple[str, ...]:
        """The parameter that each argument is given to; those of a list of tensors share one."""
        names: list[str] = []
        for p in self.op.tensors:
            names += [p.name] * (len(self.sample.args) - len(names) if p.kind is p.VAR_POSITIONAL else 1)
        return tuple(names[: len(self.sample.args)])

    @functools.cached_property
    def arrays(self) -> tuple[Any, ...]:
        """The arguments, float tensors in the case's dtype, where the largest may be infinite."""
        dtype = numpy_dtype(self.dtype)
        with np.errstate(over="ignore"):
            return tuple(x.astype(dtype) if i in self.floats else x for i, x in enumerate(self.sample.args))

    def __repr__(self) -> str:
        arguments = [f"{x.dtype}{list(x.shape)}" if isinstance(x, np.ndarray) else repr(x) for x in self.arrays]
        return f"{self.op.name}({', '.join([*arguments, *(f'{k}={v!r}' for k, v in self.sample.attrs.items())])})"


def numpy_dtype(name: str) -> np.dtype:
    """NumPy's dtype, or that of ml_dtypes for what NumPy lacks."""
    if name != "bfloat16":
        return np.dtype(name)
    import ml_dtypes  # comes with jax and tensorflow

    return np.dtype(ml_dtypes.bfloat16)


@functools.cache
def all_cases(dtype: str = "float32") -> tuple[Case, ...]:
    """Every sample of every op; each op has a generator of its own, seeded by its name."""
    return tuple(case for op in OPS.values() for case in cases_of(op, dtype))


def cases_of(op: Op, dtype: str = "float32") -> list[Case]:
    """The samples of one op."""
    rng = np.random.default_rng(zlib.crc32(op.name.encode()))
    half = dtype in ("float16", "bfloat16")
    return [in_dtype(Case(op, i, s), dtype) for i, s in enumerate(op.samples(rng)) if s.halves or not half]


def points_of(op: Op, points: str, dtype: str = "float32") -> list[tuple[Case, Any]]:
    """A case for each of the `kinks` or `specials` of an op, with the declared point.

    A number there becomes a vector of nine, so that the vectorised and the remaining elements are both met.
    """
    pairs = []
    for i, point in enumerate(getattr(op, points)):
        args = tuple(np.asarray(x) if isinstance(x, (list, np.ndarray)) else np.full(9, x) for x in point.args)
        case = Case(op, f"{points.removesuffix('s')}-{i}", Sample(args, point.attrs))
        if getattr(point, "dtype", None) in (None, dtype):
            pairs.append((in_dtype(case, dtype), point))
    return pairs


def point_cases(points: str) -> tuple[tuple[Case, Any], ...]:
    """The cases of all `kinks` or `specials`, each with its declared point."""
    return tuple(pair for op in OPS.values() for pair in points_of(op, points))


def in_dtype(case: Case, dtype: str) -> Case:
    """The same case in another float dtype, where it converts to the first one too."""
    attrs = {name: dtype if x == case.dtype else x for name, x in case.sample.attrs.items()}
    return replace(case, dtype=dtype, sample=replace(case.sample, attrs=attrs))


def with_args(case: Case, args: Iterable[Any]) -> Case:
    """The case with other arguments, under an id of its own: what is expected of the first is not expected of it."""
    return replace(case, index=f"{case.index}".rstrip("*") + "*", sample=replace(case.sample, args=tuple(args)))


def inferred(case: Case) -> tuple[TensorSpec, ...]:
    """The shapes and dtypes of a case's results, by the rules of the spec."""
    specs = [TensorSpec(x.shape, x.dtype.name) if isinstance(x, np.ndarray) else x for x in case.arrays]
    result = getattr(shapes.interpreter, case.op.name)(*specs, **case.sample.attrs)
    return result if isinstance(result, tuple) else (result,)


def arguments(target: Target, case: Case) -> list[Any]:
    """The arguments as tensors of the target; numbers and None stay what they are."""
    return [target.asarray(x) if isinstance(x, np.ndarray) else x for x in case.arrays]


def results(target: Target, y: Any) -> Arrays:
    """A tensor or a tuple of them, as the target's results are judged."""
    return tuple(target.result(part) for part in (y if isinstance(y, (tuple, list)) else (y,)))


def value(target: Target, case: Case) -> Arrays:
    """The results of the op."""
    return called(target, case)[0]


def compiled_value(target: Target, case: Case) -> Arrays:
    """The results of the op, compiled as a function of its tensors."""
    return called(target, case, target.compile)[0]


def called(target: Target, case: Case, compiled: Any = lambda f: f) -> tuple[Arrays, list[Any]]:
    """The results of the op, and its tensors after the call."""
    args, function = arguments(target, case), target.function(case.op)
    places = [i for i, x in enumerate(case.arrays) if isinstance(x, np.ndarray)]

    def f(*tensors: Any) -> Any:
        return function(*replaced(args, places, tensors), **case.sample.attrs)

    tensors = [args[i] for i in places]
    return _with_unique_signs(target, case, results(target, compiled(f)(*tensors))), tensors


def _with_unique_signs(target: Target, case: Case, outputs: Arrays) -> Arrays:
    """The results of an op that leaves a sign free, such as an eigenvector's, times the declared sign."""
    return tuple(map(target.signed, outputs, _signs(case, outputs))) if case.op.signs else outputs


def _signs(case: Case, outputs: Arrays) -> Any:
    return case.op.signs(*(getattr(y, "value", y) for y in outputs)) if case.op.signs else itertools.repeat(1.0)


def vjp_of(target: Target) -> Callable[..., Any]:
    """The target's `vjp`. Raises `Unsupported` where it has none."""
    if target.vjp is None:
        raise Unsupported(f"{target.name} has no gradients")
    return target.vjp


def gradient(target: Target, case: Case) -> Arrays:
    """The cotangents of the float tensors, given random ones of the results."""
    return _pulled_back(target, case, cotangent)


def compiled_gradient(target: Target, case: Case) -> Arrays:
    """As `gradient`, compiled as a function of the float tensors."""
    return _pulled_back(target, case, cotangent, target.compile)


def gradient_of_sum(target: Target, case: Case) -> Arrays:
    """The cotangents of the float tensors where every element of the result has cotangent 1."""
    return _pulled_back(target, case, lambda case, number, shape: np.ones(shape))


def _pulled_back(target: Target, case: Case, upstream: Any, compiled: Any = lambda f: f) -> Arrays:
    """The cotangents of the float tensors; those of the results are `upstream(case, number of the output, shape)`."""
    vjp = vjp_of(target)
    args, function = arguments(target, case), target.function(case.op)
    signs = _signs(case, results(target, function(*args, **case.sample.attrs)) if case.op.signs else ())

    def f(*tensors: Any) -> tuple[Any, ...]:
        y = function(*replaced(args, case.floats, tensors), **case.sample.attrs)
        return tuple(part for part in (y if isinstance(y, (tuple, list)) else (y,)) if is_float(as_dtype(part.dtype)))

    def pull_back(*tensors: Any) -> tuple[Any, ...]:
        outputs, pull = vjp(f, tensors)
        cotangents = []
        for i, (sign, y) in enumerate(zip(signs, outputs, strict=False)):
            g = sign * upstream(case, i, tuple(y.shape))
            cotangents.append(target.asarray(np.asarray(g).astype(numpy_dtype(as_dtype(y.dtype)))))
        return tuple(pull(tuple(cotangents)))

    return tuple(target.result(g) for g in compiled(pull_back)(*(args[i] for i in case.floats)))


def pulled_back(target: Target, case: Any, f: Callable[..., tuple[Any, ...]], tensors: Sequence[Any]) -> Arrays:
    """The cotangents of the tensors that `f` takes, given random ones of its results; of what is built of ops.

    Compiled where running op by op compiles each.
    """
    vjp = vjp_of(target)

    def pull_back(*tensors: Any) -> tuple[Any, ...]:
        outputs, pull = vjp(f, tensors)
        shaped = [(cotangent(case, i, tuple(y.shape)), numpy_dtype(as_dtype(y.dtype))) for i, y in enumerate(outputs)]
        return tuple(pull(tuple(target.asarray(g.astype(dtype)) for g, dtype in shaped)))

    compiled = target.compile(pull_back) if target.compiles_ops and target.compile else pull_back
    return tuple(map(target.result, compiled(*tensors)))


def second_derivative(target: Target, case: Case) -> Arrays:
    """The gradient of the gradient of a unary op, each with a cotangent of its own."""
    vjp = vjp_of(target)
    (x,), function = arguments(target, case), target.function(case.op)
    first, second = (target.asarray(cotangent(case, i, tuple(x.shape)).astype(numpy_dtype(case.dtype))) for i in (1, 2))

    def slope(x: Any) -> tuple[Any, ...]:
        _, pull = vjp(lambda x: (function(x, **case.sample.attrs),), (x,))
        return tuple(pull((first,)))

    def slope_of_slope(x: Any) -> tuple[Any, ...]:
        _, pull = vjp(slope, (x,))
        return tuple(pull((second,)))

    f = target.compile(slope_of_slope) if target.compiles_ops and target.compile else slope_of_slope
    return tuple(map(target.result, f(x)))


def cotangent(case: Any, number: int, shape: tuple[int, ...]) -> np.ndarray:
    """A random cotangent for one output: sixteenths up to two and never 0, exact in every float dtype."""
    rng = np.random.default_rng((case.seed, number))
    return rng.integers(1, 33, shape) * rng.choice([-1, 1], shape) / 16.0


def replaced(args: list[Any], places: Any, tensors: Any) -> list[Any]:
    """The arguments with other tensors in some places."""
    replaced = list(args)
    for i, tensor in zip(places, tensors, strict=True):
        replaced[i] = tensor
    return replaced
