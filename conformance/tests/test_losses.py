"""Losses and optimizers, judged on every backend; and what they refuse."""

import re

import pytest

from kcompat import losses, ops, optimizers
from kcompat.active import use
from kcompat.conformance import step_cases
from kcompat.conformance.judge import default_judge as judge


@pytest.mark.parametrize("case", step_cases.LOSSES, ids=lambda case: case.id)
def test_loss(backend, case):
    verdict = judge.answer(step_cases.loss_value, case, step_cases.loss_value(backend, case))
    assert verdict.right, verdict.message


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


@pytest.mark.parametrize("case", step_cases.OPTIMIZERS, ids=lambda case: case.id)
def test_optimizer_steps(backend, case):
    verdict = judge.answer(step_cases.optimizer_steps, case, step_cases.optimizer_steps(backend, case))
    assert verdict.right, verdict.message


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
