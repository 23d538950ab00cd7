"""Keras 3 as a witness of configs: each side reads what the other writes."""

import json

import pytest

import kcompat
from kcompat import activations, losses, metrics
from kcompat.conformance.tests import witness
from kcompat.registration import registered_classes, registered_functions

pytestmark = pytest.mark.skipif(not witness.INSTALLED, reason="pip install keras")

WRAPPERS = {"losses.LossFunctionWrapper": [losses.huber], "metrics.MeanMetricWrapper": [metrics.binary_accuracy]}
CLASSES = [
    f"{module}.{name}"
    for module, kind in {"losses": "loss", "metrics": "metric", "initializers": "initializer"}.items()
    for name in registered_classes(kind)
]
BASES = ("losses.Loss", "metrics.Metric", "initializers.Initializer")
PATHS = [path for path in CLASSES if path not in (*WRAPPERS, *BASES)]
ARGUMENTS = {
    "losses.CategoricalGeneralizedCrossEntropy": {"q": 0.25},
    "losses.Circle": {"margin": 0.25, "name": "round"},
    "losses.Tversky": {"alpha": 0.25, "reduction": "sum"},
    "metrics.BinaryAccuracy": {"threshold": 0.75},
    "metrics.SparseCategoricalCrossentropy": {"ignore_class": -1},
    "initializers.GlorotUniform": {"seed": 3, "input_axes": [0], "output_axes": [1, 2]},
    "initializers.RandomNormal": {"mean": 1.0, "seed": 3},
}
"""Arguments that are not at their defaults."""
LOST = {
    "losses.Huber": ["delta"],
    "losses.CosineSimilarity": ["axis"],
    "losses.SparseCategoricalCrossentropy": ["axis"],
    "initializers.Identity": ["gain"],
}
"""What Keras leaves out of its configs, although the constructor takes it: read again, it is at its default."""

PROGRAM = """
keras.config.set_floatx("float32")

def named(path):
    module, name = path.split(".")
    return getattr(getattr(keras, module), name)

configs, read = {}, {}
for path, arguments in cases["made"].items():
    part = named(path)(**arguments)
    configs[path] = keras.saving.serialize_keras_object(part)
for path, config in cases["written"].items():
    read[path] = keras.saving.deserialize_keras_object(config).get_config()
answers["configs"], answers["read"] = json.dumps(configs), json.dumps(read)
functions = {}
for module, names in cases["functions"].items():
    for name in names:
        functions[f"{module}.{name}"] = getattr(keras, module).serialize(getattr(getattr(keras, module), name))
answers["functions"] = json.dumps(functions)
"""
FUNCTIONS = {
    "losses": list(registered_functions("loss")),
    "activations": [name for name in activations.__all__ if name not in ("get", "op_name", "serialize", "deserialize")],
}


def make(path, *args, **arguments):
    module, name = path.split(".")
    return getattr(getattr(kcompat, module), name)(*args, **arguments)


def written(path):
    return json.loads(json.dumps(kcompat.saving.serialize_keras_object(make(path, **ARGUMENTS.get(path, {})))))


@pytest.fixture(scope="module")
def keras():
    made = {path: ARGUMENTS.get(path, {}) for path in PATHS}
    return witness.ask(
        PROGRAM, cases={"made": made, "written": {path: written(path) for path in PATHS}, "functions": FUNCTIONS}
    )


@pytest.mark.parametrize("path", PATHS)
def test_the_config_is_that_of_keras(keras, path):
    ours, theirs = written(path), witness.as_json(keras["configs"])[path]
    lost = {name: ours["config"].pop(name) for name in LOST.get(path, ())}
    assert len(lost) == len(LOST.get(path, ()))
    assert ours == theirs


@pytest.mark.parametrize("path", LOST)
def test_what_keras_loses_it_still_loses(keras, path):
    assert not set(LOST[path]) & set(witness.as_json(keras["configs"])[path]["config"]), "take it off the list"


@pytest.mark.parametrize("path", PATHS)
def test_keras_reads_ours(keras, path):
    lost = dict.fromkeys(LOST.get(path, ()))
    assert {**witness.as_json(keras["read"])[path], **lost} == {**written(path)["config"], **lost}


@pytest.mark.parametrize("path", PATHS)
def test_we_read_those_of_keras(keras, path):
    config = witness.as_json(keras["configs"])[path]
    part = kcompat.saving.deserialize_keras_object(config)
    assert type(part) is type(make(path, **ARGUMENTS.get(path, {})))
    assert config["config"].items() <= json.loads(json.dumps(part.get_config())).items()


@pytest.mark.parametrize("name", [f"{module}.{name}" for module, names in FUNCTIONS.items() for name in names])
def test_functions_are_written_as_in_keras(keras, name):
    module, function = name.split(".")
    module = getattr(kcompat, module)
    config = module.serialize(getattr(module, function))
    assert config == witness.as_json(keras["functions"])[name]
    assert module.deserialize(config) is getattr(module, function)


@pytest.mark.parametrize("path", WRAPPERS)
def test_a_wrapper_of_a_function_is_read_again(path):
    part = make(path, *WRAPPERS[path], name="mine")
    again = kcompat.saving.deserialize_keras_object(kcompat.saving.serialize_keras_object(part))
    assert (type(again), again.fn, again.kwargs, again.name) == (type(part), part.fn, part.kwargs, "mine")
