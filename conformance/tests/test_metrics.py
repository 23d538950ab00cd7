"""Metrics: values by hand, exact in float32."""

import numpy as np
import pytest

from kcompat import metrics, ops
from kcompat.runtime.active import use

LOGITS = [[0.5, 0.25, 0.25], [0.0, 1.0, 0.0], [0.25, 0.5, 0.25], [0.25, 0.25, 0.5]]
ONE_HOT = [[1, 0, 0], [0, 0, 1], [0, 1, 0], [0, 0, 1]]
CLASSES = [0, 2, 1, 2]


@pytest.fixture(autouse=True)
def chosen(backend):
    with use(backend):
        yield backend


def result(metric, *batches):
    for batch in batches:
        metric.update_state(*batch)
    return float(ops.convert_to_numpy(metric.result()))


@pytest.mark.parametrize(
    ("metric", "batches", "expected"),
    [
        (metrics.Mean, [([1.0, 2.0],), ([6.0],)], 3.0),
        (metrics.Mean, [([1.0, 2.0], [3.0, 1.0]), ([6.0], 4.0)], 29 / 8),
        (metrics.Mean, [], 0.0),
        (metrics.Mean, [([5.0], [0.0])], 0.0),
        (metrics.Accuracy, [([1, 2, 3, 4], [1, 2, 0, 4])], 0.75),
        (metrics.BinaryAccuracy, [([1, 0, 1, 0], [0.75, 0.5, 0.25, 1.0])], 0.5),
        (metrics.BinaryAccuracy, [([[1], [0]], [[0.75], [0.25]]), ([[1], [1]], [[0.25], [1.0]])], 0.75),
        (metrics.CategoricalAccuracy, [(ONE_HOT, LOGITS)], 0.75),
        (metrics.CategoricalAccuracy, [(ONE_HOT, LOGITS, [1.0, 4.0, 2.0, 1.0])], 0.5),
        (metrics.SparseCategoricalAccuracy, [(CLASSES, LOGITS)], 0.75),
        (metrics.SparseCategoricalAccuracy, [([[c] for c in CLASSES], LOGITS)], 0.75),
        (metrics.MeanSquaredError, [([[1.0], [2.0]], [[3.0], [2.0]])], 2.0),
        (metrics.MeanAbsoluteError, [([[1.0], [2.0]], [[3.0], [2.0]], [1.0, 3.0])], 0.5),
    ],
)
def test_value(metric, batches, expected):
    assert result(metric(), *batches) == expected


def test_reset_forgets():
    metric = metrics.Mean()
    result(metric, ([4.0],))
    metric.reset_state()
    assert result(metric, ([1.0],)) == 1.0


@pytest.mark.parametrize("name", ["accuracy", "acc", "Accuracy"])
@pytest.mark.parametrize(
    ("y_shape", "output_shape", "resolved"),
    [
        ((None, 1), (None, 1), metrics.binary_accuracy),
        ((None,), (None, 1), metrics.binary_accuracy),
        ((None,), (None, 3), metrics.sparse_categorical_accuracy),
        ((None, 1), (None, 3), metrics.sparse_categorical_accuracy),
        ((None, 3), (None, 3), metrics.categorical_accuracy),
        ((None, 7), (None, 7, 3), metrics.sparse_categorical_accuracy),
    ],
)
def test_accuracy_is_the_one_that_fits(name, y_shape, output_shape, resolved):
    assert metrics.resolve(name, y_shape, output_shape).fn is resolved


def test_a_function_is_a_metric():
    def error(y_true, y_pred):
        return ops.absolute(y_true - y_pred)

    metric = metrics.get(error)
    assert metric.name == "error"
    assert result(metric, (np.array([1.0, 2.0], "float32"), np.array([3.0, 2.0], "float32"))) == 1.0


def test_metrics_called_alike_are_refused():
    import kcompat

    model = kcompat.Sequential([kcompat.Input((2,)), kcompat.layers.Dense(1)])
    model.compile("sgd", "mse", metrics=["mae", "mae"])
    with pytest.raises(ValueError, match="two metrics are called mae"):
        model.fit(np.ones((2, 2)), np.ones((2, 1)), verbose=0)
