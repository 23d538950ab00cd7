"""Configs are plain data, and what is made of one is like what it was taken from, also of users' classes."""

import json
from collections import namedtuple

import numpy as np
import pytest

import kcompat
from kcompat import layers, ops
from kcompat.configurable import clone
from kcompat.registration import KINDS, deserialize, registered_classes, serialize

ARGUMENTS = {
    "Activation": ["relu"],
    "Conv2D": [2, 3],
    "Dense": [2],
    "Dropout": [0.5],
    "Embedding": [5, 3],
    "GRU": [2],
    "InputLayer": [(3,)],
    "LSTM": [2],
    "MeanMetricWrapper": [ops.mean],
    "LossFunctionWrapper": [kcompat.losses.mean_squared_error],
    "Reshape": [(2, 2)],
    "SimpleRNN": [2],
}
CLASSES = [cls for kind in KINDS if kind not in ("model", "callback") for cls in registered_classes(kind).values()]


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: f"{cls.__module__.split('.')[1]}.{cls.__name__}")
def test_a_config_makes_an_equal_object(cls):
    part = cls(*ARGUMENTS.get(cls.__name__, []))
    config = json.loads(json.dumps(part.get_config()))
    again = cls.from_config(config)
    assert json.loads(json.dumps(again.get_config())) == config
    assert type(deserialize(serialize(part))) is cls
    assert type(clone(part)) is cls


def test_arguments_that_were_given_are_in_the_config():
    layer = layers.Dense(
        3,
        ops.sin,
        kernel_regularizer=kcompat.regularizers.L1(0.5),
        bias_constraint="non_neg",
        name="x",
        trainable=False,
    )
    config = layer.get_config()
    assert (config["units"], config["name"], config["trainable"]) == (3, "x", False)
    again = layers.Dense.from_config(json.loads(json.dumps(config)))
    assert again.activation is ops.sin
    assert again.kernel_regularizer.l1 == 0.5
    assert type(again.bias_constraint) is kcompat.constraints.NonNeg


def test_models_within_models():
    inner = kcompat.Sequential([layers.Dense(2, "tanh")], name="inner")
    model = kcompat.Sequential([kcompat.Input((3,)), inner, layers.Dense(1)])
    for again in (kcompat.Sequential.from_config(model.get_config()), deserialize(serialize(model)), clone(model)):
        assert [type(layer).__name__ for layer in again.layers] == ["Sequential", "Dense"]
        assert again.predict(np.zeros((2, 3)), verbose=0).shape == (2, 1)


def test_a_clone_is_of_the_layers_as_they_are_now():
    model = kcompat.Sequential([layers.Dense(3)])
    model.add(layers.Dense(1))
    model.layers[0].trainable = False
    copy = clone(model)
    assert [layer.trainable for layer in copy.layers] == [False, True]


Size = namedtuple("Size", "height width")


@kcompat.saving.register_keras_serializable("tests")
class Scaled(layers.Dense):
    """A user's class: its own argument, and those of Dense by `**kwargs`."""

    def __init__(self, factor, size=Size(1, 2), **kwargs):  # noqa: B008  (it cannot be changed)
        super().__init__(units=2, **kwargs)
        self.factor = factor * 10

    def call(self, inputs):
        return super().call(inputs) * self.factor


def test_a_class_of_a_user_keeps_its_own_arguments():
    layer = Scaled(3, activation="relu", name="scaled")
    config = layer.get_config()
    assert (config["factor"], config["activation"], config["name"]) == (3, "relu", "scaled")
    assert Scaled.from_config(config).factor == clone(layer).factor == 30
    assert type(deserialize(serialize(layer))) is Scaled
    assert serialize(layer)["registered_name"] == "tests>Scaled"


def test_a_config_names_what_it_cannot_find():
    config = {"module": "mine", "class_name": "Other", "config": {}, "registered_name": "Other"}
    with pytest.raises(ValueError, match=r"names 'Other' of module 'mine'.*custom_objects"):
        deserialize(config)
    with pytest.raises(TypeError, match="lambda"):
        layers.Dense(1, lambda x: x).get_config()


@pytest.mark.parametrize(
    ("constraint", "message"),
    [(lambda w: w[:1], r"constraint of '.*kernel' gave shape \(1, 2\)"), (lambda w: None, "kernel' gave None")],
)
def test_a_constraint_keeps_the_shape(backend, constraint, message):
    x = np.ones((4, 3), "float32")
    with kcompat.use_backend(backend.name):
        model = kcompat.Sequential([kcompat.Input((3,)), layers.Dense(2, kernel_constraint=constraint)])
        model.compile("sgd", "mse")
        with pytest.raises(ValueError, match=message):
            model.fit(x, x[:, :2], verbose=0)


def test_a_regularizer_gives_a_scalar(backend):
    x = np.ones((4, 3), "float32")
    with kcompat.use_backend(backend.name):
        model = kcompat.Sequential([kcompat.Input((3,)), layers.Dense(2, kernel_regularizer=lambda w: w)])
        model.compile("sgd", "mse")
        with pytest.raises(ValueError, match=r"regularizer of '.*kernel' gave shape \(3, 2\).*a scalar"):
            model.fit(x, x[:, :2], verbose=0)


def test_regularizers_and_constraints_are_part_of_training(backend):
    """One step of SGD by hand: the gradient of `l2 * w ** 2`, then the projection to numbers that are not negative."""
    x, w = np.array([[1.0, 2.0]], "float32"), np.array([[0.5], [0.01]], "float32")
    with kcompat.use_backend(backend.name):
        dense = layers.Dense(
            1, use_bias=False, kernel_regularizer=kcompat.regularizers.L2(0.1), kernel_constraint="non_neg"
        )
        model = kcompat.Sequential([kcompat.Input((2,)), dense])
        model.compile(kcompat.optimizers.SGD(0.1), "mse")
        model.set_weights([w])
        loss = model.train_on_batch(x, np.zeros((1, 1), "float32"))
        y = float((x @ w)[0, 0])
        assert loss == pytest.approx(y**2 + 0.1 * float(np.sum(w**2)), rel=1e-6)
        gradient = 2 * y * x.T + 0.2 * w
        np.testing.assert_allclose(model.get_weights()[0], np.maximum(w - 0.1 * gradient, 0), rtol=1e-5)
