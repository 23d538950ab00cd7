"""Programs: one step or many in a call, on every backend."""

import numpy as np
import pytest

import kcompat
from kcompat import layers
from kcompat.conformance.tests.small_models import LABELS, X, Y, classifier, close, regression
from kcompat.runtime.active import use
from kcompat.runtime.program import State


@pytest.fixture(autouse=True)
def chosen(backend):
    """Each test runs with the backend as the active one, from the same seed."""
    kcompat.utils.set_random_seed(1)
    with use(backend):
        yield backend


def batches(steps, size=4):
    """Stacked batches `(x, y, None)`."""
    rows = np.arange(steps * size) % len(X)
    return X[rows].reshape(steps, size, 4), LABELS[rows].reshape(steps, size), None


def ready(make=classifier):
    """The training program of a new model, the same each time."""
    kcompat.utils.set_random_seed(1)
    model = make()
    model.prepare(X, LABELS)
    return model.programs.program("train")


def equal(found, expected):
    """Two states, up to the order of sums; names of layers differ."""
    for values, others in zip(found, expected, strict=True):
        for (path, x), other in zip(values.items(), others.values(), strict=True):
            np.testing.assert_allclose(x, other, rtol=1e-5, atol=1e-6, err_msg=path)


@pytest.mark.parametrize("steps", [1, 2, 7, 33, 70])
def test_many_steps_are_so_many_single_ones(backend, steps):
    one, many = ready(), ready()
    x, y, _ = batches(steps)
    for i in range(steps):
        expected = one.run((x[i], y[i], None))
    found = many.run_many((x, y, None))
    assert list(found) == list(expected)
    for name in expected:
        close(backend.engine.to_numpy(found[name]), backend.engine.to_numpy(expected[name]), roundings=256)
    equal(many.state(), one.state())


def test_groups_of_any_length_may_follow_one_another():
    one, many = ready(), ready()
    x, y, _ = batches(20)
    many.run_many((x, y, None))
    for start, stop in ((0, 3), (3, 4), (4, 17), (17, 20)):
        one.run_many((x[start:stop], y[start:stop], None))
    equal(many.state(), one.state())


def test_steps_of_several_batches_give_the_logs_of_each(backend):
    model = classifier()
    model.prepare(X, LABELS)
    program = model.programs.program("predict")
    x = np.tile(X, (3, 1)).reshape(30, 4, 4)
    found = program.run_each((x, None, None))
    found = found if isinstance(found, np.ndarray) else backend.engine.to_numpy(found)
    assert found.shape == (30, 4, 2)
    for i in range(30):
        alone = backend.engine.to_numpy(program.run((x[i], None, None)))
        # a logit is a sum of terms of the size of the largest, near 0 too
        np.testing.assert_allclose(found[i], alone, rtol=0, atol=256 * 2.0**-24 * abs(alone).max())


def test_one_layout_is_traced_once_however_many_steps_a_call_has():
    program = ready()
    x, y, _ = batches(40)
    program.run_many((x, y, None))
    first = program.traces
    for steps in (1, 2, 39, 40):
        program.run_many((x[:steps], y[:steps], None))
    program.run((x[0], y[0], None))
    assert program.traces == first
    assert program.obstacle is None


def test_prediction_and_evaluation_leave_the_weights_alone():
    model = regression()
    model.fit(X, Y, verbose=0)
    before = model.get_weights()
    model.predict(X, batch_size=1, verbose=0)
    model.evaluate(X, Y, batch_size=3, verbose=0)
    for found, expected in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(found, expected)


def test_dropout_draws_anew_in_each_step_of_a_call():
    def dropping():
        model = kcompat.Sequential([kcompat.Input((4,)), layers.Dropout(0.5), layers.Dense(2)])
        model.compile("sgd", kcompat.losses.SparseCategoricalCrossentropy(from_logits=True))
        return model

    one, many = ready(dropping), ready(dropping)
    x, y, _ = batches(9)
    for i in range(9):
        one.run((x[i], y[i], None))
    many.run_many((x, y, None))
    equal(many.state(), one.state())
    for found, counter in zip(many.state().rng.values(), one.state().rng.values(), strict=True):
        np.testing.assert_array_equal(found, counter)


def test_a_state_that_is_the_batch_does_not_change_with_its_array(backend):
    def keep(state, x):
        x = kcompat.ops.convert_to_tensor(x)
        return state._replace(buffers={"last": x}), x

    program = backend.engine.compile(backend, keep, State.empty()._replace(buffers={"last": np.zeros(256, "float32")}))
    x = np.arange(64 * 256, dtype="float32").reshape(64, 256)
    for steps in (64, 64, 8):  # the first ones may run otherwise
        logs = backend.engine.to_numpy(program.run_many(x[:steps])).copy()
        expected = x[steps - 1].copy()
        np.testing.assert_array_equal(logs, expected)
        x[:] = x[::-1].copy()
        np.testing.assert_array_equal(program.state().buffers["last"], expected)
