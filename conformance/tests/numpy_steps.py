"""Small models and steps that the tests of NumPy's programs share."""

import numpy as np

import kcompat
from kcompat import layers, losses, optimizers
from kcompat.backends.numpy.program import NumPyProgram
from kcompat.runtime import tree
from kcompat.runtime.program import Program, State
from kcompat.runtime.registry import load

RNG = np.random.default_rng(0)
B = load("numpy")


def floats(*shape):
    return RNG.normal(size=shape).astype("float32")


def labels(*shape, classes=4):
    return RNG.integers(0, classes, shape).astype("int32")


def crossentropy():
    return losses.SparseCategoricalCrossentropy(from_logits=True)


ROWS, IMAGES, SEQUENCES = floats(10, 7), floats(6, 10, 10, 3), floats(5, 6, 4)


def stack(shape, *made, dtype=None):
    return kcompat.Sequential([kcompat.Input(shape, dtype=dtype), *made])


def dense(activation="relu", *between):
    return stack((7,), layers.Dense(8, activation=activation), *between, layers.Dense(4))


def convolutional():
    return stack(
        (10, 10, 3),
        layers.Conv2D(5, 3, activation="relu"),
        layers.MaxPooling2D(2),
        layers.Conv2D(6, 3, strides=2, padding="same", use_bias=False),  # its gradient would be 0 but for rounding
        layers.BatchNormalization(),
        layers.Flatten(),
        layers.Dense(4),
    )


CASES = {
    "relu": (dense, ROWS, "adam"),
    "tanh, sgd": (lambda: dense("tanh"), ROWS, "sgd"),
    "sigmoid, momentum": (lambda: dense("sigmoid"), ROWS, lambda: optimizers.SGD(0.1, momentum=0.9, nesterov=True)),
    "gelu, rmsprop": (lambda: dense("gelu"), ROWS, "rmsprop"),
    "dropout": (lambda: dense("relu", layers.Dropout(0.3)), ROWS, "adam"),
    "batch normalization": (lambda: dense("elu", layers.BatchNormalization()), ROWS, "adam"),
    "embedding": (
        lambda: stack((5,), layers.Embedding(9, 3), layers.Flatten(), layers.Dense(4), dtype="int32"),
        labels(10, 5, classes=9),
        "adam",
    ),
    "convolution": (convolutional, IMAGES, "adam"),
    "lstm": (lambda: stack((6, 4), layers.LSTM(5), layers.Dense(4)), SEQUENCES, "adam"),
    "gru": (lambda: stack((6, 4), layers.GRU(5, activation="softsign"), layers.Dense(4)), SEQUENCES, "adam"),
    "rnn": (lambda: stack((6, 4), layers.SimpleRNN(5, dropout=0.2), layers.Dense(4)), SEQUENCES, "adam"),
}


def model_of(case, x, optimizer):
    model = case()
    model.compile(optimizer if isinstance(optimizer, str) else optimizer(), crossentropy(), metrics=["accuracy"])
    model.prepare(x, labels(len(x)))
    model.programs.program("train")
    return model


def both(step, state):
    """The step as it is, and compiled, each over a state of its own."""
    return Program(B, step, state), NumPyProgram(B, step, state)


def assert_same(found, expected, rtol=0.0):
    """Trees of the same tensors, to the bit unless sums may be taken in another order."""
    for a, b in zip(tree.flatten(found)[0], tree.flatten(expected)[0], strict=True):
        a, b = np.asarray(a), np.asarray(b)
        assert a.dtype == b.dtype
        if a.dtype == "bfloat16":
            a, b = a.astype("float32"), b.astype("float32")
        np.testing.assert_allclose(a, b, rtol=rtol, atol=rtol / 10)


def simple_state(**params):
    return State.empty()._replace(params={name: np.asarray(x, "float32") for name, x in params.items()})
