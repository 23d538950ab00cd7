"""Weights of samples, steps and classes: what each value of a loss is multiplied with, and what does not fit."""

import numpy as np
import pytest

import kcompat
from kcompat import layers, losses, metrics, ops
from kcompat.data.class_weights import ClassWeights
from kcompat.runtime.active import use

QUIET = {"verbose": 0}
SPARSE = losses.SparseCategoricalCrossentropy()


@pytest.fixture(autouse=True)
def chosen(backend):
    with use(backend):
        yield backend


def number(x):
    return float(ops.convert_to_numpy(x))


def model(loss, out=1, shape=(2,), **arguments):
    made = kcompat.Sequential([kcompat.Input(shape), layers.Dense(out, "sigmoid", kernel_initializer="zeros")])
    made.compile("sgd", loss, **arguments)
    return made


# Samples.


@pytest.mark.parametrize("shape", [(3, 3), (3, 2), (4,), (2, 3)])
@pytest.mark.parametrize("make", [losses.MeanSquaredError, metrics.MeanSquaredError, metrics.Mean], ids=str)
def test_weights_of_other_samples_are_refused(make, shape):
    values = (np.ones(3),) if make is metrics.Mean else (np.ones((3, 2)), np.zeros((3, 2)))
    with pytest.raises(ValueError, match=r"sample_weight has shape \(\d.*the values that it weighs have shape \(3,\)"):
        make()(*values, sample_weight=np.ones(shape))


@pytest.mark.parametrize("weight", [2.0, np.full(3, 2.0), np.full((3, 1), 2.0), np.full(1, 2.0)], ids=np.shape)
def test_weights_of_samples_that_fit(weight):
    assert number(losses.MeanSquaredError()(np.ones((3, 2)), np.zeros((3, 2)), weight)) == 2.0


def test_a_loss_of_the_whole_batch_takes_weights_of_samples():
    y = np.ones((2, 3), "float32")
    assert number(losses.Dice()(y, y * 0.5, [1.0, 3.0])) == pytest.approx(number(losses.Dice()(y, y * 0.5)) * 2.0)


def test_weights_of_samples_are_refused_before_training():
    made = model("mse", 2)
    with pytest.raises(ValueError, match=r"sample_weight has shape \(None, 6\) .* have shape \(None,\)"):
        made.fit(np.ones((6, 2)), np.ones((6, 2)), sample_weight=np.ones((6, 6)), **QUIET)
    assert made.optimizer.iterations.numpy() == 0


def test_weights_of_steps():
    weight = np.arange(12.0).reshape(4, 3)
    history = model("mse", shape=(3, 2)).fit(
        np.ones((4, 3, 2)), np.zeros((4, 3, 1)), sample_weight=weight, batch_size=4, **QUIET
    )
    assert history.history["loss"] == [np.mean(weight) * 0.25]


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("where", ["x", "validation_data", "stream"])
def test_weights_that_are_no_numbers_are_refused(value, where):
    x, y, weight = np.ones((6, 2)), np.ones(6), np.array([1, 1, value, 1, value, 1])
    arguments = {
        "x": {"x": x, "y": y, "sample_weight": weight},
        "validation_data": {"x": x, "y": y, "validation_data": (x, y, weight)},
        "stream": {"x": iter([(x, y, weight)])},
    }[where]
    with pytest.raises(
        ValueError, match=rf"sample_weight holds finite numbers, got {value} in 2 of 6 values; 0 leaves"
    ):
        model("mse").fit(**arguments, **QUIET)


# Classes.

BY_CLASS = {0: 1.0, 1: 2.0, 2: 4.0}


@pytest.mark.parametrize(
    ("y", "loss", "expected"),
    [
        ([0, 1, 2], None, [1, 2, 4]),
        ([[0], [1], [2]], None, [1, 2, 4]),
        (np.eye(3), None, [1, 2, 4]),
        ([[0.9, 0.05, 0.05], [0.1, 0.1, 0.8]], None, [1, 4]),
        ([0.1, 0.9], None, [1, 2]),
        ([[[0], [1], [1]], [[2], [0], [0]]], None, [[1, 2, 2], [4, 1, 1]]),
        ([[0, 1, 1], [2, 0, 0]], SPARSE, [[1, 2, 2], [4, 1, 1]]),
        ([[0, 1], [1, 0]], SPARSE, [[1, 2], [2, 1]]),
        ([[0, 1], [1, 0]], None, [2, 1]),
        (np.eye(3)[[[0, 1], [2, 2]]], None, [[1, 2], [4, 4]]),
        ([0, -1], losses.SparseCategoricalCrossentropy(ignore_class=-1), [1, 0]),
    ],
)
def test_weight_of_each_class(y, loss, expected):
    np.testing.assert_array_equal(ClassWeights(BY_CLASS, loss).of(np.array(y)), np.array(expected, "float32"))


def test_class_weight_of_each_step_in_fit():
    """At a probability of 1/2 each step has a loss of log(2)."""
    y = np.array([[[0], [1], [1]], [[0], [0], [0]]])
    history = model("binary_crossentropy", shape=(3, 2)).fit(
        np.ones((2, 3, 2)), y, class_weight={0: 1.0, 1: 4.0}, sample_weight=[1.0, 0.5], **QUIET
    )
    np.testing.assert_allclose(history.history["loss"], [(1 + 4 + 4 + 1.5) / 6 * np.log(2.0)], rtol=1e-6)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ({0: 1.0, 1: np.nan}, "class_weight has finite numbers as weights, got nan for the class 1"),
        ({0: 1.0, 1: "2"}, "class_weight has finite numbers as weights, got '2' for the class 1"),
        (
            {0: 1.0, 1: 2.0},
            r"an index or a row of y that sums to 1; y has shape \(6, 3\), and a row of it is \[0 1 1\]",
        ),
    ],
)
def test_class_weights_that_do_not_fit_are_refused(weights, message):
    with pytest.raises(ValueError, match=message):
        model("mse", 3).fit(np.ones((6, 2)), np.array([[0, 1, 1]] * 6), class_weight=weights, **QUIET)


# Classes that are ignored.

LABELS = np.array([0, -1, 2])
SHARES = np.array([[0.2, 0.3, 0.5], [0.1, 0.1, 0.8], [0.6, 0.2, 0.2]], "float32")


@pytest.mark.parametrize(("weight", "divisor"), [(None, 2), ([1.0, 2.0, 3.0], 4)])
def test_ignored_samples_leave_the_denominator_of_the_metric(weight, divisor):
    value = metrics.SparseCategoricalCrossentropy(ignore_class=-1)(LABELS, SHARES, sample_weight=weight)
    np.testing.assert_allclose(number(value), -np.log(0.2) * divisor / divisor, rtol=1e-6)


def test_ignored_samples_in_training():
    made = model(
        losses.SparseCategoricalCrossentropy(ignore_class=-1, from_logits=True),
        3,
        weighted_metrics=[metrics.SparseCategoricalCrossentropy(ignore_class=-1, from_logits=True, name="m")],
    )
    logs = made.evaluate(np.ones((3, 2)), LABELS, sample_weight=[1.0, 5.0, 3.0], return_dict=True, **QUIET)
    np.testing.assert_allclose([logs["loss"], logs["m"]], [np.log(3.0) * 4 / 2, np.log(3.0)], rtol=1e-6)
    made.fit(np.ones((3, 2)), LABELS, sample_weight=[1.0, 5.0, 3.0], **QUIET)
    assert not np.allclose(made.get_weights()[1], 0.0)
