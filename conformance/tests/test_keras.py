"""Keras 3 as a witness: the same arguments, weights and data give what Keras gives."""

import dataclasses

import numpy as np
import pytest

import kcompat
from kcompat.conformance.cases import layers, losses, optimizers
from kcompat.conformance.judge.gate import judge
from kcompat.conformance.targets.precision import PROFILES
from kcompat.conformance.tests import witness
from kcompat.runtime.registry import use_backend
from kcompat.spec import FLOATX

pytestmark = pytest.mark.skipif(not witness.INSTALLED, reason="pip install keras")


def beyond_keras(case):
    """On TensorFlow Keras has channels_first on a GPU only, and rounds leaky_relu's slope to float32."""
    return (case.arguments.get("data_format") == "channels_first" and case.name != "Flatten") or (
        case.arguments.get("activation") == "leaky_relu"
    )


def in_float64(question, case, answer):
    """The claim is that the function is the same: another one is off by 2**20 sigmas and more. How well Keras rounds
    is judged elsewhere (its batch normalization, `x * scale + offset`, is off by 8.7)."""
    verdict = judge(case.in_dtype("float64"), question, answer, PROFILES["fp64"])
    return dataclasses.replace(verdict, z=verdict.z / 2**7)


COMPARED = [case for case in layers.ALL if not beyond_keras(case)]
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
        (given[f"{number}.x"],) = case.in_dtype("float64").arrays()
        given |= {f"{number}.{i}": w for i, w in enumerate(case.layer().get_weights())}
    answers = witness.ask(LAYERS, given, [(c.name, c.arguments, c.training) for c in COMPARED])
    found = {case.id: [] for case in COMPARED}
    for key, value in answers.items():
        found[COMPARED[int(key.split(".")[0])].id].append(value)
    return found


@pytest.mark.parametrize("case", COMPARED, ids=lambda case: case.id)
def test_layer_gives_what_keras_gives(layer_outputs, case):
    verdict = in_float64(layers.forward, case, tuple(layer_outputs[case.id]))
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
        gradients = [given[f"g.{step}.{i}"].astype("float64") for i in range(2)]
        optimizer.apply([keras.ops.convert_to_tensor(g) for g in gradients], variables)
        for i, v in enumerate(variables):
            answers[f"optimizer.{number}.{step}.{i}"] = keras.ops.convert_to_numpy(v)
"""


@pytest.fixture(scope="module")
def step_outputs():
    """Keras's losses, and parameters after each step of its optimizers."""
    given = {}
    for number, case in enumerate(losses.ALL):
        given |= {f"loss.{number}.{i}": x for i, x in enumerate(case.arrays()) if x is not None}
    given |= {f"p.{i}": p for i, p in enumerate(optimizers.ALL[0].parameters())}
    for step in range(optimizers.STEPS):
        given |= {f"g.{step}.{i}": g for i, g in enumerate(optimizers.ALL[0].gradients(step))}
    cases = {
        "losses": [(c.name, c.arguments) for c in losses.ALL],
        "optimizers": [(c.name, c.arguments) for c in optimizers.ALL],
        "steps": optimizers.STEPS,
    }
    return witness.ask(LOSSES_AND_OPTIMIZERS, given, cases)


IN_FLOAT32 = ("LogCosh", "CTC")
"""Keras rounds log(2) to float32, and TensorFlow has no wider CTC."""


@pytest.mark.parametrize("case", losses.ALL, ids=lambda case: case.id)
def test_loss_is_that_of_keras(step_outputs, case):
    answer = step_outputs[f"loss.{losses.ALL.index(case)}"]
    profile = "fp32" if case.name in IN_FLOAT32 else "fp64"
    verdict = judge(case.in_dtype(PROFILES[profile].dtype), losses.loss_value, (answer,), PROFILES[profile])
    assert verdict.right, f"Keras differs: {verdict.message}"


@pytest.mark.parametrize("case", optimizers.ALL, ids=lambda case: case.id)
def test_optimizer_steps_are_those_of_keras(step_outputs, case):
    prefix = f"optimizer.{optimizers.ALL.index(case)}."
    answers = tuple(value for key, value in step_outputs.items() if key.startswith(prefix))
    verdict = in_float64(optimizers.optimizer_steps, case, answers)
    assert verdict.right, f"Keras differs: {verdict.message}"


TRAINING = """
def cnn():
    return keras.Sequential([
        keras.Input((8, 8, 1)),
        keras.layers.Conv2D(6, 3, padding="same", activation="relu"),
        keras.layers.MaxPooling2D(),
        keras.layers.BatchNormalization(),
        keras.layers.Flatten(),
        keras.layers.Dense(10),
    ])

def mlp():
    return keras.Sequential([
        keras.Input((8, 8, 1)),
        keras.layers.Flatten(),
        keras.layers.Dense(24, activation="tanh"),
        keras.layers.Dense(10),
    ])

def lstm():
    return keras.Sequential([
        keras.Input((8, 8, 1)),
        keras.layers.Reshape((8, 8)),
        keras.layers.LSTM(12),
        keras.layers.Dense(10),
    ])

MODELS = {"cnn": cnn, "mlp": mlp, "lstm": lstm}
OPTIMIZERS = {
    "adam": lambda: keras.optimizers.Adam(2.0**-7, beta_1=0.875, beta_2=0.9990234375),
    "sgd": lambda: keras.optimizers.SGD(2.0**-5, momentum=0.875, nesterov=True),
}

def fitted(model, optimizer, x, y):
    model.compile(optimizer, keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
    validation = (x[200:], y[200:])
    history = model.fit(x[:200], y[:200], batch_size=32, epochs=3, shuffle=False, verbose=0, validation_data=validation)
    return history.history
"""
KERAS_TRAINS = """
for name in MODELS:
    for optimizer in OPTIMIZERS:
        model = MODELS[name]()
        model.set_weights([given[f"{name}.{i}"] for i in range(len(model.get_weights()))])
        history = fitted(model, OPTIMIZERS[optimizer](), given["x"], given["y"])
        answers[f"{name} {optimizer}"] = json.dumps(history)
        for i, w in enumerate(model.get_weights()):
            answers[f"{name} {optimizer} {i}"] = w
"""
RUNS = [(name, optimizer) for name in ("cnn", "mlp", "lstm") for optimizer in ("adam", "sgd")]
OURS: dict = {"keras": kcompat}
exec(TRAINING, OURS)  # the same text, with our name for keras


def digits():
    from kcompat.bench.digits import load_digits

    x, y = load_digits()
    return x[:260].astype("float64"), y[:260]


def first_weights(name):
    kcompat.utils.set_random_seed(3)
    return OURS["MODELS"][name]()


@pytest.fixture(scope="module")
def keras_runs():
    """Keras's histories and last weights, from our first weights."""
    x, y = digits()
    given = {"x": x, "y": y}
    with use_backend("numpy"), FLOATX.override("float64"):
        for name in OURS["MODELS"]:
            given |= {f"{name}.{i}": w for i, w in enumerate(first_weights(name).get_weights())}
    return witness.ask(TRAINING + KERAS_TRAINS, given)


@pytest.mark.parametrize(("name", "optimizer"), RUNS)
def test_training_is_that_of_keras(keras_runs, name, optimizer):
    """In float64, where rounding is 2**-29 of float32's: so is 1e-4, what 50 steps may differ by in float32."""
    with use_backend("numpy"), FLOATX.override("float64"):
        model = first_weights(name)
        history = OURS["fitted"](model, OURS["OPTIMIZERS"][optimizer](), *digits())
    theirs = witness.as_json(keras_runs[f"{name} {optimizer}"])
    assert sorted(history) == sorted(theirs)  # in Keras's logs the names are sorted
    for key in ("loss", "val_loss"):
        np.testing.assert_allclose(history[key], theirs[key], rtol=1e-4 * 2.0**-29, atol=0)
    for key in ("accuracy", "val_accuracy"):  # counts of samples
        assert [round(200 * a) for a in history[key]] == [round(200 * a) for a in theirs[key]]
    for i, w in enumerate(model.get_weights()):
        np.testing.assert_allclose(w, keras_runs[f"{name} {optimizer} {i}"], rtol=0, atol=1e-4 * 2.0**-29)
