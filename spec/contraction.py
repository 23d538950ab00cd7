"""Products that sum over axes of two tensors, all by way of `matmul`, and products that sum over none."""

import math

import numpy as np

from kcompat.spec._op import Refusal, Sample, Special, composed, smooth
from kcompat.spec.rules import as_integers, broadcast_shapes, is_integer, normalize_axes, normalize_axis, shape_of

inf, nan = float("inf"), float("nan")


def _pairs(*shapes):
    """Samples of two tensors of the given shapes; then integers, bools, and what cancels."""

    def make(rng):
        for left, right in shapes:
            yield Sample((rng.normal(size=left), rng.normal(size=right)))
        yield Sample(tuple(rng.integers(-5, 6, shape).astype("int32") for shape in shapes[0]))
        yield Sample(tuple(rng.integers(0, 2, shape).astype("bool") for shape in shapes[0]))
        left, right = shapes[0]
        yield Sample((rng.normal(size=left) + 300.0, rng.normal(size=right) * 1e-30))

    return make


def contracted_axes(left, right, axes):
    """The axes of each operand that are summed over; raises ValueError where their sizes differ."""
    if is_integer(axes):
        if not 0 <= axes <= min(len(left), len(right)):
            raise ValueError(f"tensordot: {axes} axes of shapes {left} and {right}; expected 0 to the smaller rank")
        pair = tuple(range(len(left) - axes, len(left))), tuple(range(axes))
    else:
        if len(axes) != 2:
            raise ValueError(f"tensordot: axes is an integer or a pair, got {axes!r}")
        pair = as_integers(axes[0]), as_integers(axes[1])
    first, second = (
        tuple(normalize_axis(a, len(shape)) for a in chosen) for chosen, shape in zip(pair, (left, right), strict=True)
    )
    normalize_axes(first, len(left)), normalize_axes(second, len(right))  # no axis comes twice
    if [left[a] for a in first] != [right[a] for a in second]:
        raise ValueError(f"tensordot: the sizes of axes {first} of {left} and {second} of {right} differ")
    return first, second


def _axes_samples(rng):
    for left, right, axes in [
        ((2, 3, 4), (3, 4, 5), 2),
        ((3, 2, 4), (4, 5, 3), ([0, 2], [2, 0])),
        ((2, 3), (4, 3), (1, 1)),
        ((2, 3), (2,), 0),
        ((2, 3), (3, 4), (-1, 0)),
        ((2, 0), (0, 3), 1),
    ]:
        yield Sample((rng.normal(size=left), rng.normal(size=right)), {"axes": axes})
    yield Sample((rng.integers(-5, 6, (2, 3)).astype("int32"), rng.normal(size=(3, 2))), {"axes": 1})
    yield Sample((rng.normal(size=(2, 3)) * 1e30, rng.normal(size=(3, 2)) * 1e-30), {"axes": 1})


@composed(
    kinks=smooth,
    specials=[Special(([nan, 0.0], [1.0, 1.0]), nan, {"axes": 1}), Special(([inf], [2.0]), [[inf]], {"axes": 0})],
    samples=_axes_samples,
    refusals=(
        Refusal((np.ones((2, 3)), np.ones((2, 3))), attrs={"axes": 1}),
        Refusal((np.ones((2, 3)), np.ones((2, 3))), attrs={"axes": 3}),
        Refusal((np.ones((2, 2)), np.ones((2, 2))), attrs={"axes": ([0, 0], [0, 1])}),
        Refusal((np.ones((2, 3)), np.ones((2, 3))), attrs={"axes": (2, 0)}),
    ),
)
def tensordot(B, x1, x2, *, axes=2):
    """The sum of products over pairs of axes: the last `axes` of `x1` with the first of `x2`, or a pair of lists.

    The result has the other axes of `x1`, then those of `x2`. Raises ValueError where paired sizes differ.
    """
    left, right = tuple(x1.shape), tuple(x2.shape)
    first, second = contracted_axes(left, right, axes)
    rows = tuple(i for i in range(len(left)) if i not in first)
    columns = tuple(i for i in range(len(right)) if i not in second)
    inner = math.prod(left[a] for a in first)
    row_sizes, column_sizes = tuple(left[i] for i in rows), tuple(right[i] for i in columns)
    x1 = B.reshape(B.transpose(x1, axes=(*rows, *first)), newshape=(math.prod(row_sizes), inner))
    x2 = B.reshape(B.transpose(x2, axes=(*second, *columns)), newshape=(inner, math.prod(column_sizes)))
    return B.reshape(B.matmul(x1, x2), newshape=(*row_sizes, *column_sizes))


@composed(
    kinks=smooth,
    specials=[Special(([nan, 0.0], [1.0, 1.0]), nan), Special(([inf], [2.0]), inf), Special(([], []), 0.0)],
    samples=_pairs(((2, 3), (3, 4)), ((3,), (3,)), ((2, 4, 3), (3,)), ((2, 3), (4, 3, 5)), ((), (2, 3)), ((0,), (0,))),
    refusals=(Refusal((np.ones((2, 3)), np.ones((2, 3)))), Refusal((np.ones(2), np.ones(3)))),
)
def dot(B, x1, x2):
    """The sum of products over the last axis of `x1` and the last but one (of a vector the only one) of `x2`.

    A product with a tensor of rank 0 is elementwise. Raises ValueError where the sizes differ.
    """
    if not shape_of(x1) or not shape_of(x2):
        return B.multiply(x1, x2)
    return B.tensordot(x1, x2, axes=(-1, -2 if len(x2.shape) > 1 else 0))


@composed(
    kinks=smooth,
    specials=[Special(([nan, 0.0], [1.0, 1.0]), nan), Special(([inf], [2.0]), inf), Special(([], []), 0.0)],
    samples=_pairs(((2, 3), (4, 3)), ((3,), (3,)), ((3,), (2, 4, 3)), ((), (2, 3)), ((2, 0), (3, 0))),
    refusals=(Refusal((np.ones((2, 3)), np.ones((3, 2)))),),
)
def inner(B, x1, x2):
    """The sum of products over the last axis of both; a product with a tensor of rank 0 is elementwise.

    Raises ValueError where the sizes differ.
    """
    if not shape_of(x1) or not shape_of(x2):
        return B.multiply(x1, x2)
    return B.tensordot(x1, x2, axes=(-1, -1))


@composed(
    kinks=smooth,
    specials=[Special(([inf, 1.0], [0.0]), [[nan], [0.0]]), Special(([nan], [2.0]), [[nan]])],
    samples=_pairs(((3,), (4,)), ((2, 3), (2,)), ((), (3,)), ((0,), (2,)), ((1,), (1,))),
)
def outer(B, x1, x2):
    """`x1[i] * x2[j]` of the flattened tensors, of shape `(size of x1, size of x2)`."""
    return B.multiply(_flat(B, x1, (-1, 1)), _flat(B, x2, (1, -1)))


def _flat(B, x, shape):
    """`x` in a shape with one size -1, which even a tensor without elements fills."""
    size = math.prod(shape_of(x))
    return _reshaped(B, x, tuple(size if n == -1 else n for n in shape))


def _reshaped(B, x, shape):
    return B.reshape(x if hasattr(x, "shape") else B.constant(x), newshape=shape)


@composed(
    kinks=smooth,
    specials=[Special(([nan, 0.0], [1.0, 1.0]), nan), Special(([inf], [2.0]), inf), Special(([], []), 0.0)],
    samples=_pairs(((3,), (3,)), ((2, 3), (2, 3)), ((2, 3), (6,)), ((), ()), ((0, 2), (0,))),
    refusals=(Refusal((np.ones(3), np.ones(2))),),
)
def vdot(B, x1, x2):
    """The sum of products of the flattened tensors, a scalar. Raises ValueError where the sizes differ."""
    return B.tensordot(_flat(B, x1, (-1,)), _flat(B, x2, (-1,)), axes=1)


@composed(
    kinks=smooth,
    specials=[Special(([inf, 1.0], [0.0]), [nan, 0.0]), Special(([nan], [2.0]), [nan])],
    samples=_pairs(((2, 3), (3, 2)), ((3,), (2,)), ((2,), (2, 3)), ((2, 1, 2), (2,)), ((), (2,))),
)
def kron(B, x1, x2):
    """The Kronecker product: `x1` with each element replaced by its product with `x2`.

    The shorter shape is filled up with leading ones; each size of the result is the product of the sizes.
    """
    left, right = shape_of(x1), shape_of(x2)
    rank = max(len(left), len(right))
    left, right = ((1,) * (rank - len(shape)) + shape for shape in (left, right))
    spread = tuple(n for size in left for n in (size, 1)), tuple(n for size in right for n in (1, size))
    product = B.multiply(_reshaped(B, x1, spread[0]), _reshaped(B, x2, spread[1]))
    return B.reshape(product, newshape=tuple(n * m for n, m in zip(left, right, strict=True)))


def _vectors(rng):
    for left, right, attrs in [
        ((4, 3), (4, 3), {}),
        ((3,), (2, 3), {}),
        ((4, 2), (4, 2), {}),
        ((4, 2), (4, 3), {}),
        ((3, 4), (4, 3), {"axisa": 0, "axisb": 1, "axisc": 0}),
        ((2, 3, 4), (2, 3, 4), {"axis": 1}),
        ((4, 3), (3, 4), {"axisb": 0}),
        ((0, 3), (3,), {}),
    ]:
        yield Sample((rng.normal(size=left), rng.normal(size=right)), attrs)
    yield Sample((rng.integers(-5, 6, (3,)).astype("int32"), rng.normal(size=(3,))))
    x = rng.normal(size=(3,))
    yield Sample((x + 300.0, x * 3.0 + 900.0))


@composed(
    kinks=smooth,
    specials=[Special(([1.0, 0.0, 0.0], [0.0, 1.0, 0.0]), [0.0, 0.0, 1.0]), Special(([nan, 1.0], [1.0, 1.0]), nan)],
    samples=_vectors,
    refusals=(
        Refusal((np.ones((2, 4)), np.ones((2, 4)))),
        Refusal((np.ones((2, 3)), np.ones((2, 3))), attrs={"axis": 2}),
        Refusal((np.ones((2, 3)), np.ones((4, 3)))),
    ),
)
def cross(B, x1, x2, *, axisa=-1, axisb=-1, axisc=-1, axis=None):
    """The cross product of vectors of 3 components, which lie along `axisa` and `axisb`, or along `axis` in both.

    A vector of 2 components has 0 as the third. The result lies along `axisc`; of two vectors of 2 components it
    is the third component alone, without that axis. Other axes broadcast. Raises ValueError for other sizes.
    """
    if axis is not None:
        axisa = axisb = axisc = axis
    a, b = _components(B, x1, axisa), _components(B, x2, axisb)
    broadcast_shapes(shape_of(a[0]), shape_of(b[0]))  # refuses what does not fit, on every backend alike

    def term(i, j):
        return B.multiply(a[i], b[j])

    third = term(0, 1) - term(1, 0)
    if len(a) == len(b) == 2:
        return third
    if len(a) == 2:
        first, second = term(1, 2), -term(0, 2)
    elif len(b) == 2:
        first, second = -term(2, 1), term(2, 0)
    else:
        first, second = term(1, 2) - term(2, 1), term(2, 0) - term(0, 2)
    return B.stack(first, second, third, axis=axisc)


def _components(B, x, axis):
    """The 2 or 3 components of the vectors along an axis, each without it."""
    shape = tuple(x.shape)
    axis = normalize_axis(axis, len(shape))
    if shape[axis] not in (2, 3):
        raise ValueError(f"cross: a vector has 2 or 3 components, got {shape[axis]} along axis {axis} of {shape}")
    return [B.squeeze(part, axis=axis) for part in B.split(x, indices_or_sections=shape[axis], axis=axis)]
