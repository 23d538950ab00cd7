"""A recorded step gives, bit for bit, what the step gives when Python runs it; what cannot be recorded is not."""

import numpy as np
import pytest

import kcompat
from kcompat import layers, losses, ops, optimizers
from kcompat.runtime.program import Program, State
from kcompat.runtime.registry import load

torch = pytest.importorskip("torch")

RNG = np.random.default_rng(0)
VECTORS = RNG.normal(size=(40, 6)).astype("float32")
IMAGES = RNG.normal(size=(40, 8, 8, 2)).astype("float32")
SERIES = RNG.normal(size=(40, 5, 3)).astype("float32")
LABELS = RNG.integers(0, 4, 40).astype("int32")


@pytest.fixture(autouse=True)
def _torch():
    with kcompat.use_backend("torch"):
        yield


def program(step, **params):
    state = State.empty()._replace(params={path: np.asarray(x, "float32") for path, x in params.items()})
    B = load("torch")
    return B.engine.compile(B, step, state)


def both(step, batches, **params):
    """The logs of each step and the last state, by a recording and by Python."""
    found = []
    recorded = program(step, **params)
    copies = (dict(zip(part, map(torch.tensor, part.values()), strict=True)) for part in recorded.state())
    by_python = Program(recorded.B, step, State(*copies))
    to_numpy = recorded.B.engine.to_numpy
    for runner in (recorded, by_python):
        logs = [{name: to_numpy(x).copy() for name, x in runner.run(torch.tensor(batch)).items()} for batch in batches]
        found.append((logs, runner.state()))
    np.testing.assert_equal(found[0], found[1])
    return recorded


def test_steps_after_the_second_are_replayed():
    calls = []

    def step(state, batch):
        calls.append(0)
        return state._replace(params={"w": state.params["w"] + batch}), {"total": ops.sum(batch)}

    p = program(step, w=[1.0, 2.0])
    for i in range(6):
        logs = p.run(np.float32([i, i]))
        assert float(logs["total"]) == 2 * i
    assert (len(calls), p.traces, p.obstacle) == (2, 1, None)
    np.testing.assert_array_equal(p.state().params["w"], [16.0, 17.0])


MODELS = {
    "dense": (VECTORS, lambda: [layers.Dense(8, "relu"), layers.Dense(4)]),
    "dropout": (VECTORS, lambda: [layers.Dense(8, "tanh"), layers.Dropout(0.4), layers.Dense(4)]),
    "normalized": (VECTORS, lambda: [layers.Dense(8, "gelu"), layers.BatchNormalization(), layers.Dense(4)]),
    "frozen": (VECTORS, lambda: [layers.Dense(8, "silu", trainable=False), layers.Dense(4)]),
    "convolutional": (
        IMAGES,
        lambda: [layers.Conv2D(3, 3, activation="relu"), layers.MaxPooling2D(2), layers.Flatten(), layers.Dense(4)],
    ),
    "recurrent": (SERIES, lambda: [layers.LSTM(4, return_sequences=True), layers.GRU(4), layers.Dense(4)]),
}
OPTIMIZERS = {
    "sgd": lambda: optimizers.SGD(0.1),
    "momentum": lambda: optimizers.SGD(0.1, momentum=0.9),
    "nesterov": lambda: optimizers.SGD(0.1, momentum=0.9, nesterov=True),
    "rmsprop": optimizers.RMSprop,
    "adam": optimizers.Adam,
}


def trained(x, make, optimizer, **how):
    """The history, weights, evaluation and predictions of a model; 40 samples are two whole batches and a part."""
    kcompat.utils.set_random_seed(1)
    model = kcompat.Sequential([kcompat.Input(x.shape[1:]), *make()])
    loss = losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer(), loss, metrics=["accuracy"], **how)
    history = model.fit(x, LABELS, 16, 4, verbose=0, sample_weight=np.linspace(0, 1, 40)).history
    model.optimizer.learning_rate = 0.5
    later = model.fit(x, LABELS, 16, 1, verbose=0).history
    evaluated = [model.evaluate(x, LABELS, 16, verbose=0) for _ in range(3)]
    predicted = [model.predict(x, 16, verbose=0) for _ in range(3)]
    state = [list(part.values()) for part in model.programs.program("train").state()]
    return model, (history, later, model.get_weights(), state, evaluated, predicted)


@pytest.mark.parametrize("name", MODELS)
def test_a_model_trains_as_without_recording(name):
    model, found = trained(*MODELS[name], optimizers.Adam)
    _, expected = trained(*MODELS[name], optimizers.Adam, run_eagerly=True)
    np.testing.assert_equal(found, expected)
    assert model.programs.program("train").traces > 0, "nothing was recorded"
    assert model.programs.program("train").obstacle is None


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_optimizer_in_place_does_what_it_does_on_copies(name):
    _, found = trained(*MODELS["dense"], OPTIMIZERS[name])
    _, expected = trained(*MODELS["dense"], OPTIMIZERS[name], run_eagerly=True)
    np.testing.assert_equal(found, expected)


def test_run_many_and_run_each_are_run_again_and_again():
    def step(state, batch):
        w = state.params["w"] * 0.5 + batch
        return state._replace(params={"w": w}), {"sum": ops.sum(w)}

    batches = RNG.normal(size=(7, 3)).astype("float32")
    one, many, each = (program(step, w=np.ones(3)) for _ in range(3))
    expected = [float(one.run(batch)["sum"]) for batch in batches]
    assert float(many.run_many(batches)["sum"]) == expected[-1]
    np.testing.assert_array_equal(each.run_each(batches)["sum"], np.float32(expected))
    for p in (many, each):
        np.testing.assert_array_equal(p.state().params["w"], one.state().params["w"])


def test_steps_of_one_call_may_swap_share_and_ignore_what_they_are_given():
    def step(state, batch):
        x, _ = batch
        w = state.params
        new = {"a": w["b"], "b": w["a"] * 2.0, "both": x, "same": w["same"], "unused": w["a"] + w["same"]}
        changed = torch.exp(w["same"])
        changed.add_(x)
        logs = {"fixed": ops.ones(2), "invariant": ops.tanh(w["same"]), "changed": changed}
        return state._replace(params=new), logs | {"a": w["a"], "batch": x, "view": x[1:]}

    batches = RNG.normal(size=(9, 2)).astype("float32"), np.zeros((9, 1), "int32")
    start = dict(zip(("a", "b", "both", "same", "unused"), RNG.normal(size=(5, 2)), strict=True))
    one, many, each = (program(step, **start) for _ in range(3))
    logs = [{name: x.numpy().copy() for name, x in one.run((x, y)).items()} for x, y in zip(*batches, strict=True)]
    stacked = each.run_each(batches)
    last = many.run_many(batches)
    for name, x in stacked.items():
        np.testing.assert_array_equal(x, [log[name] for log in logs])
        np.testing.assert_array_equal(last[name], logs[-1][name])
    for p in (many, each):
        np.testing.assert_equal(p.state(), one.state())


# What must not be recorded


def test_a_step_that_looks_at_a_value_stays_in_python():
    def step(state, batch):
        w = ops.cond(ops.sum(batch) > 0, lambda: state.params["w"] + 1.0, lambda: state.params["w"] - 1.0)
        return state._replace(params={"w": w}), {"w": w}

    p = both(step, [np.float32([s]) for s in (1, -1, 1, 1, -1)], w=0.0)
    assert (p.traces, p.obstacle) == (0, "the step reads the value of a tensor")


def test_a_step_that_reads_torch_values_as_numpy_stays_in_python():
    def step(state, batch):
        return state, {"y": batch * float(batch.numpy()[0])}

    p = both(step, [np.float32([s]) for s in (1, 2, 3, 4)])
    assert (p.traces, p.obstacle) == (0, "the step reads a value by numpy")


def test_a_step_with_shapes_that_depend_on_values_stays_in_python():
    def step(state, batch):
        return state, {"count": torch.count_nonzero(torch.nonzero(batch) + 1)}

    p = both(step, [np.float32(b) for b in ([0, 1], [1, 1], [0, 0], [1, 0])])
    assert (p.traces, p.obstacle) == (0, "aten.nonzero.default makes a shape or a number of the values of a tensor")


def test_a_step_that_changes_a_tensor_from_outside_stays_in_python():
    seen = torch.zeros(2)

    def step(state, batch):
        seen.add_(batch)
        return state, {"seen": seen.clone()}

    p = program(step)
    for i in range(1, 6):
        np.testing.assert_array_equal(p.run(np.float32([1, 2]))["seen"], np.float32([i, 2 * i]))
    assert (p.traces, p.obstacle) == (0, "aten.add_.Tensor changes a tensor that exists outside of the step")


def test_a_step_whose_state_changes_its_shape_stays_in_python():
    def step(state, batch):
        return state._replace(params={"w": ops.concatenate([state.params["w"], batch])}), {}

    p = program(step, w=[0.0])
    for i in range(1, 6):
        p.run(np.float32([i]))
        assert p.traces == 0
    np.testing.assert_array_equal(p.state().params["w"], np.arange(6))


def test_the_obstacle_is_that_of_the_layout_that_ran_last():
    def step(state, batch):
        return state, {"y": batch * (2.0 if len(batch) == 1 else float(batch[0]))}

    p = program(step)
    for _ in range(3):
        p.run(np.float32([1]))
        p.run(np.float32([1, 2]))
    assert p.obstacle == "aten._local_scalar_dense.default makes a shape or a number of the values of a tensor"
    p.run(np.float32([1]))
    assert p.obstacle is None


def test_changing_a_tensor_made_within_the_step_is_recorded():
    def step(state, batch):
        y = torch.zeros(3)
        y[1:].add_(batch)
        y.mul_(2.0)
        return state._replace(params={"w": state.params["w"] + y}), {"y": y, "view": y[1:]}

    assert both(step, [np.float32([s, 1]) for s in range(5)], w=np.zeros(3)).traces == 1


def test_gradients_of_gradients_are_recorded():
    def step(state, batch):
        def penalty(w):
            return ops.sum(ops.grad(lambda w: ops.sum(ops.tanh(w * batch) ** 3))(w) ** 2)

        value, g = ops.value_and_grad(penalty)(state.params["w"])
        return state._replace(params={"w": state.params["w"] - 0.1 * g}), {"value": value}

    assert both(step, list(RNG.normal(size=(5, 4)).astype("float32")), w=np.ones(4)).traces == 1


def test_native_draws_are_new_at_each_replay():
    def step(state, batch):
        return state, {"draw": torch.rand(4)}

    p = program(step)
    draws = [tuple(p.run(np.float32([0]))["draw"].tolist()) for _ in range(6)]
    assert (len(set(draws)), p.traces) == (6, 1)


# What an operator that raises leaves


def test_a_step_that_raises_leaves_the_state_after_the_last_whole_one():
    def step(state, batch):
        w, mean = state.params["w"], state.params["mean"]
        new = {"mean": mean * 0.5 + ops.mean(w), "other": w, "w": ops.where(w > 0.0, w * 2.0, w)}
        new["table"] = state.params["table"] + ops.take(w, batch)  # raises where the index is out of range
        return state._replace(params=new), {"chosen": ops.take(state.params["other"], batch)}

    start = {"w": [1.0, 2.0], "mean": 0.0, "other": [0.0, 0.0], "table": 0.0}
    p, whole = program(step, **start), program(step, **start)
    p.run_many(np.int32([0, 1, 0]))
    whole.run_many(np.int32([0, 1, 0]))
    with pytest.raises((IndexError, RuntimeError)):
        p.run_many(np.int32([1, 0, 0, 7, 1]))
    whole.run_many(np.int32([1, 0, 0]))
    assert p.traces == 1
    np.testing.assert_equal(p.state(), whole.state())
    p.run(np.int32(1))
    whole.run(np.int32(1))
    np.testing.assert_equal(p.state(), whole.state())


def test_the_state_is_written_to_after_all_that_may_raise():
    """In a model, too: the moving averages of BatchNormalization change before the loss looks up its target."""
    kcompat.utils.set_random_seed(1)
    model = kcompat.Sequential([kcompat.Input((6,)), layers.BatchNormalization(), layers.Dense(4)])
    model.compile("adam", losses.SparseCategoricalCrossentropy(from_logits=True))
    p = None
    for labels in (LABELS, LABELS, LABELS, np.where(np.arange(40) == 30, 9, LABELS)):
        before = p and p.state()
        p = model.programs.program("train")
        try:
            p.run((VECTORS, labels, None))
        except (IndexError, RuntimeError):
            np.testing.assert_equal(p.state(), before)
            break
    else:
        pytest.fail("a target out of range is to raise")


# Whose memory it is


def test_nobody_elses_memory_is_written():
    def step(state, batch):
        w = torch.clone(state.params["w"])
        w.add_(batch)
        return state._replace(params={"w": w, "last": batch}), {"old": state.params["w"], "new": w, "batch": batch}

    p = program(step, w=[0.0], last=[0.0])
    mine = torch.tensor([5.0])
    p.replace(params={"w": mine})
    batch, logs = np.float32([1.0]), []
    for _ in range(5):
        logs.append(p.run(batch))
    copy = p.state()
    p.run(batch)
    batch[:] = 7.0
    assert mine.item() == 5.0
    assert [log["old"].item() for log in logs] == [5.0, 6.0, 7.0, 8.0, 9.0]
    assert [log["new"].item() for log in logs] == [6.0, 7.0, 8.0, 9.0, 10.0]
    assert (copy.params["w"], copy.params["last"]) == (10.0, 1.0)
    assert p.state().params == {"w": 11.0, "last": 1.0}


def test_what_a_program_gives_can_be_differentiated_by_torch():
    def step(state, batch):
        return state, {"y": batch * state.params["w"]}

    p = program(step, w=[2.0])
    for _ in range(4):
        y = p.run(np.float32([3.0]))["y"]
    x = torch.ones(1, requires_grad=True)
    (x * y).sum().backward()
    assert x.grad.item() == 6.0


def test_another_state_of_the_same_shapes_goes_on_with_the_recording():
    def step(state, batch):
        return state._replace(params={"w": state.params["w"] * batch}), {}

    p = program(step, w=[1.0])
    for _ in range(3):
        p.run(np.float32([2.0]))
    p.replace(params={"w": np.float32([10.0])})
    p.run(np.float32([2.0]))
    assert (p.state().params["w"], p.traces) == (20.0, 1)
    other = p.with_step(lambda state, batch: (state, {"w": state.params["w"]}))
    assert other.run(np.float32([0.0]))["w"].item() == 20.0
