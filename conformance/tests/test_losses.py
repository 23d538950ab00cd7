"""Losses and optimizers: names, kinks, and what they refuse. Their values are checks of the suite."""

import inspect
import pickle
import re

import numpy as np
import pytest

from kcompat import losses, ops, optimizers
from kcompat.registration import registered_classes
from kcompat.runtime.active import active, use
from kcompat.spec import EPSILON, OPS, TensorSpec


@pytest.mark.parametrize("name", ["mse", "MSE", "mean_squared_error", "MeanSquaredError"])
def test_a_loss_has_several_names(backend, name):
    with use(backend):
        assert ops.convert_to_numpy(losses.get(name)([[1.0], [4.0]], [[3.0], [4.0]])) == 2.0


def test_a_function_is_a_loss(backend):
    with use(backend):
        loss = losses.get(lambda y_true, y_pred: y_pred - y_true)
        assert ops.convert_to_numpy(loss([[1.0], [4.0]], [[3.0], [5.0]])) == 1.5


def test_reduction_is_one_of_those_known():
    with pytest.raises(ValueError, match=r"sum_over_batch_size.*got 'average'"):
        losses.MeanSquaredError(reduction="average")


def test_categorical_targets_have_the_shape_of_predictions(backend):
    message = r"targets have shape \(2,\) and the predictions \(2, 3\).*sparse_categorical_crossentropy"
    with use(backend), pytest.raises(ValueError, match=message):
        losses.CategoricalCrossentropy()([0, 1], [[0.5, 0.25, 0.25]] * 2)


UINT8 = [np.array([1, 3], "uint8"), np.array([2, 1], "uint8")]


def test_integers_are_computed_with_in_floats(backend):
    """In uint8 1 - 2 is 255."""
    with use(backend):
        values = [
            losses.MeanAbsoluteError()(*UINT8),
            losses.mean_absolute_error(*UINT8),
            losses.MeanSquaredError()(np.float32([1.5]), np.uint8([2])),
            losses.mean_squared_error(np.float32([1.5]), np.uint8([2])),
        ]
        assert [float(ops.convert_to_numpy(value)) for value in values] == [1.5, 1.5, 0.25, 0.25]


@pytest.mark.parametrize("dtype", [None, "float16", "float32"])
def test_a_loss_is_of_its_dtype(backend, dtype):
    with use(backend):
        value = losses.MeanSquaredError(dtype=dtype)(np.float16([1.0]), np.float16([3.0]))
        assert (ops.dtype(value), float(ops.convert_to_numpy(value))) == (dtype or "float32", 4.0)


def test_class_indices_stay_integers_in_a_small_dtype(backend):
    """float16 has no 2049."""
    y_pred = np.zeros((1, 2050), "float16")
    y_pred[0, 2049] = 1.0
    with use(backend):
        value = losses.SparseCategoricalCrossentropy(dtype="float16")(np.array([2049]), y_pred)
        assert ops.convert_to_numpy(value) < 1e-2


MADE = [name for name in registered_classes("loss") if name not in ("Loss", "LossFunctionWrapper")]


@pytest.mark.parametrize("name", MADE)
def test_a_class_is_like_a_written_one(name):
    cls = getattr(losses, name)
    assert inspect.getmodule(cls).__name__.startswith("kcompat.losses.")
    assert f"class {name}(" in inspect.cleandoc(pydoc_of(cls))
    assert "reduction='sum_over_batch_size'" in pydoc_of(cls)
    loss = cls(reduction="sum", name="mine")
    for copy in (pickle.loads(pickle.dumps(loss)), cls.from_config(loss.get_config())):
        assert (copy.name, copy.reduction, copy.kwargs, copy.fn) == ("mine", "sum", loss.kwargs, loss.fn)
    with pytest.raises(TypeError, match=rf"{name}\.__init__\(\) got an unexpected keyword argument 'momentum'"):
        cls(momentum=1)


def pydoc_of(cls):
    import pydoc

    return pydoc.plain(pydoc.render_doc(cls))


def test_a_class_may_be_inherited(backend):
    class Scaled(losses.Huber):
        def __init__(self, scale=2.0, **kwargs):
            super().__init__(**kwargs)
            self.scale = scale

        def call(self, y_true, y_pred):
            return super().call(y_true, y_pred) * self.scale

    loss = Scaled.from_config(Scaled(3.0, delta=2.0).get_config())
    with use(backend):
        assert float(ops.convert_to_numpy(loss([0.0], [1.0]))) == 1.5


def test_a_loss_of_ones_own_has_a_config(backend):
    class Distance(losses.Loss):
        def __init__(self, power=1, reduction="sum", name=None):
            super().__init__(name, reduction)
            self.power = power

        def call(self, y_true, y_pred):
            return ops.power(ops.absolute(y_true - y_pred), float(self.power))

    assert Distance().name.startswith("distance")
    assert Distance(2).get_config() == {"power": 2, "reduction": "sum", "name": None}
    loss = losses.deserialize(losses.serialize(Distance(2)), {"Distance": Distance})
    with use(backend):
        assert float(ops.convert_to_numpy(loss(np.uint8([1, 3]), np.uint8([2, 1])))) == 5.0


OUTPUTS = TensorSpec((None, 3), "float32")
REFUSED = [
    ("MeanSquaredError", {}, [0.0, np.nan], "y holds NaN, in 1 of 2 values, .*sample_weight to 0"),
    ("SparseCategoricalCrossentropy", {}, [0.0, 1.5], r"takes integer labels; y holds 1\.5"),
    ("SparseCategoricalCrossentropy", {}, [0, 3], r"class indices in \[0, 3\).*; y has 0 to 3"),
    ("SparseCategoricalCrossentropy", {}, [-1, 2], r"class indices in \[0, 3\).*; y has -1 to 2"),
    ("SparseCategoricalCrossentropy", {"ignore_class": -1}, [-1, 3], r"class indices in \[0, 3\).*; y has 3 to 3"),
    ("SparseCategoricalCrossentropy", {"ignore_class": -1}, [-1.0, np.nan], "y holds NaN"),
    ("CategoricalGeneralizedCrossEntropy", {}, [0, 3], r"class indices in \[0, 3\)"),
    ("BinaryCrossentropy", {}, [0.0, 2.0], r"takes targets in \[0, 1\]; y has 0\.0 to 2\.0"),
    ("BinaryFocalCrossentropy", {}, [-1, 0], r"takes targets in \[0, 1\]; y has -1 to 0"),
    ("Circle", {}, [0.5], r"takes integer labels; y holds 0\.5"),
]


@pytest.mark.parametrize(("name", "arguments", "y", "message"), REFUSED)
def test_targets_that_a_loss_does_not_take(name, arguments, y, message):
    with pytest.raises(ValueError, match=message):
        getattr(losses, name)(**arguments).check_targets(np.array(y), OUTPUTS)


@pytest.mark.parametrize(
    ("loss", "y"),
    [
        (losses.SparseCategoricalCrossentropy(), [0, 2]),
        (losses.SparseCategoricalCrossentropy(), [0.0, 2.0]),
        (losses.SparseCategoricalCrossentropy(), []),
        (losses.SparseCategoricalCrossentropy(ignore_class=-1), [-1, 2]),
        (losses.SparseCategoricalCrossentropy(ignore_class=255), [255, 255]),
        (losses.SparseCategoricalCrossentropy(axis=0), [7, 8]),
        (losses.BinaryCrossentropy(), [True, False]),
        (losses.MeanSquaredError(), [np.inf]),
        (losses.get(lambda y_true, y_pred: y_pred), [np.nan]),
    ],
    ids=str,
)
def test_targets_that_a_loss_takes(loss, y):
    loss.check_targets(np.array(y), OUTPUTS)


def test_epsilon_is_the_one_of_the_settings(backend):
    with use(backend), EPSILON.override(0.5):
        assert float(ops.convert_to_numpy(losses.mean_absolute_percentage_error([0.0], [1.0]))) == 200.0


KINKS = [
    ("mean_absolute_error", [[0.5, 2.0]], [[0.5, 1.0]], [[0.0, -0.5]]),
    ("mean_absolute_percentage_error", [[0.0]], [[0.0]], [[0.0]]),
    ("huber", [[0.0, 0.0]], [[1.0, -1.0]], [[0.5, -0.5]]),
    ("huber", [[0.0, 0.0]], [[1e30, -1e30]], [[0.5, -0.5]]),
    ("log_cosh", [[0.0, 0.0, 0.0, 0.0]], [[1e30, -1e30, 0.0, 1e-20]], [[0.25, -0.25, 0.0, 0.25e-20]]),
    ("hinge", [[1.0, -1.0, 1.0]], [[1.0, -1.0, 2.0]], [[-1 / 6, 1 / 6, 0.0]]),
    ("squared_hinge", [[1.0, -1.0]], [[1.0, 0.0]], [[0.0, 1.0]]),
    ("categorical_hinge", [[0.0, 1.0, 0.0]], [[0.0, 1.0, 0.0]], [[1 / 6, -0.5, 1 / 6]]),
    ("cosine_similarity", [[0.0, 0.0]], [[1.0, 2.0]], [[0.0, 0.0]]),
    ("cosine_similarity", [[1.0, 0.0]], [[0.0, 0.0]], [[-1e7, 0.0]]),
    ("kl_divergence", [[1.0, 0.0]], [[0.0, 1.0]], [[0.0, -1e-7]]),
    ("categorical_generalized_cross_entropy", [1], [[1.0, 0.0]], [[0.0, 0.0]]),
    ("sparse_categorical_crossentropy", [1, 0], [[1.0, 0.0], [0.5, 0.5]], [[0.0, 0.0], [-1.0, 1.0]]),
    ("dice", [[0.0, 0.0]], [[0.0, 0.0]], [[0.0, 0.0]]),
    ("circle", [0, 1], [[1.0, 0.0], [0.0, 1.0]], [[0.0, 0.0], [0.0, 0.0]]),
]
"""The name of a loss, truth, prediction, and the gradient of its sum: at a kink, a clipped or an extreme value."""


@pytest.mark.parametrize(("name", "y_true", "y_pred", "expected"), KINKS, ids=lambda x: str(x))
def test_gradient_at_a_kink_is_the_declared_one(backend, name, y_true, y_pred, expected):
    options = {"q": 0.5} if name == "categorical_generalized_cross_entropy" else {}
    with use(backend), np.errstate(all="ignore"):
        truth = ops.convert_to_tensor(y_true)
        slope = ops.grad(lambda y: ops.sum(getattr(losses, name)(truth, y, **options)))
        found = ops.convert_to_numpy(slope(ops.convert_to_tensor(y_pred)))
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=0)


@pytest.mark.parametrize("target", [0.0, 0.25, 1.0])
def test_second_derivative_of_binary_crossentropy_at_0_is_a_quarter(backend, target):
    """Also where a framework differentiates the body."""

    def of_body(*args, **attrs):
        return OPS["binary_crossentropy"].body(active(), *args, **attrs)

    with use(backend):
        t = ops.convert_to_tensor([target])
        for f in (ops.binary_crossentropy, of_body):
            slope = ops.grad(lambda x, f=f: ops.sum(f(t, x, from_logits=True)))
            bend = ops.grad(lambda x, slope=slope: ops.sum(slope(x)))
            assert ops.convert_to_numpy(bend(ops.convert_to_tensor([0.0])))[0] == 0.25


@pytest.mark.parametrize("name", ["kld", "KLD", "kl_divergence", "KLDivergence"])
def test_strings_name_functions_and_classes(name):
    loss = losses.get(name)
    assert isinstance(loss, losses.LossFunctionWrapper)
    assert loss.fn is losses.kl_divergence


def test_ignored_targets_have_no_part_in_the_mean(backend):
    loss = losses.SparseCategoricalCrossentropy(ignore_class=-1)
    with use(backend):
        some = loss([0, -1, 1], [[0.5, 0.5], [0.1, 0.9], [0.75, 0.25]])
        found, none = ops.convert_to_numpy(some), ops.convert_to_numpy(loss([-1], [[0.5, 0.5]]))
    np.testing.assert_allclose(found, (np.log(2) + np.log(4)) / 2, rtol=1e-6)
    assert none == 0.0


def test_generalized_cross_entropy_wants_q_between_0_and_1():
    with pytest.raises(ValueError, match=r"q is above 0 and below 1, got 1\.5"):
        losses.CategoricalGeneralizedCrossEntropy(q=1.5)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"learning_rate": -1.0}, "finite and not negative, got -1.0"),
        ({"learning_rate": float("nan")}, "finite and not negative, got nan"),
        ({"momentum": 2}, r"in \[0, 1\], got 2"),
    ],
)
def test_optimizer_refuses_values_out_of_range(arguments, message):
    with pytest.raises(ValueError, match=message):
        optimizers.SGD(**arguments)


def test_optimizer_refuses_a_schedule():
    with pytest.raises(TypeError, match="schedules are not supported yet"):
        optimizers.Adam(learning_rate=lambda step: 0.1)


@pytest.mark.parametrize("argument", ["weight_decay", "clipnorm", "gradient_accumulation_steps"])
def test_what_keras_has_and_we_lack_is_refused(argument):
    with pytest.raises(NotImplementedError, match=re.escape(f"Adam: {argument} is not supported yet, got 1")):
        optimizers.Adam(**{argument: 1})
