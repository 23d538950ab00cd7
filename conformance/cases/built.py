"""What the cases of layers, losses, metrics, optimizers and training runs share: an id, a seed, a dtype."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np

from kcompat.conformance.cases.data import Shape
from kcompat.conformance.cases.questions import numpy_dtype
from kcompat.conformance.targets.target import Target, Unsupported


@dataclass(frozen=True, eq=False)
class BuiltCase:
    """A case of a class that is called `name`, or of what else is built of ops."""

    name: str
    dtype: str = field(default="float32", kw_only=True)

    @property
    def id(self) -> str:
        """The name of the case in reports."""
        return self.name

    @property
    def subject(self) -> str:
        """The name under which checks are selected and expectations stored."""
        return self.name

    def __repr__(self) -> str:
        return self.id

    def in_dtype(self, dtype: str) -> Self:
        """The same case in another float dtype."""
        return replace(self, dtype=dtype)

    @property
    def seed(self) -> int:
        """The seed of everything random about this case; the same in every process."""
        return zlib.crc32(self.id.encode())

    def generator(self) -> np.random.Generator:
        """A generator of the case's numbers."""
        return np.random.default_rng(self.seed)

    def fed(self) -> list[np.ndarray]:
        """Every array that the case is fed, weights with them."""
        raise NotImplementedError

    def array(self, values: np.ndarray) -> np.ndarray:
        """Drawn values in the case's dtype; integers as int32."""
        return values.astype("int32" if values.dtype.kind == "i" else numpy_dtype(self.dtype))


def join_id(name: str, *shapes: Shape, **arguments: Any) -> str:
    """An id such as `Dense-4x6-units=3`."""
    sizes = ("x".join(map(str, shape)) for shape in shapes)
    return "-".join([name, *sizes, *(f"{key}={value}" for key, value in arguments.items())])


@dataclass(frozen=True)
class Shapes:
    """The shapes of targets, predictions and, where there are any, sample weights; and how a loss reduces them."""

    truth: Shape
    prediction: Shape
    weight: Shape | None = None
    reduction: str | None = None

    def arguments(self) -> Mapping[str, Any]:
        """The reduction as an argument; none where the default is meant."""
        return {} if self.reduction is None else {"reduction": self.reduction}

    def __iter__(self) -> Any:
        return iter(shape for shape in (self.truth, self.prediction, self.weight) if shape is not None)


def interpreter_of(target: Target) -> Any:
    """The interpreter of a target; raises `Unsupported` where classes of ours cannot be run on it."""
    if target.interpreter is None:
        raise Unsupported(f"{target.name} is no backend of kcompat: no layer of ours runs on it")
    return target.interpreter
