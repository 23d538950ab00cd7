"""Ctrl-C leaves the state after a whole step, on every backend, and an exception anywhere a usable model."""

import contextlib
import signal

import numpy as np
import pytest

import kcompat
from kcompat import layers, ops
from kcompat.conformance.tests import interrupted
from kcompat.conformance.tests.signals import run_with_signals
from kcompat.runtime import interrupts
from kcompat.runtime.active import active
from kcompat.training.trainer import Running

RNG = np.random.default_rng(0)
X = RNG.normal(size=(64, 4)).astype("float32")
Y = (X[:, 0] > 0).astype("int32")


def test_no_signal_tears_a_step_or_loses_the_model(backend):
    told = interrupted.interrupt(backend.name, 10)
    assert (told["torn"], told["lost"]) == ([], [])


def test_a_signal_waits_for_the_end_of_a_block():
    steps = []

    def run():
        with interrupts.uninterrupted:
            with interrupts.uninterrupted:
                signal.raise_signal(signal.SIGINT)
                steps.append("inner")
            steps.append("outer")
        steps.append("behind")

    with interrupts.deferring(), pytest.raises(KeyboardInterrupt):
        run()
    assert steps == ["inner", "outer"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_handler_of_the_user_is_called():
    calls = []
    before = signal.signal(signal.SIGINT, lambda number, frame: calls.append(number))
    try:
        with interrupts.deferring(), interrupts.uninterrupted:
            signal.raise_signal(signal.SIGINT)
            assert calls == []
        assert calls == [signal.SIGINT]
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_signal_anywhere_in_entering_and_leaving_a_loop_leaves_what_was_entered():
    model = kcompat.Sequential([kcompat.Input((4,)), layers.Dense(3)])

    def block():
        with Running(model):
            pass

    with kcompat.use_backend("numpy"):
        model.compile("sgd", "mse")
    outside = active()
    for position in range(1, run_with_signals(block, 0)):
        with pytest.raises(KeyboardInterrupt):
            run_with_signals(block, position)
        assert active() is outside, position
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler, position
        with interrupts.deferring():  # the count of blocks is right, and nothing waits
            pass


def test_a_second_signal_leaves_nothing_behind():
    def block():
        with interrupts.deferring():
            pass

    count = run_with_signals(block, 0)
    for first in range(1, count):
        for second in range(first + 1, count + 4):
            with contextlib.suppress(KeyboardInterrupt):
                run_with_signals(block, first, second)
            assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
            with interrupts.deferring(), interrupts.uninterrupted:
                pass


def test_an_ignored_signal_stays_ignored():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with interrupts.deferring():
            assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_handler_of_the_user_may_be_interrupted():
    """It may run while a loop is left, and train again."""
    reached = []

    def handler(number, frame):
        signal.signal(signal.SIGINT, signal.default_int_handler)
        with interrupts.deferring():
            signal.raise_signal(signal.SIGINT)
            reached.append("behind the signal")

    def block():
        with interrupts.deferring():
            pass

    before = signal.signal(signal.SIGINT, handler)
    try:
        for position in range(1, run_with_signals(block, 0)):
            signal.signal(signal.SIGINT, handler)
            with contextlib.suppress(KeyboardInterrupt):
                run_with_signals(block, position)
    finally:
        signal.signal(signal.SIGINT, before)
    assert reached == []


def trained_until(error, callbacks=(), **data):
    model = kcompat.Sequential([kcompat.Input((4,)), layers.Dense(3), layers.BatchNormalization(), layers.Dense(2)])
    model.compile("adam", kcompat.losses.SparseCategoricalCrossentropy(from_logits=True))
    with pytest.raises(error):
        model.fit(**{"x": X, "y": Y, **data}, batch_size=None, verbose=0, callbacks=list(callbacks))
    return model


def assert_usable(model, steps):
    assert int(model.optimizer.iterations.numpy()) == steps
    assert all(np.isfinite(w).all() for w in model.get_weights())
    model.fit(X, Y, verbose=0)
    assert int(model.optimizer.iterations.numpy()) == steps + 2
    assert np.isfinite(model.predict(X, verbose=0)).all()


def test_an_exception_in_a_hook_leaves_whole_steps(backend):
    class Fails(kcompat.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            raise OSError("no space left")

    with kcompat.use_backend(backend.name):
        assert_usable(trained_until(OSError, [Fails()]), 1)


def test_an_exception_in_the_source_leaves_whole_steps(backend):
    def batches():
        yield X[:32], Y[:32]
        yield X[32:], Y[32:]
        raise OSError("connection lost")

    with kcompat.use_backend(backend.name):
        model = trained_until(OSError, x=batches(), y=None)
        assert_usable(model, int(model.optimizer.iterations.numpy()))


def test_an_exception_in_the_loss_leaves_the_model(backend):
    def loss(y, y_pred):
        if y_pred.shape[0] == 5:
            raise ArithmeticError("five")
        return ops.mean(ops.square(y_pred), axis=-1)

    with kcompat.use_backend(backend.name):
        model = kcompat.Sequential([kcompat.Input((4,)), layers.BatchNormalization(), layers.Dense(2)])
        model.compile("adam", loss)
        with pytest.raises(ArithmeticError):
            model.fit(X[:37], Y[:37], batch_size=32, verbose=0)
        assert_usable(model, 1)
