"""Normalization by given or computed statistics."""

from kcompat.spec._op import Sample, composed, ordinary, smooth
from kcompat.spec._rules import normalize_axis


def _batches(rng):
    x, statistics = rng.normal(size=(4, 3, 5)) * 2.0 + 1.0, [rng.uniform(0.5, 2.0, (5,)) for _ in range(4)]
    yield Sample((x, *statistics), {"axis": -1})
    yield Sample((x, *statistics[:2], None, None), {"axis": -1})
    yield Sample((x, *(s[:3] for s in statistics)), {"axis": 1, "epsilon": 1e-5})
    yield Sample((x + 100.0, statistics[0] + 100.0, *statistics[1:]), {"axis": 2})


@composed(
    floating=True,
    kinks=smooth,
    specials=ordinary,
    samples=_batches,
    order=("x", "mean", "variance", "axis", "offset", "scale", "epsilon"),
)
def batch_normalization(B, x, mean, variance, offset=None, scale=None, *, axis, epsilon=1e-3):
    """`(x - mean) / sqrt(variance + epsilon) * scale + offset`; the statistics have the size of `axis`.

    The mean is subtracted first: folding it into the offset cancels where the mean is large
    (Ioffe & Szegedy, 2015).
    """
    axis = normalize_axis(axis, len(x.shape))
    shape = tuple(n if i == axis else 1 for i, n in enumerate(x.shape))
    factor = 1.0 / B.sqrt(variance + epsilon)
    if scale is not None:
        factor = factor * scale
    y = (x - B.reshape(mean, newshape=shape)) * B.reshape(factor, newshape=shape)
    return y if offset is None else y + B.reshape(offset, newshape=shape)
