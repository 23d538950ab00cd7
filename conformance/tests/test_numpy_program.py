"""The compiled programs of NumPy: what they compute is what the step computes, to the bit."""

import threading
import traceback

import numpy as np
import pytest

import kcompat
from kcompat import layers, losses, ops, optimizers, tree
from kcompat.active import active, use
from kcompat.backend import load
from kcompat.backends.numpy.program import KEPT, NumPyProgram
from kcompat.program import Program, State
from kcompat.spec import set_floatx

RNG = np.random.default_rng(0)
B = load("numpy")


@pytest.fixture(autouse=True)
def on_numpy():
    """Seeded, with NumPy as the active backend."""
    kcompat.utils.set_random_seed(1)
    with use(B):
        yield


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
        layers.Conv2D(6, 3, strides=2, padding="same"),
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
    model.program("train")
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


def is_compiled(program):
    return [emitted is not None for _, emitted in program._emitted.values()]


def simple_state(**params):
    return State.empty()._replace(params={name: np.asarray(x, "float32") for name, x in params.items()})


# the same results


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("case", CASES)
def test_three_steps_of_training_are_those_of_the_step_as_it_is(case, weighted):
    make, x, optimizer = CASES[case]
    model = model_of(make, x, optimizer)
    batch = (x, labels(len(x)), np.abs(floats(len(x))) if weighted else None)
    expected, program = both(model.train_step, model._store.state())
    rtol = 1e-5 if case == "convolution" else 0.0  # whose bias adds up what is pooled
    for _ in range(3):
        assert_same(program.run(batch), expected.run(batch), rtol)
        assert_same(program.state(), expected.state(), rtol)
    assert is_compiled(program) == [True]


@pytest.mark.parametrize("kind", ["test", "predict"])
@pytest.mark.parametrize("case", CASES)
def test_evaluation_and_prediction_are_those_of_the_step_as_it_is(case, kind):
    make, x, optimizer = CASES[case]
    model = model_of(make, x, optimizer)
    batch = (x, labels(len(x)) if kind == "test" else None, None)
    expected, program = both(getattr(model, f"{kind}_step"), model._store.state())
    for _ in range(2):
        assert_same(program.run(batch), expected.run(batch))
    assert is_compiled(program) == [True]


@pytest.fixture(params=["float16", "bfloat16", "float64"])
def floatx(request):
    """The default float dtype within the test."""
    set_floatx(request.param)
    yield request.param
    set_floatx("float32")


def test_other_floats(floatx):
    x = ROWS.astype(floatx)
    model = model_of(dense, x, "adam")
    batch = (x, labels(10), None)
    expected, program = both(model.train_step, model._store.state())
    with np.errstate(all="ignore"):
        for _ in range(3):
            assert_same(program.run(batch), expected.run(batch))
            assert_same(program.state(), expected.state())


def test_long_vectors_are_updated_block_by_block():
    def step(state, rate):
        grads = [ops.sin(p * 7.0) for p in state.params.values()]
        tensors = [*state.params.values(), *grads, *state.slots.values()]
        results = active().adam_update(rate, *tensors, beta_1=0.9, beta_2=0.999, epsilon=1e-7)
        params, slots = (
            dict(zip(names, xs, strict=True)) for names, xs in (("ab", results[:2]), ("mnvw", results[2:]))
        )
        return state._replace(params=params, slots=slots), {}

    shapes = {"a": (300, 700), "b": (5,)}
    params = {name: floats(*shape) for name, shape in shapes.items()}
    slots = {name: np.abs(floats(*shapes["ab"[i % 2]])) for i, name in enumerate("mnvw")}
    expected, program = both(step, State.empty()._replace(params=params, slots=slots))
    rate = np.array(0.1, "float32")
    for _ in range(3):
        program.run(rate), expected.run(rate)
        assert_same(program.state(), expected.state())
    assert is_compiled(program) == [True]


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
    expected, program = both(model.train_step, model._store.state())
    batch = (ROWS, labels(10), None)
    for _ in range(3):
        assert_same(program.run(batch), expected.run(batch))
        assert_same(program.state(), expected.state())
    assert is_compiled(program) == [True]


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
    assert is_compiled(program) == [True]


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
    assert is_compiled(program) == [True]


# the state


def test_entries_of_the_state_may_change_places_and_stay():
    def step(state, batch):
        a, b, c = state.params.values()
        return state._replace(params={"a": b, "b": ops.transpose(a), "c": c}), {"a": a, "sum": a + b}

    expected, program = both(step, simple_state(a=floats(3, 3), b=floats(3, 3), c=floats(2)))
    for _ in range(3):
        assert_same(program.run(floats(1)), expected.run(floats(1)))
        assert_same(program.state(), expected.state())
    assert is_compiled(program) == [True]


def test_an_old_value_that_is_read_late_is_still_there():
    def step(state, batch):
        w = state.params["w"]
        new = w * 2.0
        return state._replace(params={"w": new}), {"old": w, "new": new, "both": ops.sum(w) + ops.sum(new)}

    expected, program = both(step, simple_state(w=floats(4)))
    for _ in range(2):
        assert_same(program.run(floats(1)), expected.run(floats(1)))
    assert is_compiled(program) == [True]


def test_results_and_copies_of_the_state_do_not_change_with_the_next_step():
    model = model_of(dense, ROWS, "sgd")
    program = NumPyProgram(B, model.train_step, model._store.state())
    predict = program.with_step(model.predict_step)
    state, predictions = program.state(), predict.run((ROWS, None, None))
    before = tree.map_leaves(np.copy, (state, predictions))
    program.run((ROWS, labels(10), None))
    assert not np.array_equal(predict.run((ROWS, None, None)), predictions)
    assert_same((state, predictions), before)


def test_what_is_put_into_the_state_is_used_without_another_trace():
    model = model_of(dense, ROWS, "sgd")
    program = NumPyProgram(B, model.train_step, model._store.state())
    predict = program.with_step(model.predict_step)
    predict.run((ROWS, None, None))
    bias = floats(4)
    last = model.layers[-1]
    program.replace(params={last.kernel.path: np.zeros((8, 4)), last.bias.path: bias})
    np.testing.assert_array_equal(predict.run((ROWS, None, None)), np.broadcast_to(bias, (10, 4)))
    assert predict.traces == 1


def test_a_state_of_another_shape_may_be_put_in():
    def step(state, batch):
        return state, ops.sum(state.params["w"] * batch)

    program = NumPyProgram(B, step, simple_state(w=[1.0, 2.0]))
    assert program.run(np.float32([1.0])) == 3.0
    program.replace(params={"w": [1.0, 2.0, 3.0]})
    assert program.run(np.float32([1.0])) == 6.0


def test_the_arrays_that_a_state_was_made_of_are_left_alone():
    def step(state, batch):
        return state._replace(params={"w": state.params["w"] + batch}), {}

    mine = floats(3)
    before = mine.copy()
    NumPyProgram(B, step, State.empty()._replace(params={"w": mine})).run(floats(3))
    np.testing.assert_array_equal(mine, before)


# batches


def test_each_layout_of_a_batch_is_traced_once():
    model = model_of(dense, ROWS, "sgd")
    program = NumPyProgram(B, model.train_step, model._store.state())
    for size in (10, 4, 10, 4):
        program.run((ROWS[:size], labels(size), None))
    program.run((ROWS, labels(10), np.abs(floats(10))))
    assert program.traces == 3


def test_memory_does_not_grow_with_the_number_of_layouts():
    program = NumPyProgram(B, lambda state, batch: (state, batch + 1.0), State.empty())
    for size in range(2 * KEPT):
        np.testing.assert_array_equal(program.run(np.zeros(size, "float32")), np.ones(size))
    assert program.traces == KEPT


@pytest.mark.parametrize("one", [np.float32(1.0), 1.0, (None, {"x": [np.float32(1.0)]})])
def test_a_batch_may_be_numbers(one):
    def step(state, batch):
        return state, ops.add(state.params["w"], tree.flatten(batch)[0][0])

    program = NumPyProgram(B, step, simple_state(w=[1.0, 2.0]))
    for _ in range(2):
        np.testing.assert_array_equal(program.run(one), [2.0, 3.0])


def test_a_batch_need_not_be_contiguous():
    model = model_of(dense, ROWS, "sgd")
    expected, program = both(model.train_step, model._store.state())
    x, y = np.asfortranarray(ROWS), np.repeat(labels(10), 2)[::2]
    assert_same(program.run((x, y, None)), expected.run((x.copy(), y.copy(), None)))


def test_many_steps_in_one_call():
    model = model_of(dense, ROWS, "adam")
    one, many = (NumPyProgram(B, model.train_step, model._store.state()) for _ in range(2))
    x, y = floats(3, 10, 7), labels(3, 10)
    for i in range(3):
        logs = one.run((x[i], y[i], None))
    assert_same(many.run_many((x, y, None)), logs)
    assert_same(many.state(), one.state())


# what cannot be traced


def test_a_step_that_asks_for_values_runs_as_it_is():
    def step(state, batch):
        w = state.params["w"]
        grow = float(ops.convert_to_numpy(ops.sum(batch))) > 0
        return state._replace(params={"w": w * 2.0 if grow else w + 0.0}), {"w": w}

    program = NumPyProgram(B, step, simple_state(w=[1.0]))
    logs = [program.run(np.float32([sign]))["w"] for sign in (1.0, -1.0, 1.0, 1.0)]
    assert [x.item() for x in logs] == [1.0, 2.0, 2.0, 4.0]
    assert is_compiled(program) == [False]


@pytest.mark.parametrize(
    "f",
    [
        lambda x: x if x[0] > 0 else -x,
        lambda x: ops.cond(x[0] > 0, lambda: x, lambda: -x),
        lambda x: x[x > 0],
        lambda x: np.asarray(x) + 1.0,
        lambda x: ops.while_loop(lambda y: ops.sum(y) < 9.0, lambda y: (y * 2.0,), (x,))[0],
    ],
)
def test_branches_masks_and_loops_on_values(f):
    program = NumPyProgram(B, lambda state, batch: (state, f(batch)), State.empty())
    for x in (np.float32([1.0, -2.0, 3.0]), np.float32([-1.0, 2.0, 3.0])):
        np.testing.assert_array_equal(program.run(x), f(x))


def test_an_error_is_the_steps_own_at_each_run():
    model = model_of(dense, ROWS, "sgd")
    program = NumPyProgram(B, model.train_step, model._store.state())
    for _ in range(2):
        with pytest.raises(ValueError, match=r"was built for size 7 of axis -1"):
            program.run((floats(10, 6), labels(10), None))


def test_what_is_compiled_shares_the_state_with_what_is_not():
    def traced(state, batch):
        return state._replace(params={"w": state.params["w"] + batch}), {}

    def untraced(state, batch):
        ops.convert_to_numpy(batch)
        return state._replace(params={"w": state.params["w"] * batch}), {}

    first = NumPyProgram(B, traced, simple_state(w=[1.0]))
    second = first.with_step(untraced)
    for _ in range(2):
        first.run(np.float32([2.0]))
        second.run(np.float32([3.0]))
    assert first.state().params["w"].item() == 33.0
    assert first.traces == 1


# how it runs


def test_programs_of_one_state_may_be_called_from_several_threads():
    def step(state, batch):
        return state._replace(params={"w": state.params["w"] + ops.sum(batch)}), {}

    program = NumPyProgram(B, step, simple_state(w=[0.0]))
    batch = np.ones((64, 64), "float32")
    threads = [threading.Thread(target=lambda: [program.run(batch) for _ in range(100)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert program.state().params["w"].item() == 400 * 64 * 64


def test_the_source_of_a_program_is_in_a_traceback():
    def step(state, batch):
        return state, ops.take(batch, ops.cast(batch, "int32"), axis=0)

    program = NumPyProgram(B, step, State.empty())
    program.run(np.float32([0.0, 1.0]))
    with pytest.raises(IndexError) as raised:
        program.run(np.float32([0.0, 7.0]))
    assert any("<kcompat program" in frame.filename and frame.line for frame in traceback.extract_tb(raised.tb))


def test_tiny_numbers_are_tiny_again_after_a_program():
    tiny = np.float32([1e-40])
    program = NumPyProgram(B, lambda state, batch: (state, batch * 0.5), State.empty())
    assert program.run(tiny) in (0.0, tiny * np.float32(0.5))  # 0 where the processor can be told so
    assert tiny * np.float32(0.5) > 0
