"""The compiled programs of NumPy: what they compute is what the step computes, to the bit."""

import importlib

import numpy as np
import pytest

import kcompat
from kcompat import layers, ops, optimizers
from kcompat.conformance.cases import optimizers as optimizer_cases
from kcompat.conformance.tests.numpy_steps import (
    CASES,
    IMAGES,
    ROWS,
    B,
    assert_same,
    both,
    dense,
    floats,
    labels,
    model_of,
    simple_state,
)
from kcompat.runtime.active import active, use
from kcompat.runtime.program import State
from kcompat.spec import FLOATX


@pytest.fixture(autouse=True)
def on_numpy():
    """Seeded, with NumPy as the active backend."""
    kcompat.utils.set_random_seed(1)
    with use(B):
        yield


# the same results


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("case", CASES)
def test_three_steps_of_training_are_those_of_the_step_as_it_is(case, weighted):
    make, x, optimizer = CASES[case]
    model = model_of(make, x, optimizer)
    batch = (x, labels(len(x)), np.abs(floats(len(x))) if weighted else None)
    expected, program = both(model.train_step, model.programs.store.state())
    rtol = 1e-5 if case == "convolution" else 0.0  # whose bias adds up what is pooled
    for _ in range(3):
        assert_same(program.run(batch), expected.run(batch), rtol)
        assert_same(program.state(), expected.state(), rtol)
    assert program.obstacle is None


@pytest.mark.parametrize("kind", ["test", "predict"])
@pytest.mark.parametrize("case", CASES)
def test_evaluation_and_prediction_are_those_of_the_step_as_it_is(case, kind):
    make, x, optimizer = CASES[case]
    model = model_of(make, x, optimizer)
    batch = (x, labels(len(x)) if kind == "test" else None, None)
    expected, program = both(getattr(model, f"{kind}_step"), model.programs.store.state())
    for _ in range(2):
        assert_same(program.run(batch), expected.run(batch))
    assert program.obstacle is None


@pytest.fixture(params=["float16", "bfloat16", "float64"])
def floatx(request):
    """The default float dtype within the test."""
    with FLOATX.override(request.param):
        yield request.param


def test_other_floats(floatx):
    x = ROWS.astype(floatx)
    model = model_of(dense, x, "adam")
    batch = (x, labels(10), None)
    expected, program = both(model.train_step, model.programs.store.state())
    with np.errstate(all="ignore"):
        for _ in range(3):
            assert_same(program.run(batch), expected.run(batch))
            assert_same(program.state(), expected.state())
    assert program.obstacle is None if floatx != "bfloat16" else "is bfloat16" in program.obstacle


@pytest.mark.parametrize(
    ("formula", "hyperparameters"),
    [
        ("adam_update", {"beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7}),
        ("rmsprop_momentum_update", {"rho": 0.9, "momentum": 0.5, "epsilon": 1e-7}),
        ("lion_update", {"beta_1": 0.9, "beta_2": 0.99}),
    ],
)
def test_long_vectors_are_updated_block_by_block(formula, hyperparameters):
    names = "mn" if formula == "lion_update" else "mnvw"

    def step(state, rate):
        grads = [ops.sin(p * 7.0) for p in state.params.values()]
        tensors = [*state.params.values(), *grads, *state.slots.values()]
        results = getattr(active(), formula)(rate, *tensors, **hyperparameters)
        params, slots = (dict(zip(keys, xs, strict=True)) for keys, xs in (("ab", results[:2]), (names, results[2:])))
        return state._replace(params=params, slots=slots), {}

    shapes = {"a": (300, 700), "b": (5,)}
    params = {name: floats(*shape) for name, shape in shapes.items()}
    slots = {name: np.abs(floats(*shapes["ab"[i % 2]])) for i, name in enumerate(names)}
    expected, program = both(step, State.empty()._replace(params=params, slots=slots))
    rate = np.array(0.1, "float32")
    for _ in range(3):
        program.run(rate), expected.run(rate)
        assert_same(program.state(), expected.state())
    assert program.obstacle is None


def test_a_step_of_ones_own():
    class Penalised(kcompat.Sequential):
        def train_step(self, state, batch):
            x, y, _ = batch

            def loss_of(params):
                with self.bound(state._replace(params=params)) as scope:
                    y_pred = self(x, training=True)
                    norm = ops.sum(ops.square(params[self.layers[0].kernel.path]))
                    loss = self.compute_loss(x, y, y_pred) + 0.1 * norm
                return loss, (y_pred, self.written(scope))

            (loss, (y_pred, written)), grads = ops.value_and_grad(loss_of, has_aux=True)(state.params)
            grads = {path: ops.clip(g, -0.1, 0.1) for path, g in grads.items()}
            state = self.apply_gradients(self.merged(state, written), grads)
            return self.tracked(state, x, y, y_pred, None, loss)

    def make():
        return Penalised([kcompat.Input((7,)), layers.Dense(8, activation="relu"), layers.Dense(4)])

    model = model_of(make, ROWS, "adam")
    expected, program = both(model.train_step, model.programs.store.state())
    batch = (ROWS, labels(10), None)
    for _ in range(3):
        assert_same(program.run(batch), expected.run(batch))
        assert_same(program.state(), expected.state())
    assert program.obstacle is None


SPECIAL = np.array([[1.0, -0.0, 0.0, np.inf, -np.inf, np.nan, -2.5, 1e-37]], "float32")


@pytest.mark.parametrize(
    "f",
    [
        lambda x, y: ops.where(x > 0, x, 0.0),
        lambda x, y: ops.where(x > 0, 0.0, x),
        lambda x, y: ops.where(x > y, x, y),
        lambda x, y: ops.where(x > 0, x, -0.0),
        lambda x, y: ops.where(x > 0, 1.5, ops.transpose(y[:, :1])),
        lambda x, y: ops.where(ops.isnan(x), y, x * y),
        lambda x, y: ops.sigmoid(x) * ops.sigmoid(y - 80.0),
        lambda x, y: ops.relu(x) + ops.cast(x > 0, "float32"),
        lambda x, y: ops.maximum(x, y) - ops.minimum(x, 2.0),
        lambda x, y: ops.sum(x, axis=-1) + ops.max(y, axis=-1),
        lambda x, y: ops.concatenate([x, y[:, ::2], ops.flip(x, axis=1)], axis=1),
        lambda x, y: ops.reshape(ops.transpose(x), (4, 2)) @ ops.ones((2, 3)),
        lambda x, y: ops.cast(ops.argmax(y, axis=1), "float32") + ops.mean(x),
    ],
)
def test_special_values_and_choices(f):
    x, y = SPECIAL, np.roll(SPECIAL, 3)

    def step(state, batch):
        return state, f(*batch)

    expected, program = both(step, State.empty())
    with np.errstate(all="ignore"):
        for a, b in ((x, y), (y, x)):
            found, wanted = (np.asarray(p.run((a, b))) for p in (program, expected))
            np.testing.assert_array_equal(found, wanted)
            np.testing.assert_array_equal(np.signbit(found), np.signbit(wanted))
    assert program.obstacle is None


@pytest.mark.parametrize("seen", [False, True])
def test_maxima_are_taken_before_bias_and_relu_only_where_nobody_sees_it(seen):
    def step(state, batch):
        def loss_of(params):
            active = ops.relu(batch + params["bias"])
            return ops.sum(ops.max_pool(active, 2)), active

        (loss, active), grads = ops.value_and_grad(loss_of, has_aux=True)(state.params)
        params = {"bias": state.params["bias"] - grads["bias"] * 0.01}
        return state._replace(params=params), {"loss": loss, "active": active} if seen else {"loss": loss}

    expected, program = both(step, simple_state(bias=[0.5, -0.5, 0.0]))
    for _ in range(3):
        assert_same(program.run(IMAGES), expected.run(IMAGES), 1e-6)
        assert_same(program.state(), expected.state(), 1e-6)
    assert program.obstacle is None


@pytest.mark.parametrize("case", optimizer_cases.ALL, ids=lambda case: case.id)
def test_all_parameters_are_updated_as_one_vector(case, monkeypatch):
    """The slots of a kind lie one after the other, whatever order an optimizer's `variables` have."""
    flatten = importlib.import_module("kcompat.backends.numpy.compiler.flatten")
    monkeypatch.delattr(flatten, "_expand")  # what expands an update tensor by tensor
    model = model_of(dense, ROWS, lambda: getattr(optimizers, case.name)(**case.arguments))
    model.train_on_batch(ROWS, labels(10))
    assert model.programs.program("train").obstacle is None
