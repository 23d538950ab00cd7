"""Cross-entropies, one value a sample (or an element): no mean over the batch is taken."""

import numpy as np

from kcompat.spec._op import Refusal, Sample, Special, composed, smooth
from kcompat.spec.calculus import unbroadcast
from kcompat.spec.rules import normalize_axis
from kcompat.spec.settings import epsilon

inf, nan = float("inf"), float("nan")


def _log_probabilities(B, output, from_logits, axis):
    if from_logits:
        return B.log_softmax(output, axis=axis)
    share = output / B.sum(output, axis=axis, keepdims=True)  # held within [epsilon, 1 - epsilon]: a logarithm follows
    return B.log(B.clip(share, epsilon(), 1.0 - epsilon()))


def _distributions(rng):
    target, logits = rng.dirichlet([1.0] * 5, size=4), rng.normal(size=(4, 5))
    yield Sample((target, logits), {"from_logits": True})
    yield Sample((target, logits * 40.0), {"from_logits": True})
    yield Sample((target, rng.dirichlet([1.0] * 5, size=4)))
    yield Sample((target.T, logits.T), {"from_logits": True, "axis": 0})
    yield Sample((target, logits + 300.0), {"from_logits": True})
    yield Sample((np.eye(5)[:4], np.eye(5)[[0, 1, 3, 2]]), differentiable=False)
    yield Sample((target[0], logits[0]), {"from_logits": True})
    yield Sample((target[:0], logits[:0]))


@composed(
    floating=True,
    kinks=smooth,
    specials=[
        Special(([1.0, 0.0], [0.0, -inf]), nan, {"from_logits": True}),
        Special(([1.0, 0.0], [nan, 0.0]), nan, {"from_logits": True}),
    ],
    samples=_distributions,
    refusals=(Refusal((np.ones((2, 3)), np.ones(3))), Refusal((np.ones(3), np.ones(3)), attrs={"axis": 1})),
)
def categorical_crossentropy(B, target, output, *, from_logits=False, axis=-1):
    """`-sum(target * log(output))` along `axis`, of probabilities or of logits.

    Probabilities are divided by their sum and held within [1e-7, 1 - 1e-7]; outside there is no gradient.
    Raises ValueError where the shapes differ.
    """
    if tuple(target.shape) != tuple(output.shape):
        raise ValueError(
            f"categorical_crossentropy: target and output have one shape, got {tuple(target.shape)} and "
            f"{tuple(output.shape)}; for class indices use sparse_categorical_crossentropy"
        )
    axis = normalize_axis(axis, len(output.shape))
    return -B.sum(target * _log_probabilities(B, output, from_logits, axis), axis=axis)


def _labels(rng):
    logits = rng.normal(size=(4, 5))
    labels = np.array([0, 4, 2, 2], "int32")
    yield Sample((labels, logits), {"from_logits": True})
    yield Sample((labels, logits * 40.0), {"from_logits": True})
    yield Sample((labels, rng.dirichlet([1.0] * 5, size=4)))
    yield Sample((labels[:, None], logits), {"from_logits": True})
    yield Sample((labels.reshape(2, 2), logits.reshape(2, 2, 5)), {"from_logits": True})
    yield Sample((labels, logits.T.copy()), {"from_logits": True, "axis": 0})
    yield Sample((labels, logits + 300.0), {"from_logits": True})
    yield Sample((labels[:0], logits[:0]))


@composed(
    floating=("output",),
    kinks=smooth,
    specials=[Special((np.array([1], "int32"), [[0.0, nan]]), nan, {"from_logits": True})],
    samples=_labels,
    refusals=(
        Refusal((np.ones(3, "int32"), np.ones((2, 3)))),
        Refusal((np.ones((2, 3), "int32"), np.ones((2, 3)))),
        Refusal((np.ones(2, "int32"), np.ones((2, 3))), attrs={"axis": 2}),
    ),
)
def sparse_categorical_crossentropy(B, target, output, *, from_logits=False, axis=-1):
    """`-log(output[target])` along `axis`: `target` holds class indices, with or without that axis.

    Indices out of range are unspecified; `fit` and `evaluate` refuse them.
    """
    axis = normalize_axis(axis, len(output.shape))
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
    yield Sample((np.ones(3), np.array([5.0, 12.0, 20.0])), {"from_logits": True})  # the loss is tiny
    yield Sample((target, np.array([1e30, -1e30, 1e-30])), {"from_logits": True})
    yield Sample((target[:0], logits[:0]))


def _of_probabilities(B, target, output):
    p = B.clip(output, epsilon(), 1.0 - epsilon())
    return -(target * B.log(p) + (1.0 - target) * B.log(1.0 - p))


def _softplus_form(B, target, output, *, from_logits=False):
    if from_logits:
        return (1.0 - target) * output + B.softplus(-output)
    return _of_probabilities(B, target, output)


def _by_target(B, g, y, target, output, *, from_logits=False):
    if from_logits:
        return unbroadcast(B, -(g * output), target)
    p = B.clip(output, epsilon(), 1.0 - epsilon())
    return unbroadcast(B, g * (B.log(1.0 - p) - B.log(p)), target)


def _by_output(B, g, y, target, output, *, from_logits=False):
    """Of logits `sigmoid(output) - target`, which can be differentiated again at 0, too."""
    if from_logits:
        return unbroadcast(B, g * (B.sigmoid(output) - target), output)
    p = B.clip(output, epsilon(), 1.0 - epsilon())
    slope = (1.0 - target) / (1.0 - p) - target / p
    return unbroadcast(B, B.where(B.equal(p, output), g * slope, 0.0), output)


@composed(
    floating=True,
    kinks=smooth,
    specials=[
        Special((1.0, nan), nan, {"from_logits": True}),
        Special((1.0, nan), nan),
        Special((0.0, -inf), nan, {"from_logits": True}),
    ],
    samples=_outcomes,
    vjp=(_by_target, _by_output),
    alternatives=(_softplus_form,),
)
def binary_crossentropy(B, target, output, *, from_logits=False):
    """`-target * log(output) - (1 - target) * log(1 - output)`, elementwise, of probabilities or of logits."""
    if from_logits:
        positive = output > 0  # each branch is smooth at 0, so derivatives of every order are right there
        bound = output * B.where(positive, 1.0 - target, -target)  # 0 where the target says so, without cancellation
        return bound + B.log1p(B.exp(B.where(positive, -output, output)))
    return _of_probabilities(B, target, output)
