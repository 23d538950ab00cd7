"""What may happen between batches and epochs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

HOOKS = [
    f"on_{phase}_{edge}"
    for phase in ("train", "test", "predict", "epoch", "train_batch", "test_batch", "predict_batch")
    for edge in ("begin", "end")
]


class Callback:
    """Override the hooks that are wanted. `logs` holds floats: the loss and the metrics so far.

    `self.model` is the model, `self.params` a dict of `epochs`, `steps` and `verbose`.
    Setting `self.model.stop_training = True` ends training after the epoch.
    """

    model: Any = None
    params: dict[str, Any] = {}  # noqa: RUF012  (replaced, never changed)

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        """Before the first epoch."""

    def on_train_end(self, logs: dict[str, float] | None = None) -> None:
        """After the last epoch."""

    def on_test_begin(self, logs: dict[str, float] | None = None) -> None:
        """Before an evaluation, also of validation data."""

    def on_test_end(self, logs: dict[str, float] | None = None) -> None:
        """After it."""

    def on_predict_begin(self, logs: dict[str, float] | None = None) -> None:
        """Before a prediction."""

    def on_predict_end(self, logs: dict[str, float] | None = None) -> None:
        """After it."""

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Before an epoch, counted from 0."""

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """After it; `logs` has the validation's values, too, as `val_...`."""

    def on_train_batch_begin(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """Before a train step, counted from 0 in its epoch."""

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """After it. Overriding this waits for each step's result."""

    def on_test_batch_begin(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """Before a batch of an evaluation."""

    def on_test_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """After it."""

    def on_predict_batch_begin(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """Before a batch of a prediction."""

    def on_predict_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """After it."""


class History(Callback):
    """What `fit` gives: `history` maps each name in the logs to its values, one an epoch, `epoch` has their numbers."""

    def __init__(self) -> None:
        self.epoch: list[int] = []
        self.history: dict[str, list[float]] = {}

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """See `Callback.on_epoch_end`."""
        self.epoch.append(epoch)
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(value)


class CallbackList:
    """Calls each hook of several callbacks, of those that override it."""

    def __init__(self, callbacks: Iterable[Callback], model: Any, **params: Any):
        self.callbacks = list(callbacks)
        for callback in self.callbacks:
            if not isinstance(callback, Callback):
                raise TypeError(f"callbacks are instances of kcompat.callbacks.Callback, got {callback!r}")
            callback.model, callback.params = model, params
        self._hooks: dict[str, list[Callable[..., None]]] = {}
        for callback in self.callbacks:
            for hook in HOOKS:
                if getattr(type(callback), hook) is not getattr(Callback, hook):
                    self._hooks.setdefault(hook, []).append(getattr(callback, hook))

    def wants(self, hook: str) -> bool:
        """Whether any callback overrides the hook."""
        return hook in self._hooks

    def call(self, hook: str, *args: Any) -> None:
        """Call one hook of all."""
        for function in self._hooks.get(hook, ()):
            function(*args)
