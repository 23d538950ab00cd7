"""Keras 3 as a witness: the same arguments, weights and data give what Keras gives."""

import numpy as np
import pytest

from kcompat.conformance import layer_cases, witness
from kcompat.conformance.judge import default_judge as judge

pytestmark = pytest.mark.skipif(not witness.INSTALLED, reason="pip install keras")

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
    for number, case in enumerate(layer_cases.ALL):
        given[f"{number}.x"] = case.inputs() if case.integers else case.inputs().astype("float64")
        given |= {f"{number}.{i}": w for i, w in enumerate(case.layer().get_weights())}
    answers = witness.ask(LAYERS, given, [(c.name, c.arguments, c.training) for c in layer_cases.ALL])
    found = {case.id: [] for case in layer_cases.ALL}
    for key, value in answers.items():
        found[layer_cases.ALL[int(key.split(".")[0])].id].append(value)
    return found


@pytest.mark.parametrize("case", layer_cases.ALL, ids=lambda case: case.id)
def test_layer_gives_what_keras_gives(layer_outputs, case):
    wide = layer_cases.LayerCase(case.name, case.shape, case.arguments, case.training, case.integers, "float64")
    verdict = judge.answer(layer_cases.forward, wide, tuple(layer_outputs[case.id]))
    assert verdict.right, f"Keras differs: {verdict.message}"
