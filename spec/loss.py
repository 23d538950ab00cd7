"""Cross-entropies, one value a sample (or an element): no mean over the batch is taken."""

import numpy as np

from kcompat.spec._calculus import unbroadcast
from kcompat.spec._op import Sample, composed, ordinary, smooth

EPSILON = 1e-7
"""Probabilities are held within [EPSILON, 1 - EPSILON] before their logarithm is taken."""


def _log_probabilities(B, output, from_logits, axis):
    if from_logits:
        return B.log_softmax(output, axis=axis)
    share = output / B.sum(output, axis=axis, keepdims=True)
    return B.log(B.clip(share, EPSILON, 1.0 - EPSILON))


def _distributions(rng):
    target, logits = rng.dirichlet([1.0] * 5, size=4), rng.normal(size=(4, 5))
    yield Sample((target, logits), {"from_logits": True})
    yield Sample((target, logits * 40.0), {"from_logits": True})
    yield Sample((target, rng.dirichlet([1.0] * 5, size=4)))
    yield Sample((target.T, logits.T), {"from_logits": True, "axis": 0})


@composed(floating=True, kinks=smooth, specials=ordinary, samples=_distributions)
def categorical_crossentropy(B, target, output, *, from_logits=False, axis=-1):
    """`-sum(target * log(output))` along `axis`, of probabilities or of logits."""
    return -B.sum(target * _log_probabilities(B, output, from_logits, axis), axis=axis)


def _labels(rng):
    logits = rng.normal(size=(4, 5))
    labels = np.array([0, 4, 2, 2], "int32")
    yield Sample((labels, logits), {"from_logits": True})
    yield Sample((labels, logits * 40.0), {"from_logits": True})
    yield Sample((labels, rng.dirichlet([1.0] * 5, size=4)))
    yield Sample((labels[:, None], logits), {"from_logits": True})
    yield Sample((labels.reshape(2, 2), logits.reshape(2, 2, 5)), {"from_logits": True})


@composed(floating=("output",), kinks=smooth, specials=ordinary, samples=_labels)
def sparse_categorical_crossentropy(B, target, output, *, from_logits=False, axis=-1):
    """`-log(output[target])` along `axis`: `target` holds class indices, with or without that axis.

    Indices out of range are unspecified; `fit` and `evaluate` refuse them.
    """
    axis %= len(output.shape)
    if len(target.shape) == len(output.shape) and target.shape[axis] == 1:
        target = B.squeeze(target, axis=axis)
    if tuple(target.shape) != tuple(n for i, n in enumerate(output.shape) if i != axis):
        raise ValueError(
            f"sparse_categorical_crossentropy: target of shape {tuple(target.shape)} holds one class index for each "
            f"row of output of shape {tuple(output.shape)}; for one-hot targets use categorical_crossentropy"
        )
    index = B.expand_dims(B.cast(target, dtype="int32"), axis=axis)
    found = B.take_along_axis(_log_probabilities(B, output, from_logits, axis), index, axis=axis)
    return -B.squeeze(found, axis=axis)


def _outcomes(rng):
    target, logits = rng.integers(0, 2, (4, 3)) * 1.0, rng.normal(size=(4, 3))
    yield Sample((target, logits), {"from_logits": True})
    yield Sample((target, logits * 40.0), {"from_logits": True})
    yield Sample((np.array([0.0, 1.0, 0.3]), np.zeros(3)), {"from_logits": True})
    yield Sample((target, rng.uniform(0.05, 0.95, (4, 3))))
    yield Sample((np.array([0.0, 1.0, 0.0]), np.array([0.0, 1.0, 1.0])), differentiable=False)


def _of_probabilities(B, target, output):
    p = B.clip(output, EPSILON, 1.0 - EPSILON)
    return -(target * B.log(p) + (1.0 - target) * B.log(1.0 - p))


def _softplus_form(B, target, output, *, from_logits=False):
    if from_logits:
        return (1.0 - target) * output + B.softplus(-output)
    return _of_probabilities(B, target, output)


def _by_target(B, g, y, target, output, *, from_logits=False):
    if from_logits:
        return unbroadcast(B, -(g * output), target)
    p = B.clip(output, EPSILON, 1.0 - EPSILON)
    return unbroadcast(B, g * (B.log(1.0 - p) - B.log(p)), target)


def _by_output(B, g, y, target, output, *, from_logits=False):
    """Of logits `sigmoid(output) - target`, which can be differentiated again at 0, too."""
    if from_logits:
        return unbroadcast(B, g * (B.sigmoid(output) - target), output)
    p = B.clip(output, EPSILON, 1.0 - EPSILON)
    slope = (1.0 - target) / (1.0 - p) - target / p
    return unbroadcast(B, B.where(B.equal(p, output), g * slope, 0.0), output)


@composed(
    floating=True,
    kinks=smooth,
    specials=ordinary,
    samples=_outcomes,
    vjp=(_by_target, _by_output),
    alternatives=(_softplus_form,),
)
def binary_crossentropy(B, target, output, *, from_logits=False):
    """`-target * log(output) - (1 - target) * log(1 - output)`, elementwise, of probabilities or of logits."""
    if from_logits:
        positive = B.maximum(output, 0.0)  # its derivative at 0 is one half, which makes that of the whole right
        return positive - output * target + B.log1p(B.exp(-B.absolute(output)))
    return _of_probabilities(B, target, output)
