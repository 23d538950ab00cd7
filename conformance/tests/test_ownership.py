"""A variable's value lives in one place at a time: models that share layers, hooks, threads, copies and processes."""

import copy
import itertools
import multiprocessing
import pickle
import threading

import numpy as np
import pytest

import kcompat
from kcompat import layers, ops

pytestmark = pytest.mark.usefixtures("on_backend")
RNG = np.random.default_rng(0)
X = RNG.normal(size=(64, 4)).astype("float32")
Y = (X[:, 0] * X[:, 1] > 0).astype("int32")
LOSS = "sparse_categorical_crossentropy"


@pytest.fixture
def on_backend(backend):
    """The backend under test is the active one."""
    with kcompat.use_backend(backend.name):
        yield backend.name


def mlp(optimizer="adam", normalized=False):
    kcompat.utils.set_random_seed(1)
    middle = [layers.BatchNormalization()] if normalized else []
    row = [layers.Dense(8, "relu", name="a"), *middle, layers.Dense(2, "softmax", name="b")]
    model = kcompat.Sequential([kcompat.Input((4,)), *row])
    model.compile(optimizer, LOSS, metrics=["accuracy"])
    return model


def autoencoder():
    kcompat.utils.set_random_seed(1)
    inner, outer = layers.Dense(2, "tanh", name="inner"), layers.Dense(4, name="outer")
    encoder = kcompat.Sequential([kcompat.Input((4,)), inner])
    whole = kcompat.Sequential([kcompat.Input((4,)), inner, outer])
    for model in (encoder, whole):
        model.compile("adam", "mse")
    return encoder, whole


def by_hand(encoder, x):
    kernel, bias = encoder.get_weights()
    return np.tanh(x @ kernel + bias)


def loss_by_weights(whole):
    a, b, c, d = whole.get_weights()
    return float(np.mean((np.tanh(X @ a + b) @ c + d - X) ** 2))


# Models that share layers.


def test_weights_after_fit_are_those_that_were_trained_last():
    encoder, whole = autoencoder()
    whole.fit(X, X, epochs=2, verbose=0)
    encoder.predict(X, verbose=0)
    before = whole.get_weights()
    whole.fit(X, X, epochs=2, verbose=0)
    assert not np.allclose(before[0], whole.get_weights()[0])
    np.testing.assert_array_equal(encoder.get_weights()[0], whole.get_weights()[0])
    assert whole.evaluate(X, X, verbose=0) == pytest.approx(loss_by_weights(whole), rel=1e-5)


def test_a_prediction_sees_what_another_model_trained():
    encoder, whole = autoencoder()
    encoder.predict(X, verbose=0)
    whole.fit(X, X, epochs=3, verbose=0)
    np.testing.assert_allclose(encoder.predict(X, verbose=0), by_hand(encoder, X), rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(encoder.get_weights()[0], whole.get_weights()[0])


def test_heads_in_turn_train_one_trunk():
    """Two models that share a trunk, trained in turn, are one model of two losses: each sees the other's updates."""
    kcompat.utils.set_random_seed(1)
    trunk = layers.Dense(8, "relu", name="trunk")
    heads = [kcompat.Sequential([kcompat.Input((4,)), trunk, layers.Dense(1, name=f"head_{i}")]) for i in (0, 1)]
    for head in heads:
        head.compile(kcompat.optimizers.SGD(0.1), "mse")
    trunks = [trunk.get_weights()[0]]
    for _ in range(3):
        for head in heads:
            head.train_on_batch(X, Y.astype("float32"))
            trunks.append(trunk.get_weights()[0])
            np.testing.assert_array_equal(heads[0].get_weights()[0], heads[1].get_weights()[0])
    assert all(not np.array_equal(a, b) for a, b in itertools.pairwise(trunks))


def test_a_gan_trains_one_part_at_a_time():
    kcompat.utils.set_random_seed(1)
    generator = kcompat.Sequential([kcompat.Input((2,)), layers.Dense(4, name="g")])
    critic = kcompat.Sequential([kcompat.Input((4,)), layers.Dense(1, "sigmoid", name="d")])
    critic.compile("sgd", "binary_crossentropy")
    gan = kcompat.Sequential([kcompat.Input((2,)), generator, critic])
    noise, ones = X[:, :2], np.ones((64, 1), "float32")
    for _ in range(3):
        g, d = generator.get_weights()[0], critic.get_weights()[0]
        critic.trainable = True
        critic.train_on_batch(X, ones)
        assert not np.array_equal(critic.get_weights()[0], d)
        d = critic.get_weights()[0]
        critic.trainable = False
        if not gan.compiled:
            gan.compile("sgd", "binary_crossentropy")
        gan.train_on_batch(noise, ones)
        np.testing.assert_array_equal(critic.get_weights()[0], d)
        assert not np.array_equal(generator.get_weights()[0], g)
    made = generator.predict(noise, verbose=0)
    np.testing.assert_allclose(critic.predict(made, verbose=0), gan.predict(noise, verbose=0), rtol=1e-5)


def test_a_model_within_a_model_is_seen_from_both():
    kcompat.utils.set_random_seed(1)
    inner = kcompat.Sequential([kcompat.Input((4,)), layers.Dense(3, name="x")])
    outer = kcompat.Sequential([kcompat.Input((4,)), inner, layers.Dense(2, name="x2")])
    inner.compile("adam", "mse")
    outer.compile("adam", "mse")
    for _ in range(2):
        inner.train_on_batch(X, X[:, :3])
        outer.train_on_batch(X, X[:, :2])
    np.testing.assert_array_equal(inner.get_weights()[0], outer.get_weights()[0])
    assert int(inner.optimizer.iterations.numpy()) == int(outer.optimizer.iterations.numpy()) == 2


def test_models_on_two_backends_share_a_layer(on_backend):
    encoder, whole = autoencoder()
    encoder.to("numpy")
    whole.fit(X, X, epochs=1, verbose=0)
    np.testing.assert_allclose(encoder.predict(X, verbose=0), by_hand(encoder, X), rtol=1e-5, atol=1e-6)
    encoder.fit(X, X[:, :2], epochs=1, verbose=0)
    assert whole.evaluate(X, X, verbose=0) == pytest.approx(loss_by_weights(whole), rel=1e-5)


def test_set_weights_on_a_part_is_seen_by_the_next_step():
    encoder, whole = autoencoder()
    whole.fit(X, X, epochs=1, verbose=0)
    encoder.set_weights([np.zeros((4, 2)), np.zeros(2)])
    bias = whole.get_weights()[3]
    np.testing.assert_allclose(whole.predict(X, verbose=0), np.broadcast_to(bias, X.shape), rtol=1e-6)


def test_set_weights_changes_all_or_none():
    model = mlp()
    model.fit(X, Y, verbose=0)
    before = model.get_weights()
    with pytest.raises((ValueError, TypeError)):
        model.set_weights([np.zeros((4, 8)), np.array(["x"] * 8), *before[2:]])
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_one_optimizer_in_two_models_is_refused():
    adam = kcompat.optimizers.Adam()
    first = mlp(adam)
    with pytest.raises(ValueError, match=rf"{first.name}.*sequential"):
        mlp(adam)
    first.compile(adam, LOSS)  # the same model may take it again
    first.compile("adam", LOSS)
    mlp(adam).fit(X, Y, verbose=0)  # nobody else uses it any more


# Hooks.


class At(kcompat.callbacks.Callback):
    """Calls a function once, after a batch."""

    def __init__(self, batch, act):
        self.batch, self.act, self.seen = batch, act, []

    def on_train_batch_end(self, batch, logs=None):
        self.seen.append(int(self.model.optimizer.iterations.numpy()))
        if batch == self.batch:
            self.act(self.model)


def trained(act=lambda model: None, **kwargs):
    model = mlp(**kwargs)
    hook = At(1, act)
    history = model.fit(X, Y, batch_size=16, epochs=2, verbose=0, callbacks=[hook])
    return model, hook, history


@pytest.mark.parametrize("other", ["numpy", "torch"])
def test_a_model_moves_in_mid_epoch(other):
    pytest.importorskip(other)
    plain, _, _ = trained()
    model, hook, _ = trained(lambda model: model.to(other))
    assert model.backend == other
    assert hook.seen == [*range(1, 9)]
    for a, b in zip(plain.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)


def test_a_model_is_compiled_anew_in_mid_epoch():
    model, _, history = trained(lambda model: model.compile("sgd", LOSS, metrics=["accuracy"]))
    assert type(model.optimizer).__name__ == "SGD"
    assert set(history.history) == {"loss", "accuracy"}
    assert int(model.optimizer.iterations.numpy()) == 2  # it was compiled in both epochs; two batches came after


def test_weights_that_a_hook_sets_are_those_of_the_next_step():
    def zero(model):
        model.layers[0].set_weights([np.zeros((4, 8)), np.zeros(8)])

    model = mlp(kcompat.optimizers.SGD(0.0))
    model.fit(X, Y, batch_size=16, verbose=0, callbacks=[At(1, zero)])
    assert not model.get_weights()[0].any()


def test_evaluating_in_a_hook_leaves_the_metrics_of_training():
    _, _, plain = trained()
    _, _, history = trained(lambda model: model.evaluate(X, Y, verbose=0))
    assert history.history == plain.history


def test_predicting_in_a_hook_changes_nothing():
    plain, _, _ = trained(normalized=True)
    model, _, _ = trained(lambda model: model.predict(X, verbose=0), normalized=True)
    for a, b in zip(plain.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_trainable_holds_from_the_next_step():
    kernels = []

    def freeze(model):
        model.layers[0].trainable = False
        kernels.append(model.layers[0].get_weights()[0])

    model, hook, _ = trained(freeze)
    np.testing.assert_array_equal(model.layers[0].get_weights()[0], kernels[0])
    assert hook.seen == [*range(1, 9)]
    model.layers[0].trainable = True
    model.fit(X, Y, verbose=0)
    assert not np.array_equal(model.layers[0].get_weights()[0], kernels[0])


def test_a_failed_epoch_leaves_nothing_behind():
    model, plain = mlp(), mlp()
    bad = X.copy()
    for m in (model, plain):
        m.fit(X, Y, verbose=0)
    bad[40] = np.nan
    with pytest.raises(kcompat.models.NonFiniteLoss):
        model.fit(bad, Y, verbose=0)
    for m in (model, plain):
        m.fit(X, Y, epochs=2, verbose=0)
    for a, b in zip(plain.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


# Threads.


def test_other_threads_read_whole_steps():
    """With a learning rate of 1 and a gradient of -1 all weights are the number of steps."""

    class Count(layers.Layer):
        def build(self, input_shape):
            self.a = self.add_weight((3,), "zeros", name="a")
            self.b = self.add_weight((2,), "zeros", name="b")

        def call(self, x):
            return x * 0.0 - ops.sum(self.a) - ops.sum(self.b)

    model = kcompat.Sequential([kcompat.Input((1,)), Count()])
    model.compile(kcompat.optimizers.SGD(1.0), lambda y, y_pred: ops.mean(y_pred, axis=-1))
    x = np.zeros((500, 1), "float32")
    model.fit(x[:2], x[:2], batch_size=1, verbose=0)
    torn, errors, stop = [], [], threading.Event()

    def read():
        while not stop.is_set():
            try:
                a, b = (v.copy() for v in model.get_weights())
                if len({*a.tolist()}) != 1 or len({*b.tolist()}) != 1:
                    torn.append((a, b))
                model.predict(x[:2], verbose=0)
            except Exception as error:
                errors.append(error)

    threads = [threading.Thread(target=read) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        model.fit(x, x, batch_size=2, epochs=1, verbose=0)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert not errors
    assert not torn
    assert {*np.concatenate(model.get_weights()).tolist()} == {252.0}
    assert int(model.optimizer.iterations.numpy()) == 252


@pytest.mark.parametrize("change", ["freeze", "compile"])
def test_the_model_may_change_while_another_thread_predicts(change):
    class Changes(kcompat.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            if change == "compile":
                self.model.compile("sgd", LOSS)
            else:
                first = self.model.layers[0]
                first.trainable = not first.trainable

    model, errors, stop = mlp("sgd"), [], threading.Event()
    model.fit(X, Y, verbose=0)

    def predict():
        while not stop.is_set():
            try:
                model.predict(X, verbose=0)
            except Exception as error:
                errors.append(error)

    thread = threading.Thread(target=predict, daemon=True)
    thread.start()
    try:
        model.fit(X, Y, epochs=4, verbose=0, callbacks=[Changes()])
    finally:
        stop.set()
        thread.join(60)
    assert not thread.is_alive()
    assert not errors
    assert np.isfinite(model.predict(X, verbose=0)).all()


# Copies and processes.


def assert_same_future(model, other):
    np.testing.assert_array_equal(model.predict(X, verbose=0), other.predict(X, verbose=0))
    for m in (model, other):
        m.fit(X, Y, epochs=2, verbose=0)
    assert model.history.history == other.history.history
    for a, b in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))], ids=["deepcopy", "pickle"])
def test_a_copy_goes_on_as_the_model_would(copied):
    model = mlp(normalized=True)
    model.fit(X, Y, verbose=0)
    assert_same_future(model, copied(model))


def test_a_copy_of_recurrent_layers_and_dropout():
    kcompat.utils.set_random_seed(1)
    row = [layers.Reshape((2, 2)), layers.LSTM(3), layers.Dropout(0.5), layers.Dense(2, "softmax")]
    model = kcompat.Sequential([kcompat.Input((4,)), *row])
    model.compile("rmsprop", LOSS)
    model.fit(X, Y, verbose=0)
    assert_same_future(model, pickle.loads(pickle.dumps(model)))


def predict_in_process(model, queue):
    queue.put((model.predict(X, verbose=0), int(model.optimizer.iterations.numpy())))


def test_a_spawned_process_gets_the_model():
    model = mlp()
    model.fit(X, Y, verbose=0)
    context = multiprocessing.get_context("spawn")
    queue = context.Queue()
    process = context.Process(target=predict_in_process, args=(model, queue))
    process.start()
    predictions, iterations = queue.get(timeout=300)
    process.join()
    np.testing.assert_allclose(predictions, model.predict(X, verbose=0), rtol=1e-6)
    assert iterations == 2
