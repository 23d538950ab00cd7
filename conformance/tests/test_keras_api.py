"""Keras 3 as a witness of names: signatures, defaults, which accuracy is meant, default names, the log line."""

import inspect
import io
import re
from contextlib import redirect_stdout

import numpy as np
import pytest

import kcompat
from kcompat import activations, layers, losses, metrics, naming
from kcompat.conformance.tests import witness
from kcompat.registration import KINDS, registered_classes, registered_functions
from kcompat.runtime.registry import use_backend

pytestmark = pytest.mark.skipif(not witness.INSTALLED, reason="pip install keras")

LAYERS = [name for name in registered_classes("layer") if name != "InputLayer"]
CLASSES = [f"layers.{name}" for name in LAYERS]
CLASSES += [f"optimizers.{name}" for name in registered_classes("optimizer")]
CLASSES += [f"losses.{name}" for name in registered_classes("loss") if name != "LossFunctionWrapper"]
CLASSES += [f"metrics.{name}" for name in registered_classes("metric")]
CLASSES += [f"initializers.{name}" for name in registered_classes("initializer") if name != "Initializer"]
FUNCTIONS = ["Sequential", "Input", "layers.Layer.add_weight"]
FUNCTIONS += [
    f"Model.{name}"
    for name in (
        "compile",
        "fit",
        "evaluate",
        "predict",
        "train_on_batch",
        "test_on_batch",
        "predict_on_batch",
    )
]
FUNCTIONS += [f"random.{name}" for name in ("uniform", "normal", "truncated_normal", "randint", "dropout", "shuffle")]
FUNCTIONS += [f"losses.{name}" for name in registered_functions("loss")]
FUNCTIONS += ["metrics.binary_accuracy", "metrics.categorical_accuracy", "metrics.sparse_categorical_accuracy"]
FUNCTIONS += ["metrics.Metric.add_variable", "metrics.Metric.add_weight"]
FUNCTIONS += [f"activations.{name}" for name in activations.__all__ if name not in activations.NOT_IN_KERAS]
FUNCTIONS += ["utils.set_random_seed", "utils.to_categorical"]
LACKING = {
    "Input": ["sparse", "ragged", "tensor", "optional"],
    "layers.Layer.add_weight": ["autocast", "aggregation", "overwrite_with_gradient"],
}
"""Arguments of Keras's that we do not even refuse by name."""
DIFFERENT = {"layers.AveragePooling2D": "Keras gives pool_size a default in MaxPooling2D only"}
"""Where we differ from Keras, and why."""

PROGRAM = """
import inspect

def plain(x):
    return "required" if x is inspect.Parameter.empty else list(x) if isinstance(x, tuple) else x

def parameters(path):
    found = keras
    for part in path.split("."):
        found = getattr(found, part)
    signature = inspect.signature(found.__init__ if isinstance(found, type) else found)
    kinds = (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)
    kept = [p for p in signature.parameters.values() if p.name != "self" and p.kind not in kinds]
    return [[p.name, plain(p.default)] for p in kept]

answers["signatures"] = json.dumps({path: parameters(path) for path in cases["paths"]}, default=repr)

answers["losses"] = json.dumps(sorted(name for name in dir(keras.losses) if name[0] != "_"))
from keras.src.losses import ALL_OBJECTS_DICT
answers["loss names"] = json.dumps(sorted(ALL_OBJECTS_DICT))
from keras.src.activations import ALL_OBJECTS_DICT
answers["activations"] = json.dumps(sorted(ALL_OBJECTS_DICT))

names = {}
for name, arguments in cases["layers"].items():
    first, second = (getattr(keras.layers, name)(*arguments) for _ in range(2))
    names[name] = [first.name, second.name]
answers["names"] = json.dumps(names)

from keras.src.trainers.compile_utils import get_metric
answers["accuracy"] = json.dumps([
    get_metric("accuracy", np.zeros(truth), np.zeros(prediction))._fn.__name__ for truth, prediction in cases["shapes"]
])

import io
from contextlib import redirect_stdout
x, y = np.ones((40, 4)), np.zeros(40)
for verbose in (1, 2):
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2, "softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    stream = io.StringIO()
    with redirect_stdout(stream):
        model.fit(x, y, batch_size=10, epochs=2, verbose=verbose, validation_split=0.25)
    answers[f"log {verbose}"] = stream.getvalue()
"""
ARGUMENTS = {
    "Dense": [1],
    "Activation": ["relu"],
    "Embedding": [2, 2],
    "Dropout": [0.5],
    "Conv2D": [1, 1],
    "AveragePooling2D": [2],
    "Reshape": [[1]],
    "LSTM": [1],
    "GRU": [1],
    "SimpleRNN": [1],
    "MeanMetricWrapper": [losses.huber],
}
SHAPES = [((4, 1), (4, 1)), ((4,), (4, 1)), ((4,), (4, 3)), ((4, 1), (4, 3)), ((4, 3), (4, 3))]
SHAPES += [((4, 7), (4, 7, 3)), ((4, 7, 1), (4, 7, 3)), ((4, 7, 3), (4, 7, 3)), ((4, 7), (4, 7, 1)), ((4, 2), (4, 1))]


@pytest.fixture(scope="module")
def keras():
    """What Keras answers."""
    cases = {
        "paths": CLASSES + FUNCTIONS,
        "layers": {name: ARGUMENTS.get(name, []) for name in LAYERS},
        "shapes": SHAPES,
    }
    return witness.ask(PROGRAM, {}, cases)


def named(path):
    found = kcompat
    for part in path.split("."):
        found = getattr(found, part)
    return found


def ours(path):
    """Our parameters with defaults, those by position, and whether others are taken by keyword."""
    found = named(path)
    signature = inspect.signature(found.__init__ if isinstance(found, type) else found)
    parameters = [p for p in signature.parameters.values() if p.name != "self"]
    ordered = [[p.name, plain(p.default)] for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
    return ordered, [[p.name, plain(p.default)] for p in parameters if p.kind is p.KEYWORD_ONLY], signature


def plain(default):
    return (
        "required" if default is inspect.Parameter.empty else list(default) if isinstance(default, tuple) else default
    )


def asked(keras, path):
    return [p for p in witness.as_json(keras["signatures"])[path] if p[0] not in LACKING.get(path, [])]


@pytest.mark.parametrize("path", CLASSES + FUNCTIONS)
def test_signature_is_that_of_keras(keras, path):
    """In order, as far as we name them; the rest is taken by keyword."""
    theirs = asked(keras, path)
    ordered, by_keyword, signature = ours(path)
    open_ended = any(p.kind is p.VAR_KEYWORD for p in signature.parameters.values())
    assert [name for name, _ in ordered] == [name for name, _ in theirs[: len(ordered)]], (
        "Keras's order is on the right"
    )
    assert open_ended or len(ordered) + len(by_keyword) == len(theirs), f"Keras has more: {theirs[len(ordered) :]}"
    assert path in DIFFERENT or ordered == theirs[: len(ordered)], "Keras's defaults are on the right"
    assert all(p in theirs for p in by_keyword)


@pytest.mark.parametrize("path", [path for path in CLASSES if not path.startswith("initializers.")])
def test_arguments_of_keras_are_taken_at_their_defaults(keras, path):
    arguments = ARGUMENTS.get(path.partition(".")[2], [])
    rest = {name: default for name, default in asked(keras, path)[len(arguments) :] if default != "required"}
    named(path)(*arguments, **rest)


@pytest.mark.parametrize("path", LACKING)
def test_what_is_lacking_is_still_lacking(keras, path):
    names = [name for name, _ in witness.as_json(keras["signatures"])[path]]
    ordered, by_keyword, _ = ours(path)
    assert set(LACKING[path]) <= set(names), "Keras has no such argument: take it off the list"
    assert not {name for name, _ in ordered + by_keyword} & set(LACKING[path]), (
        "take it off the list of what is lacking"
    )


@pytest.mark.parametrize("path", DIFFERENT)
def test_differences_are_still_there(keras, path):
    assert ours(path)[0] != asked(keras, path), "take it off the list of differences"


def test_every_loss_of_keras_is_there(keras):
    assert set(witness.as_json(keras["losses"])) <= set(losses.__all__)
    assert set(witness.as_json(keras["loss names"])) <= set(KINDS["loss"].names)


def test_every_activation_of_keras_is_there(keras):
    assert set(witness.as_json(keras["activations"])) <= set(activations.__all__)


@pytest.mark.parametrize("name", LAYERS)
def test_default_names_are_those_of_keras(keras, name):
    naming.forget_names()
    made = [getattr(layers, name)(*ARGUMENTS.get(name, [])).name for _ in range(2)]
    assert made == witness.as_json(keras["names"])[name]


@pytest.mark.parametrize(("number", "shapes"), list(enumerate(SHAPES)), ids=str)
def test_accuracy_means_what_keras_means(keras, number, shapes):
    truth, prediction = ((None, *shape[1:]) for shape in shapes)
    assert metrics.resolve("accuracy", truth, prediction).fn.__name__ == witness.as_json(keras["accuracy"])[number]


def lines(text):
    """The last state of each bar, numbers and times replaced, without colours, which we do not print.

    Where the output is no terminal, Keras writes a line for each update, we one an epoch.
    """
    text = re.sub(r"\x1b\[\d*m|\x08", "", text)
    last = [line.rsplit("\r", 1)[-1].rstrip() for line in text.splitlines()]
    masked = [re.sub(r"\d+\.\d+(e[+-]\d+)?", "NUMBER", re.sub(r"\b\d+(us|ms|s)\b", "TIME", line)) for line in last]
    return [line for line in masked if line and not line.startswith(("1/3", "2/3"))]


@pytest.mark.parametrize("verbose", [1, 2])
def test_log_lines_are_those_of_keras(keras, verbose):
    x, y = np.ones((40, 4)), np.zeros(40)
    stream = io.StringIO()
    with use_backend("numpy"), redirect_stdout(stream):
        model = kcompat.Sequential([kcompat.Input((4,)), layers.Dense(2, "softmax")])
        model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
        model.fit(x, y, batch_size=10, epochs=2, verbose=verbose, validation_split=0.25)
    assert lines(stream.getvalue()) == lines(str(keras[f"log {verbose}"]))
