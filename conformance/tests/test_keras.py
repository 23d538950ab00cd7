"""Keras 3 as a witness: the same arguments, weights and data give what Keras gives."""

import dataclasses
import inspect
import io
import re
from contextlib import redirect_stdout

import numpy as np
import pytest

import kcompat
from kcompat import layers, losses, metrics, optimizers
from kcompat.active import use
from kcompat.backend import load
from kcompat.conformance import layer_cases, step_cases, witness
from kcompat.conformance.judge import default_judge as judge

pytestmark = pytest.mark.skipif(not witness.INSTALLED, reason="pip install keras")


def beyond_keras(case):
    """On TensorFlow Keras has channels_first on a GPU only, and rounds leaky_relu's slope to float32."""
    return (case.arguments.get("data_format") == "channels_first" and case.name != "Flatten") or (
        case.arguments.get("activation") == "leaky_relu"
    )


COMPARED = [case for case in layer_cases.ALL if not beyond_keras(case)]
LAYERS = """
for number, (name, arguments, training) in enumerate(cases):
    layer = getattr(keras.layers, name)(**arguments)
    x = given[f"{number}.x"]
    layer.build(x.shape)
    count = len(layer.get_weights())
    layer.set_weights([given[f"{number}.{i}"] for i in range(count)])
    outputs = layer(x, training=training) if name in ("BatchNormalization", "Dropout") else layer(x)
    outputs = list(outputs) if isinstance(outputs, (list, tuple)) else [outputs]
    if training:
        outputs += layer.non_trainable_variables if layer.trainable else layer.get_weights()[2:]
    for i, y in enumerate(outputs):
        answers[f"{number}.{i}"] = keras.ops.convert_to_numpy(y)
"""


@pytest.fixture(scope="module")
def layer_outputs():
    """Keras's outputs for every case: their layers, our weights."""
    given = {}
    for number, case in enumerate(COMPARED):
        given[f"{number}.x"] = case.inputs() if case.integers else case.inputs().astype("float64")
        given |= {f"{number}.{i}": w for i, w in enumerate(case.layer().get_weights())}
    answers = witness.ask(LAYERS, given, [(c.name, c.arguments, c.training) for c in COMPARED])
    found = {case.id: [] for case in COMPARED}
    for key, value in answers.items():
        found[COMPARED[int(key.split(".")[0])].id].append(value)
    return found


@pytest.mark.parametrize("case", COMPARED, ids=lambda case: case.id)
def test_layer_gives_what_keras_gives(layer_outputs, case):
    wide = dataclasses.replace(case, dtype="float64")
    verdict = judge.answer(layer_cases.forward, wide, tuple(layer_outputs[case.id]))
    assert verdict.right, f"Keras differs: {verdict.message}"


LOSSES_AND_OPTIMIZERS = """
for number, (name, arguments) in enumerate(cases["losses"]):
    arrays = [given.get(f"loss.{number}.{i}") for i in range(3)]
    arrays = [x if x is None or x.dtype.kind == "i" else x.astype("float64") for x in arrays]
    answers[f"loss.{number}"] = getattr(keras.losses, name)(dtype="float64", **arguments)(*arrays)
for number, (name, arguments) in enumerate(cases["optimizers"]):
    optimizer = getattr(keras.optimizers, name)(**arguments)
    variables = [keras.Variable(given[f"p.{i}"].astype("float64")) for i in range(2)]
    for step in range(cases["steps"]):
        optimizer.apply([keras.ops.convert_to_tensor(given[f"g.{step}.{i}"].astype("float64")) for i in range(2)], variables)
        for i, v in enumerate(variables):
            answers[f"optimizer.{number}.{step}.{i}"] = keras.ops.convert_to_numpy(v)
"""


@pytest.fixture(scope="module")
def step_outputs():
    """Keras's losses, and parameters after each step of its optimizers."""
    given = {}
    for number, case in enumerate(step_cases.LOSSES):
        given |= {f"loss.{number}.{i}": x for i, x in enumerate(case.arrays()) if x is not None}
    given |= {f"p.{i}": p for i, p in enumerate(step_cases.OptimizerCase.parameters())}
    for step in range(step_cases.STEPS):
        given |= {f"g.{step}.{i}": g for i, g in enumerate(step_cases.OptimizerCase.gradients(step))}
    cases = {
        "losses": [(c.name, c.arguments) for c in step_cases.LOSSES],
        "optimizers": [(c.name, c.arguments) for c in step_cases.OPTIMIZERS],
        "steps": step_cases.STEPS,
    }
    return witness.ask(LOSSES_AND_OPTIMIZERS, given, cases)


@pytest.mark.parametrize("case", step_cases.LOSSES, ids=lambda case: case.id)
def test_loss_is_that_of_keras(step_outputs, case):
    answer = step_outputs[f"loss.{step_cases.LOSSES.index(case)}"]
    verdict = judge.answer(step_cases.loss_value, dataclasses.replace(case, dtype="float64"), (answer,))
    assert verdict.right, f"Keras differs: {verdict.message}"


@pytest.mark.parametrize("case", step_cases.OPTIMIZERS, ids=lambda case: case.id)
def test_optimizer_steps_are_those_of_keras(step_outputs, case):
    prefix = f"optimizer.{step_cases.OPTIMIZERS.index(case)}."
    answers = tuple(value for key, value in step_outputs.items() if key.startswith(prefix))
    verdict = judge.answer(step_cases.optimizer_steps, dataclasses.replace(case, dtype="float64"), answers)
    assert verdict.right, f"Keras differs: {verdict.message}"
