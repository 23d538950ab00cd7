"""Callbacks: which hooks are called, and with what. Their order in training is that of `test_training`."""

import pytest

from kcompat.callbacks import Callback, CallbackList, History, LambdaCallback


def test_short_names_are_called():
    calls = []

    class Short(Callback):
        def on_batch_begin(self, batch, logs=None):
            calls.append(("begin", batch))

        def on_batch_end(self, batch, logs=None):
            calls.append(("end", batch, logs))

    hooks = CallbackList([Short()])
    assert hooks.wants("on_train_batch_end")
    assert not hooks.wants("on_test_batch_end")
    hooks.call("on_train_batch_begin", 3, {})
    hooks.call("on_train_batch_end", 3, {"loss": 1.0})
    assert calls == [("begin", 3), ("end", 3, {"loss": 1.0})]


def test_a_hook_may_be_set_on_the_object():
    calls = []
    callback = Callback()
    hooks = CallbackList([callback])
    assert not hooks.wants("on_epoch_end")
    callback.on_epoch_end = lambda epoch, logs: calls.append((epoch, logs))
    callback.on_batch_end = lambda batch, logs: calls.append(batch)
    assert hooks.wants("on_epoch_end")
    hooks.on_epoch_end(2, {"loss": 0.5})
    hooks.on_train_batch_end(7, {})
    assert calls == [(2, {"loss": 0.5}), 7]


def test_set_model_and_set_params_are_called():
    seen = []

    class Watch(Callback):
        def set_model(self, model):
            super().set_model(model)
            seen.append(model)

        def set_params(self, params):
            super().set_params(params)
            seen.append(params)

    watch = Watch()
    CallbackList([watch], "a model", epochs=3)
    assert seen == ["a model", {"epochs": 3}]
    assert (watch.model, watch.params) == ("a model", {"epochs": 3})


def test_a_history_is_added_where_there_is_none():
    hooks = CallbackList(add_history=True)
    hooks.on_epoch_end(0, {"loss": 2.0})
    hooks.on_epoch_end(1, {"loss": 1.0})
    assert hooks.history.history == {"loss": [2.0, 1.0]}
    mine = History()
    assert CallbackList([mine], add_history=True).history is mine


def test_lambdas_are_hooks():
    epochs, tests = [], []
    callback = LambdaCallback(
        on_epoch_begin=lambda epoch, logs: epochs.append(epoch), on_test_end=lambda logs: tests.append(logs)
    )
    hooks = CallbackList([callback])
    assert not hooks.wants("on_epoch_end")
    hooks.on_epoch_begin(1, {})
    hooks.on_test_end({"loss": 1.0})
    assert (epochs, tests) == ([1], [{"loss": 1.0}])
    with pytest.raises(TypeError, match="'on_epoch_start' is no hook"):
        LambdaCallback(on_epoch_start=print)


def test_what_is_no_callback_is_refused():
    with pytest.raises(TypeError, match=r"instances of kcompat.callbacks.Callback, got <class 'kcompat"):
        CallbackList([History])
    with pytest.raises(AttributeError, match="CallbackList has no attribute 'on_epoch'"):
        _ = CallbackList().on_epoch
