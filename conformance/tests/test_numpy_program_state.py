"""The compiled programs of NumPy: their state, the batches that they take, and what is run as it is."""

import threading
import traceback
from typing import NamedTuple

import numpy as np
import pytest

import kcompat
from kcompat import layers, ops
from kcompat.backends.numpy.compiler.lowering import LOWERINGS
from kcompat.backends.numpy.program import KEPT, NumPyProgram
from kcompat.conformance.tests.numpy_steps import (
    ROWS,
    B,
    assert_same,
    both,
    crossentropy,
    dense,
    floats,
    labels,
    model_of,
    simple_state,
)
from kcompat.runtime import tree
from kcompat.runtime.active import active, use
from kcompat.runtime.program import Program, State


class Pair(NamedTuple):
    """A tuple that a program cannot give."""

    first: object
    second: object


@pytest.fixture(autouse=True)
def on_numpy():
    """Seeded, with NumPy as the active backend."""
    kcompat.utils.set_random_seed(1)
    with use(B):
        yield


# the state


def test_entries_of_the_state_may_change_places_and_stay():
    def step(state, batch):
        a, b, c = state.params.values()
        return state._replace(params={"a": b, "b": ops.transpose(a), "c": c}), {"a": a, "sum": a + b}

    expected, program = both(step, simple_state(a=floats(3, 3), b=floats(3, 3), c=floats(2)))
    for _ in range(3):
        assert_same(program.run(floats(1)), expected.run(floats(1)))
        assert_same(program.state(), expected.state())
    assert program.obstacle is None


def test_a_new_entry_may_be_what_an_op_gives_for_the_old_value_of_another():
    def step(state, batch):
        a, b = state.params.values()
        return state._replace(params={"a": b + batch, "b": ops.flip(a, axis=0)}), {}

    expected, program = both(step, simple_state(a=floats(3), b=floats(3)))
    for _ in range(3):
        program.run(np.float32([1.0])), expected.run(np.float32([1.0]))
        assert_same(program.state(), expected.state())
    assert program.obstacle is None


def test_an_old_value_that_is_read_late_is_still_there():
    def step(state, batch):
        w = state.params["w"]
        new = w * 2.0
        return state._replace(params={"w": new}), {"old": w, "new": new, "both": ops.sum(w) + ops.sum(new)}

    expected, program = both(step, simple_state(w=floats(4)))
    for _ in range(2):
        assert_same(program.run(floats(1)), expected.run(floats(1)))
    assert program.obstacle is None


def test_results_and_copies_of_the_state_do_not_change_with_the_next_step():
    model = model_of(dense, ROWS, "sgd")
    program = NumPyProgram(B, model.train_step, model.programs.store.state())
    predict = program.with_step(model.predict_step)
    state, predictions = program.state(), predict.run((ROWS, None, None))
    before = tree.map_leaves(np.copy, (state, predictions))
    program.run((ROWS, labels(10), None))
    assert not np.array_equal(predict.run((ROWS, None, None)), predictions)
    assert_same((state, predictions), before)


def test_what_is_put_into_the_state_is_used_without_another_trace():
    model = model_of(dense, ROWS, "sgd")
    program = NumPyProgram(B, model.train_step, model.programs.store.state())
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
    program = NumPyProgram(B, model.train_step, model.programs.store.state())
    for size in (10, 4, 10, 4):
        program.run((ROWS[:size], labels(size), None))
    program.run((ROWS, labels(10), np.abs(floats(10))))
    assert program.traces == 3


def test_memory_does_not_grow_with_the_number_of_layouts():
    program = NumPyProgram(B, lambda state, batch: (state, batch + 1.0), State.empty())
    for size in range(2 * KEPT):
        np.testing.assert_array_equal(program.run(np.zeros(size, "float32")), np.ones(size))
        assert (program.obstacle is None) == (size < KEPT)
    assert program.traces == KEPT
    assert f"{KEPT} layouts" in program.obstacle
    program.run(np.zeros(0, "float32"))
    assert program.obstacle is None


@pytest.mark.parametrize("one", [np.float32(1.0), 1.0, (None, {"x": [np.float32(1.0)]})])
def test_a_batch_may_be_numbers(one):
    def step(state, batch):
        return state, ops.add(state.params["w"], tree.flatten(batch)[0][0])

    program = NumPyProgram(B, step, simple_state(w=[1.0, 2.0]))
    for _ in range(2):
        np.testing.assert_array_equal(program.run(one), [2.0, 3.0])


def test_a_batch_need_not_be_contiguous():
    model = model_of(dense, ROWS, "sgd")
    expected, program = both(model.train_step, model.programs.store.state())
    x, y = np.asfortranarray(ROWS), np.repeat(labels(10), 2)[::2]
    assert_same(program.run((x, y, None)), expected.run((x.copy(), y.copy(), None)))


def test_many_steps_in_one_call():
    model = model_of(dense, ROWS, "adam")
    one, many = (NumPyProgram(B, model.train_step, model.programs.store.state()) for _ in range(2))
    x, y = floats(3, 10, 7), labels(3, 10)
    for i in range(3):
        logs = one.run((x[i], y[i], None))
    assert_same(many.run_many((x, y, None)), logs)
    assert_same(many.state(), one.state())


@pytest.mark.parametrize("layout", [np.asfortranarray, np.ascontiguousarray])
def test_the_results_of_many_steps_are_stacked(layout):
    x = floats(3, 4, 2)
    program = NumPyProgram(B, lambda state, batch: (state, batch * 2.0), State.empty())
    np.testing.assert_array_equal(program.run_each(layout(x)), x * 2)
    assert program.obstacle is None


# what cannot be traced


def test_a_step_that_asks_for_values_runs_as_it_is():
    def step(state, batch):
        w = state.params["w"]
        grow = float(ops.convert_to_numpy(ops.sum(batch))) > 0
        return state._replace(params={"w": w * 2.0 if grow else w + 0.0}), {"w": w}

    program = NumPyProgram(B, step, simple_state(w=[1.0]))
    logs = [program.run(np.float32([sign]))["w"] for sign in (1.0, -1.0, 1.0, 1.0)]
    assert [x.item() for x in logs] == [1.0, 2.0, 2.0, 4.0]
    assert "the step cannot be traced: " in program.obstacle
    assert program.run_many(np.float32([[-1.0], [1.0], [1.0]]))["w"].tolist() == [16.0]
    assert program.run_each(np.float32([[-1.0], [1.0], [1.0]]))["w"].ravel().tolist() == [32.0, 32.0, 64.0]


@pytest.mark.parametrize(
    "f",
    [
        lambda x: x if x[0] > 0 else -x,
        lambda x: ops.cond(x[0] > 0, lambda: x, lambda: -x),
        lambda x: x[x > 0],
        lambda x: np.asarray(x) + 1.0,
        lambda x: ops.while_loop(lambda y: ops.sum(y) < 9.0, lambda y: (y * 2.0,), (x,))[0],
        lambda x: x * float(x[0]),
        lambda x: x * int(x[0]),
        lambda x: x * [2.0, 3.0][int(x[0] > 0)],
    ],
)
def test_branches_masks_and_loops_on_values(f):
    program = NumPyProgram(B, lambda state, batch: (state, f(batch)), State.empty())
    for x in (np.float32([1.0, -2.0, 3.0]), np.float32([-1.0, 2.0, 3.0])):
        np.testing.assert_array_equal(program.run(x), f(x))
        assert program.obstacle.startswith("the step cannot be traced: ")


@pytest.mark.parametrize(
    ("step", "batch", "obstacle"),
    [
        (lambda state, x: (state, x.item()), np.float32([1.0]), "the step raised AttributeError"),
        (lambda state, x: (state, x + 1.0), 2.0, "the batch has a float"),
        (lambda state, x: (state, ops.cast(x, "bfloat16")), np.float32([1.0]), "the result of cast is bfloat16"),
        (
            lambda state, x: (state._replace(params={"w": x}), {}),
            np.zeros((2, 3), "float32"),
            "the new state has shape (2, 3) and dtype float32 in params['w'], the old one shape (1,) and dtype float32",
        ),
        (
            lambda state, x: (state._replace(params={"w": x, "v": x}), {}),
            np.float32([1.0]),
            "the new state has params ['w', 'v'], the old one ['w']",
        ),
        (
            lambda state, x: (state, Pair(x, x)),
            np.float32([1.0]),
            "logs are dicts, lists and tuples of tensors, got a Pair",
        ),
    ],
)
def test_what_has_no_program_says_why(step, batch, obstacle):
    program = NumPyProgram(B, step, simple_state(w=[1.0]))
    assert_same(program.run(batch), Program(B, step, simple_state(w=[1.0])).run(batch))
    assert obstacle in program.obstacle


def test_a_scan_that_has_no_program_says_why():
    def accumulate(B, carry, x, consts):
        del consts
        return B.engine.cond(B, B.greater(x[0], 0), lambda: (B.add(carry[0], x[0]),), lambda: carry), carry

    def step(state, batch):
        (total,), (before,) = active().scan(accumulate, (ops.sum(batch) * 0.0,), (batch,))
        return state, (total, before)

    program = NumPyProgram(B, step, State.empty())
    total, before = program.run(np.float32([1.0, -2.0, 3.0]))
    assert total == 4.0
    np.testing.assert_array_equal(before, [0.0, 1.0, 1.0])
    assert program.obstacle.startswith("a scan is not compiled: the step cannot be traced: ")


def test_a_fault_of_the_compiler_is_no_slow_step(monkeypatch):
    def broken(emitter, call):
        raise KeyError(call.op)

    monkeypatch.setitem(LOWERINGS, "sin", broken)
    program = NumPyProgram(B, lambda state, batch: (state, ops.sin(batch)), State.empty())
    with pytest.raises(KeyError, match="sin"):
        program.run(np.float32([1.0]))


def test_operands_are_told_apart_without_comparing_them():
    class Seen(layers.Layer):
        def build(self, shape):
            self.seen = self.add_weight(shape=shape[-1:], initializer="zeros", trainable=False)

        def call(self, x):
            self.seen.assign(ops.add(ops.mean(x, axis=0), self.seen))
            return x

    seen = Seen()
    model = kcompat.Sequential([kcompat.Input((7,)), seen, layers.Dense(4)])
    model.compile("sgd", "mse")
    model.fit(ROWS, floats(10, 4), batch_size=5, verbose=0)
    assert model.programs.program("train").obstacle is None
    np.testing.assert_allclose(seen.seen, ROWS[:5].mean(axis=0) + ROWS[5:].mean(axis=0), rtol=1e-5)


def test_an_error_is_the_steps_own_at_each_run():
    model = model_of(dense, ROWS, "sgd")
    program = NumPyProgram(B, model.train_step, model.programs.store.state())
    for _ in range(2):
        with pytest.raises(ValueError, match=r"was built for size 7 of axis -1"):
            program.run((floats(10, 6), labels(10), None))


def test_what_raises_leaves_the_state_of_the_last_whole_step():
    def step(state, batch):
        early = {name: x + 1.0 for name, x in state.params.items()}
        row = ops.take(batch, ops.cast(batch, "int32"), axis=0)  # may be out of range
        return state._replace(params={**early, "b": early["b"] + row}), {"a": early["a"]}

    program = NumPyProgram(B, step, simple_state(a=[0.0, 0.0], b=[0.0, 0.0]))
    program.run(np.float32([0.0, 1.0]))
    before = program.state()
    with pytest.raises(IndexError):
        program.run(np.float32([0.0, 7.0]))
    assert_same(program.state(), before)
    with pytest.raises(IndexError):
        program.run_many(np.float32([[1.0, 1.0], [0.0, 7.0], [1.0, 1.0]]))
    assert program.obstacle is None
    assert program.state().params["a"].tolist() == [2.0, 2.0]


def test_an_optimizer_changes_nothing_before_a_metric_that_raises():
    def metric(y_true, y_pred):
        return ops.take(y_pred, ops.cast(y_true, "int32"), axis=1)[:, 0]

    x, y = floats(10, 7), labels(10)
    model = dense()
    model.compile("adam", crossentropy(), metrics=[metric])
    model.prepare(x, y)
    program = NumPyProgram(B, model.train_step, model.programs.store.state())
    program.run((x, y, None))
    before = program.state()
    with pytest.raises(IndexError):
        program.run((x, np.full_like(y, 99), None))
    assert program.obstacle is None
    assert_same(program.state(), before)


def test_a_step_as_it_is_that_raises_leaves_the_state():
    def step(state, batch):
        new = state._replace(params={name: x + ops.convert_to_numpy(batch) for name, x in state.params.items()})
        if batch[0] < 0:
            raise ValueError("negative")
        return new, {}

    program = NumPyProgram(B, step, simple_state(a=[0.0], b=[0.0]))
    with pytest.raises(ValueError, match="negative"):
        program.run_many(np.float32([[1.0], [-1.0], [1.0]]))
    assert [x.tolist() for x in program.state().params.values()] == [[1.0], [1.0]]


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
