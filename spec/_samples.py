"""Seeded sample inputs, shared by the declarations.

Each function returns a maker `rng -> iterable of Sample`; every op's samples come from one seeded
generator, so they are the same in every process.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from kcompat.spec._op import Sample

Maker = Callable[["np.random.Generator"], Iterable[Sample]]  # a string: numpy.random is slow to import


def unary(low: float = -2.0, high: float = 2.0, extremes: tuple[float, ...] = (), **attrs: Any) -> Maker:
    """A vector, a matrix, an empty and a rank-0 tensor in [low, high), and one of `extremes`.

    Of an attribute that is given as a list, each value is tried.
    """
    choices = [value if isinstance(value, list) else [value] for value in attrs.values()]
    variants = [dict(zip(attrs, values, strict=True)) for values in itertools.product(*choices)]

    def make(rng: np.random.Generator) -> Iterable[Sample]:
        for variant in variants:
            for shape in [(5,), (3, 4), (0, 2), ()]:
                yield Sample((rng.uniform(low, high, shape),), variant)
            if extremes:
                yield Sample((np.array(extremes),), variant)

    return make


def binary(low: float = -2.0, high: float = 2.0) -> Maker:
    """Every kind of broadcast, a scalar on either side, and a zero-size pair."""

    def make(rng: np.random.Generator) -> Iterable[Sample]:
        shapes = [((3,), (3,)), ((2, 3), (3,)), ((2, 1), (1, 3)), ((), (2,)), ((4, 1), (2, 4, 3)), ((0, 3), (3,))]
        for left, right in shapes:
            yield Sample((rng.uniform(low, high, left), rng.uniform(low, high, right)))
        yield Sample((rng.uniform(low, high, (3,)), 0.75))
        yield Sample((0.75, rng.uniform(low, high, (3,))))

    return make


def comparison(rng: np.random.Generator) -> Iterable[Sample]:
    """Integers, so that equal pairs occur; floats of the same; a scalar on either side; what is nearly equal."""
    x, y = rng.integers(-1, 2, (3, 4)), rng.integers(-1, 2, (4,))
    yield Sample((x.astype("int32"), y.astype("int32")))
    yield Sample((x * 1.0, y * 1.0))
    yield Sample((x * 1.0, 0.0))
    yield Sample((0.0, y * 1.0))
    yield Sample((np.array([1.0000001, 1e-30, -3.0]), np.array([1.0, 0.0, -3.0])))


def booleans(count: int) -> Maker:
    def make(rng: np.random.Generator) -> Iterable[Sample]:
        yield Sample(tuple(rng.integers(0, 2, (3, 4)).astype(bool) for _ in range(count)))
        yield Sample(tuple(rng.integers(0, 2, (1, 4) if i else (3, 1)).astype(bool) for i in range(count)))

    return make


def integers(count: int, low: int = -(2**31), high: int = 2**31) -> Maker:
    def make(rng: np.random.Generator) -> Iterable[Sample]:
        for shape in [(5,), (2, 3)]:
            yield Sample(tuple(rng.integers(low, high, shape).astype("int32") for _ in range(count)))

    return make


def reduction(empty: bool = True, **attrs: Any) -> Maker:
    """Distinct values over no, one and several axes; `empty` adds a reduction over no elements."""

    def make(rng: np.random.Generator) -> Iterable[Sample]:
        for axis in (None, 0, -1, (0, 2)):
            for keepdims in (False, True):
                x = rng.permutation(24).reshape(2, 3, 4) / 7.0 - 1.5
                yield Sample((x,), {"axis": axis, "keepdims": keepdims, **attrs})
        yield Sample((np.array([1e4, 1.0, -1e4, 3.0, 1e-4]),), attrs)
        if empty:
            yield Sample((np.zeros((0, 3)),), {"axis": 0, **attrs})

    return make


def along_axis(**attrs: Any) -> Maker:
    """Rows of ordinary, large and equal values, normalised along one axis."""

    def make(rng: np.random.Generator) -> Iterable[Sample]:
        yield Sample((rng.normal(size=(3, 5)),), attrs)
        yield Sample((rng.normal(size=(3, 5)) * 50.0,), attrs)
        yield Sample((rng.normal(size=(2, 3, 4)),), {"axis": 1, **attrs})
        yield Sample((np.full((2, 4), 3.0),), attrs)

    return make


def shapes(*cases: tuple[tuple[int, ...], dict[str, Any]]) -> Maker:
    """One tensor each, given as (shape, attributes), and the first again as integers and as bool."""

    def make(rng: np.random.Generator) -> Iterable[Sample]:
        for shape, attrs in cases:
            yield Sample((rng.normal(size=shape),), attrs)
        shape, attrs = cases[0]
        yield Sample((rng.integers(-9, 9, shape).astype("int32"),), attrs)
        yield Sample((rng.integers(0, 2, shape).astype(bool),), attrs)

    return make
