"""Cross-entropies, by SciPy's logarithms of softmax and of the logistic function."""

from typing import Any

import numpy as np
import scipy.special

from kcompat.conformance.references import reference

EPSILON = 1e-7
"""Keras's: probabilities are this far from 0 and from 1, at least."""


def _log_probabilities(output: Any, from_logits: bool, axis: int) -> Any:
    if from_logits:
        return scipy.special.log_softmax(output, axis=axis)
    return np.log(np.clip(output / np.sum(output, axis=axis, keepdims=True), EPSILON, 1 - EPSILON))


@reference("categorical_crossentropy")
def categorical_crossentropy(target: Any, output: Any, from_logits: bool = False, axis: int = -1) -> Any:
    """Goodfellow et al. (2016), equation 3.51: minus the expected logarithm."""
    return -np.sum(target * _log_probabilities(output, from_logits, axis), axis=axis)


@reference("sparse_categorical_crossentropy")
def sparse_categorical_crossentropy(target: Any, output: Any, from_logits: bool = False, axis: int = -1) -> Any:
    """The cross-entropy from a distribution that has all its mass at the target."""
    classes = output.shape[axis]
    if target.ndim == output.ndim:
        target = np.take(target, 0, axis=axis)
    one_hot = np.moveaxis(np.eye(classes)[target], -1, axis)
    return categorical_crossentropy(one_hot, output, from_logits, axis)


@reference("binary_crossentropy")
def binary_crossentropy(target: Any, output: Any, from_logits: bool = False) -> Any:
    """The cross-entropy of two outcomes."""
    if from_logits:
        yes, no = scipy.special.log_expit(output), scipy.special.log_expit(-output)
    else:
        p = np.clip(output, EPSILON, 1 - EPSILON)
        yes, no = np.log(p), np.log1p(-p)
    return -(target * yes) - (1 - target) * no
