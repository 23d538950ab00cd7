"""`fit`, `evaluate`, `predict` and their like, on every backend."""

import io
import re
from contextlib import redirect_stdout

import numpy as np
import pytest

import kcompat
from kcompat import layers, ops
from kcompat.conformance.tests.small_models import (
    LABELS,
    RNG,
    U,
    X,
    Y,
    classifier,
    close,
    frozen_rate,
    regression,
    squared_errors,
)
from kcompat.runtime.active import use


@pytest.fixture(autouse=True)
def chosen(backend):
    """Each test runs with the backend as the active one, from the same seed."""
    kcompat.utils.set_random_seed(1)
    with use(backend):
        yield backend


# fit


def test_training_lowers_the_loss():
    history = regression(optimizer=kcompat.optimizers.SGD(0.1)).fit(X, Y, epochs=30, verbose=0).history
    assert history["loss"][-1] < history["loss"][0] / 100


def test_history_has_a_value_an_epoch_for_each_name():
    history = classifier().fit(X, LABELS, epochs=3, validation_split=0.25, verbose=0)
    assert list(history.history) == ["loss", "accuracy", "val_loss", "val_accuracy"]
    assert [len(values) for values in history.history.values()] == [3] * 4
    assert history.epoch == [0, 1, 2]
    assert all(type(value) is float for values in history.history.values() for value in values)


def test_epoch_loss_is_the_mean_over_samples_also_with_a_short_last_batch():
    model = frozen_rate()
    close(model.fit(X, Y, batch_size=16, verbose=0).history["loss"][0], squared_errors(model).mean())


def test_weighted_loss_is_the_weighted_sum_over_the_number_of_samples():
    weight = RNG.integers(0, 9, 40) / 4
    model = frozen_rate()
    history = model.fit(X, Y, batch_size=16, sample_weight=weight, verbose=0).history
    close(history["loss"][0], (weight * squared_errors(model)).mean())


def test_class_weight_multiplies_sample_weight():
    weight = RNG.integers(0, 9, 40) / 4
    by_class = {0: 0.5, 1: 3.0}
    model = frozen_rate()
    y = LABELS[:, None]
    history = model.fit(X, y, sample_weight=weight, class_weight=by_class, verbose=0).history
    both = weight * np.where(LABELS == 1, 3.0, 0.5)
    close(history["loss"][0], (both * squared_errors(model, y=y)).mean())


def test_validation_split_takes_the_last_samples_before_shuffling():
    model = frozen_rate()
    history = model.fit(X, Y, validation_split=0.25, batch_size=7, verbose=0).history
    close(history["loss"][0], squared_errors(model)[:30].mean())
    close(history["val_loss"][0], squared_errors(model)[30:].mean())


def test_validation_data_may_have_weights():
    weight = RNG.integers(0, 9, 10) / 4
    model = frozen_rate()
    data = (X[:10], Y[:10], weight)
    history = model.fit(X, Y, validation_data=data, validation_batch_size=4, verbose=0).history
    close(history["val_loss"][0], (weight * squared_errors(model)[:10]).mean())


def test_validation_data_win_over_a_split():
    model = frozen_rate()
    history = model.fit(X, Y, validation_data=(X[:5], Y[:5]), validation_split=0.5, verbose=0).history
    close(history["loss"][0], squared_errors(model).mean())


def test_validation_changes_nothing_that_is_trained():
    losses = []
    for validation in (None, (X[:9], Y[:9])):
        kcompat.utils.set_random_seed(1)
        model = kcompat.Sequential(
            [kcompat.Input((4,)), layers.BatchNormalization(), layers.Dropout(0.5), layers.Dense(1)]
        )
        model.compile("sgd", "mse")
        losses.append(model.fit(X, Y, epochs=3, validation_data=validation, verbose=0).history["loss"])
    assert losses[0] == losses[1]


def test_validation_freq_and_initial_epoch():
    history = regression().fit(
        X, Y, epochs=6, initial_epoch=1, validation_split=0.5, validation_freq=2, shuffle=False, verbose=0
    )
    assert history.epoch == [1, 2, 3, 4, 5]
    assert len(history.history["val_loss"]) == 3


def test_two_calls_of_fit_are_one_longer_call():
    together = classifier().fit(X, LABELS, epochs=4, verbose=0).history["loss"]
    kcompat.utils.set_random_seed(1)
    model = classifier()
    apart = [model.fit(X, LABELS, epochs=2, verbose=0).history["loss"] for _ in range(2)]
    assert apart[0] + apart[1] == together


def test_the_same_seed_gives_the_same_run():
    runs = []
    for _ in range(2):
        kcompat.utils.set_random_seed(5)
        runs.append(classifier().fit(X, LABELS, epochs=3, batch_size=8, verbose=0).history)
    assert runs[0] == runs[1]


def test_shuffle_false_keeps_the_order():
    seen = []

    class Watch(kcompat.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            seen.append(logs["loss"] * (batch + 1))

    model = frozen_rate()
    model.fit(X, Y, batch_size=1, shuffle=False, callbacks=[Watch()], verbose=0)
    errors = np.cumsum(squared_errors(model))
    close(seen, errors)


def test_data_may_be_lists_integers_doubles_or_tensors():
    model = frozen_rate()
    losses = [
        model.evaluate(x, y, verbose=0)
        for x, y in [(X, Y), (X.tolist(), Y.tolist()), (X.astype("float64"), Y.astype("float64"))]
    ]
    losses.append(model.evaluate(ops.convert_to_tensor(X), ops.convert_to_tensor(Y), verbose=0))
    assert len(set(losses)) == 1
    assert model.evaluate(np.ones((3, 4), "int64"), [1, 2, 3], verbose=0) > 0


# callbacks


class Recorder(kcompat.callbacks.Callback):
    """Writes down which hook is called."""

    def __init__(self):
        self.calls = []


for _hook in kcompat.callbacks.HOOKS:
    _arguments = 2 if "batch" in _hook or "epoch" in _hook else 1
    setattr(Recorder, _hook, lambda self, *arguments, hook=_hook: self.calls.append((hook[3:], *arguments[:-1])))


def test_hooks_are_called_in_keras_s_order():
    recorder = Recorder()
    regression().fit(X[:8], Y[:8], batch_size=4, epochs=1, validation_split=0.25, callbacks=[recorder], verbose=0)
    assert recorder.calls == [
        ("train_begin",),
        ("epoch_begin", 0),
        ("train_batch_begin", 0),
        ("train_batch_end", 0),
        ("train_batch_begin", 1),
        ("train_batch_end", 1),
        ("test_begin",),
        ("test_batch_begin", 0),
        ("test_batch_end", 0),
        ("test_end",),
        ("epoch_end", 0),
        ("train_end",),
    ]


def test_evaluate_and_predict_have_hooks_too():
    model, recorder = regression(), Recorder()
    model.evaluate(X[:2], Y[:2], callbacks=[recorder], verbose=0)
    model.predict(X[:2], callbacks=[recorder], verbose=0)
    assert [call[0] for call in recorder.calls] == [
        f"{kind}_{edge}" for kind in ("test", "predict") for edge in ("begin", "batch_begin", "batch_end", "end")
    ]


def test_stop_training_ends_after_the_epoch():
    class Stop(kcompat.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.model.stop_training = epoch == 1

    model = regression()
    assert model.fit(X, Y, epochs=9, callbacks=[Stop()], verbose=0).epoch == [0, 1]
    assert model.fit(X, Y, epochs=1, verbose=0).epoch == [0]


def test_a_callback_may_change_the_learning_rate():
    class Halve(kcompat.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            self.model.optimizer.learning_rate = 2.0**-epoch

    model = regression(optimizer=kcompat.optimizers.SGD(0.5))
    model.fit(X[:4], Y[:4], epochs=3, callbacks=[Halve()], verbose=0)
    assert float(model.optimizer.learning_rate) == 0.25


# what is printed


def printed(f):
    stream = io.StringIO()
    with redirect_stdout(stream):
        f()
    return re.sub(r"\d+(us|ms|s)\b", r"T", stream.getvalue())


def test_verbose_0_is_silent():
    model = classifier()
    assert printed(lambda: model.fit(X, LABELS, verbose=0)) == ""
    assert printed(lambda: model.evaluate(X, LABELS, verbose=0)) == ""
    assert printed(lambda: model.predict(X, verbose=0)) == ""


def test_verbose_2_is_a_line_an_epoch():
    model = classifier()
    found = printed(lambda: model.fit(X, LABELS, epochs=2, validation_split=0.5, verbose=2))
    number = r"\d\.\d{4}"
    line = rf"1/1 - T - T/step - accuracy: {number} - loss: {number} - val_accuracy: {number} - val_loss: {number}\n"
    assert re.fullmatch(rf"Epoch 1/2\n{line}Epoch 2/2\n{line}", found), found


def test_verbose_1_draws_a_bar():
    found = printed(lambda: regression().fit(X, Y, batch_size=10, verbose=1))
    assert re.fullmatch(r"Epoch 1/1\n4/4 ━{20} T T/step - loss: \d+\.\d{4}\n", found), found


# evaluate, predict, one batch at a time


def test_evaluate_is_the_mean_over_samples():
    model = classifier()
    loss, accuracy = model.evaluate(X, LABELS, batch_size=16, verbose=0)
    logits = model.predict(X, verbose=0).astype("float64")
    logs = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    close(loss, -logs[np.arange(40), LABELS].mean())
    assert accuracy == np.float32((logits.argmax(1) == LABELS).sum() / np.float32(40))
    assert model.evaluate(X, LABELS, verbose=0, return_dict=True).keys() == {"loss", "accuracy"}


def test_predict_is_the_call_batch_by_batch_and_needs_no_compile(backend):
    positive = kcompat.initializers.RandomUniform(0.0, 1.0)  # compilers add in another order: nothing may cancel
    model = kcompat.Sequential([kcompat.Input((4,)), layers.Dropout(0.5), layers.Dense(3, "tanh", True, positive)])
    x = np.abs(X)
    whole = backend.engine.to_numpy(model(x))
    found = model.predict(x, batch_size=16, verbose=0)
    assert (type(found), found.dtype) == (np.ndarray, np.float32)
    close(found, whole, roundings=16)
    np.testing.assert_array_equal(model.predict_on_batch(x[:16]), found[:16])


def test_predict_builds_a_model_from_the_data():
    model = kcompat.Sequential([layers.Dense(3)])
    assert model.predict(X, verbose=0).shape == (40, 3)
    assert model.output_shape == (None, 3)


def test_train_on_batch_gives_the_loss_of_this_batch_before_the_update():
    """Keras 3 gives the mean over all batches since the last reset."""
    model = regression()
    for rows in (slice(0, 8), slice(8, 16)):
        expected = squared_errors(model)[rows].mean()
        close(model.train_on_batch(X[rows], Y[rows]), expected)


def test_test_on_batch_changes_nothing():
    model = regression()
    before = model.get_weights()
    close(model.test_on_batch(X, Y), squared_errors(model).mean())
    np.testing.assert_array_equal(model.get_weights()[0], before[0])
    assert int(model.optimizer.iterations) == 0


def test_sgd_step_is_the_gradient_of_the_weighted_loss():
    weight = RNG.integers(0, 9, 40) / 4
    model = regression(optimizer=kcompat.optimizers.SGD(0.25))
    kernel, bias = (w.astype("float64") for w in model.get_weights())
    error = (X @ kernel + bias - Y) * weight[:, None] * 2 / 40
    model.train_on_batch(X, Y, sample_weight=weight)
    found = model.get_weights()
    # the sizes that rounding acts on: 40 terms, each up to 2 |x| |error|, and the old weight
    scale = 0.25 * (np.abs(X).T @ np.abs(error)) + np.abs(kernel)
    assert (np.abs(found[0] - (kernel - 0.25 * X.T @ error)) <= 64 * U * scale).all()
    assert abs(found[1] - (bias - 0.25 * error.sum(0))) <= 64 * U * (0.25 * np.abs(error).sum() + 1)
