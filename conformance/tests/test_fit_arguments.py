"""What `fit` and `compile` are given in the wrong form: refused before training, in the same words on each backend."""

import numpy as np
import pytest

import kcompat
from kcompat import layers, losses, metrics, ops
from kcompat.runtime.active import use

X, Y = np.ones((6, 4), "float32"), np.arange(6.0)
QUIET = {"verbose": 0}


@pytest.fixture(autouse=True)
def chosen(backend):
    with use(backend):
        yield backend


def model(loss="mse"):
    made = kcompat.Sequential([kcompat.Input((4,)), layers.Dense(1)])
    made.compile("sgd", loss)
    return made


class Batches:
    """Batches without targets, which can be read again."""

    def __iter__(self):
        return iter([X])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"x": [X, Y], "y": None}, "x is a list of 2 arrays; pass them one by one: x, y and sample_weight"),
        ({"x": (X, X), "y": None}, "x is a tuple of 2 arrays; pass them one by one"),
        ({"x": [X, Y, Y], "y": None}, "x is a list of 3 arrays; pass them one by one"),
        (
            {"validation_data": (X,)},
            r"validation_data has no targets, and the loss .*; pass \(x, y\) or \(x, y, sample",
        ),
        ({"validation_data": Batches()}, "validation_data has no targets"),
        ({"validation_data": (X, Y, Y, Y)}, r"validation_data is \(x, y\) or .*, got 4 parts"),
        ({"shuffle": "batch"}, "shuffle is True or False, got 'batch'"),
        ({"shuffle": None}, "shuffle is True or False, got None"),
        ({"batch_size": "8"}, "batch_size is a positive integer, got '8'"),
        ({"batch_size": float("nan")}, "batch_size is a positive integer, got nan"),
        ({"validation_split": "0.5"}, "validation_split is between 0 and 1, got '0.5'"),
        (
            {"x": iter([(X, Y)]), "y": None, "steps_per_epoch": "2"},
            "the number of steps is a positive integer, got '2'",
        ),
    ],
)
def test_arguments_are_checked_before_the_first_step(arguments, message):
    made = model()
    with pytest.raises(ValueError, match=message):
        made.fit(**{"x": X, "y": Y, **QUIET, **arguments})
    assert made.optimizer.iterations.numpy() == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"x": {"a": X}}, "x is an array or nested lists of numbers, got dict"),
        (
            {"callbacks": print},
            r"callbacks are instances of kcompat\.callbacks\.Callback, got <built-in function print>",
        ),
    ],
)
def test_arguments_of_other_types(arguments, message):
    with pytest.raises(TypeError, match=message):
        model().fit(**{"x": X, "y": Y, **QUIET, **arguments})


@pytest.mark.parametrize("metric", [metrics.MeanSquaredError, metrics.MeanSquaredError()], ids=["class", "object"])
def test_a_metric_is_no_loss(metric):
    with pytest.raises(TypeError, match=r"a metric accumulates over batches; got <MeanSquaredError.*: pass a loss of"):
        model(metric)


class Number(losses.Loss):
    def call(self, y_true, y_pred):
        return 3.0


@pytest.mark.parametrize(
    "loss",
    [lambda y_true, y_pred: np.float32(3.0), Number(), lambda y_true, y_pred: None],
    ids=["numpy", "own", "None"],
)
def test_a_loss_gives_a_tensor(loss):
    made = model(loss)
    with pytest.raises(TypeError, match=r"gave .* that has no gradient; give a tensor, computed from y_pred"):
        made.fit(X, Y, **QUIET)
    assert made.optimizer.iterations.numpy() == 0


@pytest.mark.parametrize("name", ["binary_crossentropy", "binary_focal_crossentropy"])
def test_binary_targets_are_not_broadcast(name):
    message = r"targets have shape \(3, 1\) and the predictions \(3, 2\), expected the same"
    for loss in (getattr(losses, name), losses.get(name)):
        with pytest.raises(ValueError, match=message):
            loss(np.ones((3, 1), "float32"), np.full((3, 2), 0.5, "float32"))
        loss(np.ones(3, "float32"), np.full((3, 1), 0.5, "float32"))


def test_metrics_compute_in_their_dtype():
    """In float16 300 ** 2 is infinite."""
    x = np.float16([[300.0]])
    for y in (np.float32([[0.0]]), np.uint8([[0]]), np.float16([[0.0]])):
        assert ops.convert_to_numpy(metrics.MeanSquaredError()(y, x)) == 90000.0
