"""A model's state in training, its programs, and the layers, models and steps that users write, on every backend."""

import numpy as np
import pytest

import kcompat
from kcompat import layers, ops
from kcompat.conformance.tests.small_models import LABELS, U, X, Y, classifier, close, regression
from kcompat.runtime.active import use


@pytest.fixture(autouse=True)
def chosen(backend):
    """Each test runs with the backend as the active one, from the same seed."""
    kcompat.utils.set_random_seed(1)
    with use(backend):
        yield backend


def test_weights_assigned_outside_are_trained_on():
    model = regression()
    model.fit(X, Y, verbose=0)
    model.layers[0].kernel.assign(np.zeros((4, 1)))
    model.layers[0].bias.assign([3.0])
    close(model.evaluate(X, Y, verbose=0), ((3.0 - Y.astype("float64")) ** 2).mean())
    model.fit(X, Y, verbose=0)
    model.set_weights([np.ones((4, 1)), [0.0]])
    np.testing.assert_array_equal(model.predict(X, verbose=0)[:, 0], X.sum(1))


def test_weights_move_between_models():
    one, other = classifier(), classifier()
    one.fit(X, LABELS, epochs=2, verbose=0)
    other.fit(X, LABELS, epochs=1, verbose=0)
    other.set_weights(one.get_weights())
    np.testing.assert_array_equal(one.predict(X, verbose=0), other.predict(X, verbose=0))


def test_get_weights_are_copies():
    model = regression()
    before = model.get_weights()[0].copy()
    model.get_weights()[0][...] = 7
    model.fit(X, Y, verbose=0)
    assert not np.array_equal(model.get_weights()[0], before)
    assert not (model.get_weights()[0] == 7).any()


def test_compiling_again_starts_the_optimizer_anew_and_keeps_the_weights():
    model = classifier()
    model.fit(X, LABELS, verbose=0)
    before = model.get_weights()
    model.compile("adam", "mse")
    assert int(model.optimizer.iterations) == 0
    for ours, theirs in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("train", ["layer", "model"])
def test_frozen_weights_stay(train):
    inner = kcompat.Sequential([kcompat.Input((4,)), layers.Dense(3), layers.BatchNormalization()])
    model = kcompat.Sequential([kcompat.Input((4,)), inner, layers.Dense(1)])
    (inner.layers[0] if train == "layer" else inner).trainable = False
    model.compile("sgd", "mse")
    before = model.get_weights()
    model.fit(X, Y, epochs=2, verbose=0)
    stays = {"layer": {0, 1}, "model": {0, 1, 2, 3, 4, 5}}[train]  # moving statistics follow unless frozen as well
    same = {i for i, (a, b) in enumerate(zip(before, model.get_weights(), strict=True)) if np.array_equal(a, b)}
    assert same == stays


def test_batch_normalization_follows_the_data():
    layer = layers.BatchNormalization(momentum=0.5)
    model = kcompat.Sequential([kcompat.Input((4,)), layer, layers.Dense(1)])
    model.compile(kcompat.optimizers.SGD(0.0), "mse")
    model.fit(X, Y, batch_size=40, epochs=2, verbose=0)
    mean, variance = X.astype("float64").mean(0), X.astype("float64").var(0)
    np.testing.assert_allclose(layer.moving_mean.numpy(), 0.75 * mean, rtol=0, atol=64 * U * np.abs(X).mean())
    close(layer.moving_variance.numpy(), 0.25 + 0.75 * variance)


# no second trace


def traces(model):
    return {kind: program.traces for kind, program in model.programs._programs.items()}


@pytest.fixture
def compiler(backend):
    """Only for backends that trace."""
    model = regression()
    model.train_on_batch(X, Y)
    if not traces(model)["train"]:
        pytest.skip(f"{backend.name} compiles nothing")


@pytest.mark.usefixtures("compiler")
def test_a_second_step_does_not_trace_nor_does_another_learning_rate():
    model = regression()
    model.fit(X, Y, batch_size=10, epochs=1, verbose=0)
    first = traces(model)
    model.optimizer.learning_rate = 0.5
    model.fit(X, Y, batch_size=10, epochs=2, verbose=0)
    model.layers[0].bias.assign([1.0])
    model.fit(X, Y, batch_size=10, epochs=1, verbose=0)
    assert traces(model) == first, "a value that may change is a constant of the trace: put it into the state"


@pytest.mark.usefixtures("compiler")
def test_a_shorter_last_batch_costs_one_trace_in_all():
    even, short = regression(), regression()
    even.fit(X, Y, batch_size=10, epochs=1, verbose=0)
    for _ in range(2):
        short.fit(X, Y, batch_size=16, epochs=3, verbose=0)
    assert traces(short)["train"] == traces(even)["train"] + 1


@pytest.mark.usefixtures("compiler")
def test_evaluation_between_epochs_does_not_trace_again():
    model = regression()
    model.fit(X, Y, validation_split=0.5, epochs=1, verbose=0)
    first = traces(model)
    model.fit(X, Y, validation_split=0.5, epochs=3, verbose=0)
    model.evaluate(X[20:], Y[20:], verbose=0)
    assert traces(model) == first


def test_another_learning_rate_takes_effect():
    model = regression(optimizer=kcompat.optimizers.SGD(0.5))
    model.train_on_batch(X, Y)
    before = model.get_weights()
    model.optimizer.learning_rate = 0.0
    model.train_on_batch(X, Y)
    for ours, theirs in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_eager_steps_are_the_compiled_ones():
    losses = []
    for eager in (False, True):
        kcompat.utils.set_random_seed(1)
        losses.append(classifier(run_eagerly=eager).fit(X, LABELS, epochs=3, verbose=0).history["loss"])
    close(losses[0], losses[1])


# what users write themselves


class Scale(layers.Layer):
    """A layer with a weight, a layer within, and a count of the batches that it was trained on."""

    def __init__(self, units):
        super().__init__()
        self.dense = layers.Dense(units)

    def build(self, input_shape):
        """Makes the weights."""
        self.scale = self.add_weight((input_shape[-1],), "ones", name="scale")
        self.seen = self.add_weight((), "zeros", trainable=False, name="seen")

    def call(self, inputs, training=False):
        """Scales, counts, and goes through the layer within."""
        if training:
            self.seen.assign_add(1.0)
        return self.dense(inputs * self.scale)


def test_a_layer_of_ones_own_trains_and_keeps_state():
    layer = Scale(1)
    model = kcompat.Sequential([kcompat.Input((4,)), layer])
    model.compile("sgd", "mse")
    assert [w.path for w in model.trainable_weights] == [
        f"{layer.name}/{n}" for n in ("scale", "dense/kernel", "dense/bias")
    ]
    model.fit(X, Y, batch_size=10, epochs=2, validation_split=0.25, verbose=0)
    assert float(layer.seen) == 6.0
    assert not np.array_equal(layer.scale.numpy(), np.ones(4))


class Residual(kcompat.Model):
    """Layers in attributes, in a list that grows, and in a dict."""

    def __init__(self):
        super().__init__()
        self.blocks = []
        for _ in range(2):
            self.blocks.append(layers.Dense(4, "tanh"))
        self.ends = {"out": layers.Dense(1)}

    def call(self, inputs):
        """Adds each block's output."""
        for block in self.blocks:
            inputs = inputs + block(inputs)
        return self.ends["out"](inputs)


def test_a_subclassed_model_trains_all_its_layers():
    model = Residual()
    model.compile("adam", "mse", metrics=["mae"])
    model.build((None, 4))
    before = model.get_weights()
    assert len(before) == 6
    history = model.fit(X, Y, epochs=3, verbose=0).history
    assert history["loss"][-1] < history["loss"][0]
    assert not any(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))
    assert model.predict(X, verbose=0).shape == (40, 1)


def test_weights_of_a_subclassed_model_can_be_set_after_predict():
    model = Residual()
    model.predict(X, verbose=0)
    model.set_weights([np.zeros_like(w) for w in model.get_weights()])
    assert not model.predict(X, verbose=0).any()


def test_summary_of_a_subclassed_model_has_no_batch_size():
    lines = []
    model = Residual()
    model.build((None, 4))
    model.summary(print_fn=lines.append)
    assert "(None, 4)" in lines[0]
    assert "Total params: 45 (180.00 B)" in lines[0]


class Clipped(kcompat.Sequential):
    """Trains with gradients clipped by value: one text for all backends."""

    def train_step(self, state, batch):
        """As `Model.train_step`, with `ops.clip`."""
        x, y, sample_weight = batch

        def loss_of(params):
            with self.bound(state._replace(params=params)) as scope:
                y_pred = self(x, training=True)
                loss = self.compute_loss(x, y, y_pred, sample_weight)
            return loss, (y_pred, self.written(scope))

        (loss, (y_pred, written)), grads = ops.value_and_grad(loss_of, has_aux=True)(state.params)
        grads = {path: ops.clip(g, -0.125, 0.125) for path, g in grads.items()}
        state = self.apply_gradients(self.merged(state, written), grads)
        return self.tracked(state, x, y, y_pred, sample_weight, loss)


def test_a_train_step_of_ones_own():
    model = Clipped([kcompat.Input((4,)), layers.BatchNormalization(), layers.Dense(1)])
    model.compile(kcompat.optimizers.SGD(1.0), "mse", metrics=["mae"])
    before = model.get_weights()
    history = model.fit(X, 100 + Y, batch_size=40, verbose=0).history
    assert list(history) == ["loss", "mae"]
    kernel, bias = model.get_weights()[-2:]
    np.testing.assert_array_equal(np.abs(bias - before[-1]), 0.125)
    assert (np.abs(kernel - before[-2]) <= 0.125 * (1 + 2 * U)).all()
    assert not np.array_equal(model.get_weights()[2], before[2]), (
        "the moving mean is part of the state that was written"
    )


def test_a_model_may_compute_its_own_loss():
    class Own(kcompat.Sequential):
        def compute_loss(self, x, y, y_pred, sample_weight=None):
            return ops.mean(ops.absolute(y_pred - y))

    model = Own([kcompat.Input((4,)), layers.Dense(1)])
    model.compile("sgd", metrics=["mae"])
    history = model.fit(X, Y, batch_size=40, verbose=0).history
    assert history["loss"] == history["mae"], "the metric is the same mean, and is taken without a compiled loss, too"
