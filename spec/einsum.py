"""The summation convention of Einstein, by transposes, matrix products and sums."""

import math

import numpy as np

from kcompat.spec._einsum import parse
from kcompat.spec._op import Refusal, Sample, Special, composed, smooth
from kcompat.spec.dtypes import result_type

inf, nan = float("inf"), float("nan")


def _contractions(rng):
    for subscripts, *shapes in [
        ("ij,jk->ik", (2, 3), (3, 4)),
        ("bij,bjk", (5, 2, 3), (5, 3, 4)),
        ("...ij,...jk->...ik", (1, 2, 3), (5, 3, 4)),
        ("ii->i", (3, 3)),
        ("iji", (3, 2, 3)),
        ("ij->ji", (2, 3)),
        ("i,j->ij", (2,), (3,)),
        ("i,ij,j->", (2,), (2, 3), (3,)),
        ("...i->...", (2, 3, 4)),
        ("ij, kl -> i", (2, 3), (2, 0)),
        ("b...c,cd,d->bd...", (2, 3, 1, 4), (4, 5), (5,)),
    ]:
        yield Sample(tuple(rng.normal(size=shape) for shape in shapes), {"subscripts": subscripts})
    integers = rng.integers(-5, 6, (2, 3)).astype("int8"), rng.integers(-5, 6, (3,)).astype("int16")
    yield Sample(integers, {"subscripts": "ij,j"})


def _refused(subscripts, *shapes):
    return Refusal(tuple(np.ones(shape) for shape in shapes), attrs={"subscripts": subscripts})


@composed(
    kinks=smooth,
    specials=[
        Special(([nan, 0.0], [1.0, 1.0]), nan, {"subscripts": "i,i"}),
        Special(([inf, 1.0],), inf, {"subscripts": "i->"}),
    ],
    samples=_contractions,
    order=("subscripts", "operands"),
    variadic=True,
    refusals=(
        _refused("ij,jk", (2, 3), (4, 5)),
        _refused("ij", (2, 3), (2, 3)),
        _refused("ij->k", (2, 3)),
        _refused("ij->ii", (2, 3)),
        _refused("i", (2, 3)),
        _refused("i1", (2, 3)),
        _refused("...i->i", (2, 3)),
    ),
)
def einsum(B, *operands, subscripts):
    """The product of the operands, summed over every label that the output does not name.

    `subscripts` has a term of letters, one an axis, for each operand, and after `->` that of the result: without
    it, `...` and then the letters that come once, in alphabetical order. A letter that comes twice in a term
    takes the diagonal. `...` stands for any axes, which broadcast. Products are made from left to right.

    Raises ValueError where the terms do not fit the shapes.
    """
    inputs, output = parse(subscripts, [tuple(x.shape) for x in operands])
    dtype = result_type(*operands)
    terms = [_reduced(B, x, labels, _wanted(inputs, output, i)) for i, (x, labels) in enumerate(_zip(operands, inputs))]
    x, labels = terms[0]
    for i, (y, right) in enumerate(terms[1:], start=1):
        x, labels = _product(B, x, labels, y, right, _later(inputs, output, i))
    x = B.transpose(x, axes=tuple(labels.index(label) for label in output))
    return x if B.dtype(x) == dtype else B.cast(x, dtype=dtype)


def _zip(operands, inputs):
    return zip(operands, inputs, strict=True)


def _wanted(inputs, output, number):
    """The labels that something other than this operand names."""
    return {*output, *(label for i, labels in enumerate(inputs) if i != number for label in labels)}


def _later(inputs, output, number):
    """The labels that the output or an operand after this one names."""
    return {*output, *(label for labels in inputs[number + 1 :] for label in labels)}


def _reduced(B, x, labels, wanted):
    """An operand with its diagonals taken and summed over what nothing else names."""
    for label in dict.fromkeys(labels):
        while labels.count(label) > 1:
            x, labels = _diagonal(B, x, labels, label)
    lone = tuple(i for i, label in enumerate(labels) if label not in wanted)
    if lone:
        x, labels = B.sum(x, axis=lone), tuple(label for label in labels if label in wanted)
    return x, labels


def _diagonal(B, x, labels, label):
    """The diagonal of the first two axes with this label, as the last axis: every (n + 1)th element."""
    first = labels.index(label)
    second = labels.index(label, first + 1)
    others = tuple(i for i in range(len(labels)) if i not in (first, second))
    n = x.shape[first]
    kept = tuple(x.shape[i] for i in others)
    x = B.reshape(B.transpose(x, axes=(*others, first, second)), newshape=(*kept, n * n))
    rank = len(kept) + 1
    x = B.strided_slice(x, start=(0,) * rank, stop=(*kept, n * n), step=(*(1 for _ in kept), n + 1))
    return x, (*(labels[i] for i in others), label)


def _product(B, x, left, y, right, wanted):
    """The product of two, summed over the labels of both that are not wanted: a stack of matrix products."""
    stack = tuple(label for label in left if label in right and label in wanted)
    summed = tuple(label for label in left if label in right and label not in wanted)
    rows = tuple(label for label in left if label not in right)
    columns = tuple(label for label in right if label not in left)
    x = B.transpose(x, axes=tuple(left.index(label) for label in (*stack, *rows, *summed)))
    y = B.transpose(y, axes=tuple(right.index(label) for label in (*stack, *summed, *columns)))
    depth, height = len(stack), len(stack) + len(rows)
    row_sizes, column_sizes = tuple(x.shape[depth:height]), tuple(y.shape[depth + len(summed) :])
    if not summed:
        x = B.reshape(x, newshape=(*x.shape, *(1 for _ in columns)))
        y = B.reshape(y, newshape=(*y.shape[:depth], *(1 for _ in rows), *column_sizes))
        return B.multiply(x, y), (*stack, *rows, *columns)
    inner = math.prod(x.shape[height:])
    x = B.reshape(x, newshape=(*x.shape[:depth], math.prod(row_sizes), inner))
    y = B.reshape(y, newshape=(*y.shape[:depth], inner, math.prod(column_sizes)))
    product = B.matmul(x, y)
    product = B.reshape(product, newshape=(*product.shape[:depth], *row_sizes, *column_sizes))
    return product, (*stack, *rows, *columns)
