"""Calling the hooks of several callbacks."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import Any

from kcompat.callbacks.callback import Callback
from kcompat.callbacks.history import History
from kcompat.registration import refuse

HOOKS = [
    f"on_{phase}_{edge}"
    for phase in ("train", "test", "predict", "epoch", "train_batch", "test_batch", "predict_batch")
    for edge in ("begin", "end")
]
SHORT_NAMES = {"on_train_batch_begin": "on_batch_begin", "on_train_batch_end": "on_batch_end"}


class CallbackList:
    """Calls each hook of several callbacks, in their order; its own methods are the hooks, as `on_epoch_end`.

    Args:
        callbacks: the callbacks, or None.
        model: what their `set_model` is called with.
        add_history: add a `History` unless there is one; it is the attribute `history`.
        **params: what their `set_params` is called with, as a dict.
    """

    def __init__(
        self,
        callbacks: Iterable[Callback] | None = None,
        model: Any = None,
        *,
        add_history: bool = False,
        add_progbar: bool = False,
        **params: Any,
    ):
        refuse("CallbackList", False, add_progbar=add_progbar)
        self.callbacks: list[Callback] = []
        self.model, self.params = model, params
        for callback in callbacks or ():
            self.append(callback)
        self.history = next((c for c in self.callbacks if isinstance(c, History)), None)
        if add_history and self.history is None:
            self.history = History()
            self.append(self.history)

    def append(self, callback: Callback) -> None:
        """Add a callback, and give it the model and the parameters."""
        if not isinstance(callback, Callback):
            raise TypeError(f"callbacks are instances of kcompat.callbacks.Callback, got {callback!r}")
        self.callbacks.append(callback)
        callback.set_model(self.model)
        callback.set_params(self.params)

    def set_model(self, model: Any) -> None:
        """Give all callbacks this model."""
        self.model = model
        for callback in self.callbacks:
            callback.set_model(model)

    def set_params(self, params: dict[str, Any]) -> None:
        """Give all callbacks these parameters."""
        self.params = params
        for callback in self.callbacks:
            callback.set_params(params)

    def wants(self, hook: str) -> bool:
        """Whether any callback has the hook."""
        return any(_has(callback, hook) for callback in self.callbacks)

    def call(self, hook: str, *args: Any) -> None:
        """Call a hook of all callbacks that have it."""
        for callback in self.callbacks:
            if _has(callback, hook):
                getattr(callback, hook)(*args)

    def __getattr__(self, name: str) -> Any:
        if name not in HOOKS:
            raise AttributeError(f"CallbackList has no attribute {name!r}")
        return functools.partial(self.call, name)


def _has(callback: Callback, hook: str) -> bool:
    """Whether a hook, or its short name, is overridden by the callback's class or set on the callback."""
    if hook in vars(callback) or getattr(type(callback), hook) is not getattr(Callback, hook):
        return True
    return hook in SHORT_NAMES and _has(callback, SHORT_NAMES[hook])
