"""Matrix products."""

from kcompat.spec import rules as rules
from kcompat.spec._op import MATMUL, Sample, Special, primitive, smooth
from kcompat.spec.calculus import swap_last, unbroadcast

nan, inf = float("nan"), float("inf")


def _as_matrices(B, g, x1, x2):
    """Cotangent and operands with the axes that a vector operand lacks."""
    if len(x1.shape) == 1:
        g = B.expand_dims(g, axis=-2 if len(x2.shape) > 1 else -1)
    if len(x2.shape) == 1:
        g = B.expand_dims(g, axis=-1)
    left = B.reshape(x1, newshape=(1, *x1.shape)) if len(x1.shape) == 1 else x1
    right = B.reshape(x2, newshape=(*x2.shape, 1)) if len(x2.shape) == 1 else x2
    return g, left, right


def _left(B, g, y, x1, x2):
    g, left, right = _as_matrices(B, g, x1, x2)
    return B.reshape(unbroadcast(B, B.matmul(g, swap_last(B, right)), left), newshape=tuple(x1.shape))


def _right(B, g, y, x1, x2):
    g, left, right = _as_matrices(B, g, x1, x2)
    if len(right.shape) == 2 and len(left.shape) > 2:  # one product in place of a stack of them and a sum
        left = B.reshape(left, newshape=(-1, left.shape[-1]))
        g = B.reshape(g, newshape=(-1, g.shape[-1]))
    return B.reshape(unbroadcast(B, B.matmul(swap_last(B, left), g), right), newshape=tuple(x2.shape))


def _factors(rng):
    shapes = [
        ((2, 3), (3, 4)),
        ((5, 2, 3), (3, 4)),
        ((5, 2, 3), (5, 3, 4)),
        ((1, 2, 3), (5, 3, 4)),
        ((3,), (3, 4)),
        ((2, 3), (3,)),
        ((3,), (3,)),
        ((2, 0), (0, 3)),
    ]
    for left, right in shapes:
        yield Sample((rng.normal(size=left), rng.normal(size=right)))
    yield Sample((rng.normal(size=(2, 200)), rng.normal(size=(200, 3))))


@primitive(
    rule=rules.matmul,
    vjp=(_left, _right),
    error=MATMUL,
    kinks=smooth,
    specials=[Special(([[nan, 0.0]], [[1.0], [1.0]]), [[nan]]), Special(([[inf]], [[2.0]]), [[inf]])],
    samples=_factors,
)
def matmul(x1, x2):
    """The matrix product of the last two axes; the axes before broadcast, a vector is a row or a column."""
