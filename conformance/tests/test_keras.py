"""Keras 3 as a witness: whole models, fitted over epochs, give what Keras gives."""

import numpy as np
import pytest

import kcompat
from kcompat.conformance.tests import witness
from kcompat.runtime.registry import use_backend
from kcompat.spec import FLOATX

pytestmark = pytest.mark.skipif(not witness.INSTALLED, reason="pip install keras")


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
