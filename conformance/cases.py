"""Every case of the spec, and the questions that can be asked of it on any interpreter.

A question is a function `(B, case, dtype) -> tuple of NumPy arrays`. The judge asks it of the reference, a
test asks it of a backend.
"""

from __future__ import annotations

import functools
import itertools
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from kcompat import ops
from kcompat.active import active, use
from kcompat.spec import OPS, Op, Sample, is_float

Arrays = tuple[np.ndarray, ...]
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

    def __repr__(self) -> str:
        arguments = [f"{x.dtype}{list(x.shape)}" if isinstance(x, np.ndarray) else repr(x) for x in self.sample.args]
        return f"{self.op.name}({', '.join([*arguments, *(f'{k}={v!r}' for k, v in self.sample.attrs.items())])})"


@functools.cache
def all_cases() -> tuple[Case, ...]:
    """Every sample of every op; each op has a generator of its own, seeded by its name."""
    found = []
    for op in OPS.values():
        rng = np.random.default_rng(zlib.crc32(op.name.encode()))
        found += [Case(op, i, sample) for i, sample in enumerate(op.samples(rng))]
    return tuple(found)


def point_cases(points: str) -> tuple[tuple[Case, Any], ...]:
    """A case for each of the `kinks` or `specials` of every op, with the declared point.

    A number there becomes a vector of nine, so that the vectorised and the remaining elements are both met.
    """
    found = []
    for op in OPS.values():
        for i, point in enumerate(getattr(op, points)):
            args = tuple(np.asarray(x) if isinstance(x, (list, np.ndarray)) else np.full(9, x) for x in point.args)
            found.append((Case(op, f"{points}-{i}", Sample(args, point.attrs)), point))
    return tuple(found)


def arrays(case: Case, dtype: str) -> tuple[Any, ...]:
    """The arguments, float tensors rounded to the case's dtype and then held in `dtype`."""
    rounded = (x.astype(case.dtype).astype(dtype) if i in case.floats else x for i, x in enumerate(case.sample.args))
    return tuple(rounded)


def arguments(B: Any, case: Case, dtype: str) -> list[Any]:
    """The arguments as tensors of `B`; numbers and None stay what they are."""
    return [B.engine.asarray(x, x.dtype.name) if isinstance(x, np.ndarray) else x for x in arrays(case, dtype)]


def numpy_results(B: Any, result: Any) -> Arrays:
    """A tensor or a tuple of them, as a tuple of NumPy arrays."""
    return tuple(B.engine.to_numpy(y) for y in (result if isinstance(result, tuple) else (result,)))


def value(B: Any, case: Case, dtype: str = "") -> Arrays:
    """The results of the op."""
    args = arguments(B, case, dtype or case.dtype)
    with use(B), np.errstate(all="ignore"):
        return signed(case, numpy_results(B, getattr(B, case.op.name)(*args, **case.sample.attrs)))


def signed(case: Case, results: Arrays) -> Arrays:
    """The results, times the signs that make them unique where a sign is free."""
    return tuple(s * y for s, y in zip(case.op.signs(*results), results, strict=True)) if case.op.signs else results


def compiled_value(B: Any, case: Case, dtype: str = "") -> Arrays:
    """The results of the op, compiled as a function of its tensors."""
    args = arguments(B, case, dtype or case.dtype)
    places = [i for i, x in enumerate(case.sample.args) if isinstance(x, np.ndarray)]

    def f(*tensors: Any) -> Any:
        return getattr(B, case.op.name)(*_with(args, places, tensors), **case.sample.attrs)

    with use(B), np.errstate(all="ignore"):
        return signed(case, numpy_results(B, B.engine.jit(f)(*(args[i] for i in places))))


def gradient(B: Any, case: Case, dtype: str = "") -> Arrays:
    """The cotangents of the float tensors, by the backend's own differentiation."""
    return _pulled_back(B, case, cotangent, dtype or case.dtype)


def compiled_gradient(B: Any, case: Case, dtype: str = "") -> Arrays:
    """As `gradient`, compiled as a function of the float tensors."""
    return _pulled_back(B, case, cotangent, dtype or case.dtype, B.engine.jit)


def gradient_of_sum(B: Any, case: Case, dtype: str = "") -> Arrays:
    """The cotangents of the float tensors where every element of the result has cotangent 1."""
    return _pulled_back(B, case, lambda case, number, shape: np.ones(shape), dtype or case.dtype)


def _pulled_back(B: Any, case: Case, upstream: Any, dtype: str, compiled: Any = lambda f: f) -> Arrays:
    """What the cotangents `upstream(case, output number, shape)` are pulled back to."""
    args = arguments(B, case, dtype)

    def f(*tensors: Any) -> tuple[Any, ...]:
        result = getattr(active(), case.op.name)(*_with(args, case.floats, tensors), **case.sample.attrs)
        outputs = result if isinstance(result, tuple) else (result,)
        return tuple(y for y in outputs if is_float(active().dtype(y)))

    def pull_back(*tensors: Any) -> tuple[Any, ...]:
        outputs, pull = B.engine.vjp(B, f, tensors)
        given = (s * upstream(case, i, tuple(y.shape)) for i, (s, y) in enumerate(zip(signs, outputs, strict=False)))
        return tuple(pull(tuple(map(B.engine.asarray, given, map(B.engine.dtype, outputs)))))

    with use(B), np.errstate(all="ignore"):
        signs: Any = itertools.repeat(1.0)
        if case.op.signs:
            signs = case.op.signs(*numpy_results(B, getattr(B, case.op.name)(*args, **case.sample.attrs)))
        return tuple(B.engine.to_numpy(g) for g in compiled(pull_back)(*(args[i] for i in case.floats)))


def second_derivative(B: Any, case: Case, dtype: str = "") -> Arrays:
    """The gradient of the gradient of a unary op, each with a cotangent of its own."""
    (x,) = arguments(B, case, dtype or case.dtype)
    first, second = (B.engine.asarray(cotangent(case, i, tuple(x.shape)), B.engine.dtype(x)) for i in (1, 2))
    f = functools.partial(getattr(ops, case.op.name), **case.sample.attrs)
    with use(B), np.errstate(all="ignore"):
        slope = ops.grad(lambda x: ops.sum(f(x) * first))
        return (B.engine.to_numpy(ops.grad(lambda x: ops.sum(slope(x) * second))(x)),)


def cotangent(case: Case, number: int, shape: tuple[int, ...]) -> np.ndarray:
    """A random cotangent for one output: sixteenths up to two and never 0, exact in every float dtype."""
    rng = np.random.default_rng((case.seed, number))
    return rng.integers(1, 33, shape) * rng.choice([-1, 1], shape) / 16.0


def wide(case: Case) -> Case:
    """The same case in float64, where it converts to float32 too."""
    attrs = {name: "float64" if x == case.dtype else x for name, x in case.sample.attrs.items()}
    return replace(case, dtype="float64", sample=replace(case.sample, attrs=attrs))


def with_args(case: Case, args: Iterable[Any]) -> Case:
    """The same case with other arguments."""
    return replace(case, sample=replace(case.sample, args=tuple(args)))


def _with(args: list[Any], places: Any, tensors: Any) -> list[Any]:
    """The arguments with other tensors in some places."""
    result = list(args)
    for i, tensor in zip(places, tensors, strict=True):
        result[i] = tensor
    return result
