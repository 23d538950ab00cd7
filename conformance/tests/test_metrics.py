"""Metrics: values by hand, exact in float32."""

import pickle

import numpy as np
import pytest

from kcompat import initializers, losses, metrics, ops
from kcompat.registration import registered_classes
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
        (metrics.Sum, [([1.0, 2.0],), ([6.0],)], 9.0),
        (metrics.Sum, [([[1.0, 2.0], [3.0, 4.0]], [2.0, 1.0]), (5.0, 3.0)], 28.0),
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


def test_integers_are_computed_with_in_floats():
    assert result(metrics.MeanAbsoluteError(), (np.uint8([1, 3]), np.uint8([2, 1]))) == 1.5
    assert result(metrics.MeanSquaredError(), (np.float32([1.5]), np.uint8([2]))) == 0.25


def test_accuracy_of_large_integers_is_exact():
    assert result(metrics.Accuracy(), ([2**24, 2**24 + 1], [2**24, 2**24])) == 0.5


def test_ignored_targets_have_no_part_in_the_mean():
    metric = metrics.SparseCategoricalCrossentropy(ignore_class=-1)
    y_pred = [[0.5, 0.5], [0.1, 0.9], [0.75, 0.25]]
    found = result(metric, ([0, -1, 1], y_pred), ([0, -1, 1], y_pred, [2.0, 5.0, 0.0]))
    np.testing.assert_allclose(found, (3 * np.log(2) + np.log(4)) / 4, rtol=1e-6)


def test_a_metric_of_ones_own(chosen):
    class Largest(metrics.Metric):
        def __init__(self, start=-1.0, name=None, dtype=None):
            super().__init__(name=name, dtype=dtype)
            self.start = start
            self.largest = self.add_weight(initializer=initializers.Constant(start), name="largest")

        def update_state(self, values, sample_weight=None):
            self.largest.assign(ops.maximum(self.largest, ops.max(values)))

        def result(self):
            return self.largest.value

    metric = Largest.from_config(Largest(-2.0).get_config())
    assert metric.start == -2.0
    assert metric.name.startswith("largest")
    assert [variable.path for variable in metric.variables] == [f"{metric.name}/largest"]
    assert result(metric, ([1.0, 3.0],), ([2.0],)) == 3.0
    metric.reset_state()
    assert result(metric) == -2.0


def test_stateless_methods_leave_the_metric_alone():
    metric = metrics.Mean()
    values = metric.stateless_reset_state()
    for batch in ([1.0, 2.0], [6.0]):
        values = metric.stateless_update_state(values, batch)
    assert float(ops.convert_to_numpy(metric.stateless_result(values))) == 3.0
    assert result(metric) == 0.0
    with pytest.raises(ValueError, match="metric_variables has 1 values, and mean has 2 variables"):
        metric.stateless_result(values[:1])


@pytest.mark.parametrize("name", [name for name in registered_classes("metric") if name != "Metric"])
def test_a_class_is_like_a_written_one(name):
    arguments = [metrics.binary_accuracy] if name == "MeanMetricWrapper" else []
    metric = getattr(metrics, name)(*arguments, name="mine", dtype="float64")
    for copy in (pickle.loads(pickle.dumps(metric)), type(metric).from_config(metric.get_config())):
        assert (type(copy), copy.name, copy.dtype) == (type(metric), "mine", "float64")


@pytest.mark.parametrize(
    ("identifier", "name", "cls"),
    [
        ("mse", "mse", metrics.MeanSquaredError),
        ("MeanSquaredError", "MeanSquaredError", metrics.MeanSquaredError),
        ("ce", "ce", metrics.SparseCategoricalCrossentropy),
        (losses.mean_squared_error, "mean_squared_error", metrics.MeanSquaredError),
        (losses.huber, "huber", metrics.MeanMetricWrapper),
        (metrics.Mean(name="mine"), "mine", metrics.Mean),
        ({"class_name": "Mean", "config": {"name": "loss"}}, "loss", metrics.Mean),
    ],
    ids=str,
)
def test_what_is_given_to_compile_is_called_as_it_was_given(identifier, name, cls):
    metric = metrics.resolve(identifier, (None,), (None, 3))
    assert (metric.name, type(metric)) == (name, cls)


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
