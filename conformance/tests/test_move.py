"""`model.to(backend)`: training goes on as if the model had stayed."""

import itertools

import numpy as np
import pytest

import kcompat
from kcompat import layers
from kcompat.runtime.registry import load, use_backend

RNG = np.random.default_rng(0)
X = (RNG.integers(-16, 17, (60, 6, 6, 1)) / 8).astype("float32")
Y = RNG.integers(0, 3, 60)
BACKENDS = ["numpy", "jax", "torch", "tensorflow"]
U = 2.0**-24


def model_on(backend):
    """A model with every kind of state: parameters, moving statistics, slots, metrics, seeds."""
    kcompat.utils.set_random_seed(1)
    with use_backend(backend):
        model = kcompat.Sequential(
            [
                kcompat.Input((6, 6, 1)),
                layers.Conv2D(4, 3, use_bias=False),
                layers.BatchNormalization(),
                layers.Activation("tanh"),
                layers.Dropout(0.25),
                layers.Flatten(),
                layers.Dense(3),
            ]
        )
        loss = kcompat.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(kcompat.optimizers.Adam(0.01), loss, metrics=["accuracy"])
    return model


def fit(model, first, last):
    return model.fit(X, Y, batch_size=16, initial_epoch=first, epochs=last, verbose=0).history["loss"]


def installed(name):
    try:
        load(name)
    except ImportError as error:
        pytest.skip(str(error))


@pytest.mark.parametrize(("start", "end"), list(itertools.permutations(BACKENDS, 2)))
def test_the_loss_goes_on_as_if_the_model_had_stayed(start, end):
    """Within what float32 does to an epoch's mean over so few, well-conditioned steps.

    The losses, of order 1, are sums of some hundred roundings in each of at most 24 steps, whose errors add up like a
    random walk: sqrt(24 * 100) is 49, and four standard deviations of it are 200 roundings.
    """
    installed(start), installed(end)
    stayed = model_on(start)
    expected = fit(stayed, 0, 2) + fit(stayed, 2, 6)
    moved = model_on(start)
    found = fit(moved, 0, 2)
    assert moved.to(end) is moved
    assert moved.backend == end
    found += fit(moved, 2, 6)
    assert found[:2] == expected[:2]
    np.testing.assert_allclose(found[2:], expected[2:], rtol=200 * U, atol=0)
    assert int(moved.optimizer.iterations) == int(stayed.optimizer.iterations) == 24


def test_moving_there_and_back_without_a_step_changes_nothing(backend):
    model = model_on("numpy")
    fit(model, 0, 1)
    state = {v.path: v.numpy().copy() for v in model.variables + model.optimizer.variables}
    prediction = model.predict(X, verbose=0)
    model.to(backend.name).to("numpy")
    for variable in model.variables + model.optimizer.variables:
        np.testing.assert_array_equal(variable.numpy(), state[variable.path], strict=True)
    np.testing.assert_array_equal(model.predict(X, verbose=0), prediction)


def test_a_model_that_goes_there_and_back_in_training_ends_where_it_would(backend):
    expected = fit(model_on("numpy"), 0, 3)
    model = model_on("numpy")
    found = fit(model, 0, 1)
    found += fit(model.to(backend.name), 1, 2)
    found += fit(model.to("numpy"), 2, 3)
    np.testing.assert_allclose(found, expected, rtol=200 * U, atol=0)


def test_a_model_runs_on_its_own_backend_whatever_is_active(backend):
    model = model_on(backend.name)
    with use_backend("numpy"):
        fit(model, 0, 1)
        assert model.backend == backend.name
        assert isinstance(model.predict(X, verbose=0), np.ndarray)


def test_compiling_again_takes_the_active_backend(backend):
    model = model_on("numpy")
    with use_backend(backend.name):
        model.compile("sgd", "mse")
    assert model.backend == backend.name


def test_the_learning_rate_and_frozen_layers_move_along(backend):
    model = model_on("numpy")
    model.layers[0].trainable = False
    model.compile(kcompat.optimizers.Adam(0.01), model.loss)
    model.optimizer.learning_rate = 0.5
    fit(model, 0, 1)
    frozen = model.layers[0].kernel.numpy().copy()
    model.to(backend.name)
    assert float(model.optimizer.learning_rate) == 0.5
    fit(model, 1, 2)
    np.testing.assert_array_equal(model.layers[0].kernel.numpy(), frozen)


def test_a_model_that_was_not_compiled_moves_too(backend):
    model = kcompat.Sequential([kcompat.Input((2,)), layers.Dense(1, kernel_initializer="ones")]).to(backend.name)
    np.testing.assert_array_equal(model.predict(np.ones((1, 2)), verbose=0), [[2.0]])


def test_an_unknown_backend_is_refused_and_the_model_stays():
    model = model_on("numpy")
    fit(model, 0, 1)
    with pytest.raises(LookupError, match="did you mean 'torch'"):
        model.to("troch")
    assert model.backend == "numpy"
    fit(model, 1, 2)
