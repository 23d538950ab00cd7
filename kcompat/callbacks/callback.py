"""What may happen between batches and epochs."""

from __future__ import annotations

from typing import Any

Logs = dict[str, float] | None


class Callback:
    """Override the hooks that are wanted, or set them on the object. `logs` holds the loss and the metrics so far.

    `self.model` is the model, `self.params` a dict of `epochs`, `steps` and `verbose`.
    Setting `self.model.stop_training = True` ends training after the epoch, and `self.model.stop_evaluating = True`
    ends an evaluation after the batch.
    """

    model: Any = None
    params: dict[str, Any] = {}  # noqa: RUF012  (replaced, never changed)

    def set_params(self, params: dict[str, Any]) -> None:
        """Called before the first hook, with `epochs`, `steps` and `verbose`."""
        self.params = params

    def set_model(self, model: Any) -> None:
        """Called before the first hook, with the model."""
        self.model = model

    def on_train_begin(self, logs: Logs = None) -> None:
        """Before the first epoch."""

    def on_train_end(self, logs: Logs = None) -> None:
        """After the last epoch."""

    def on_test_begin(self, logs: Logs = None) -> None:
        """Before an evaluation, also of validation data."""

    def on_test_end(self, logs: Logs = None) -> None:
        """After an evaluation."""

    def on_predict_begin(self, logs: Logs = None) -> None:
        """Before a prediction."""

    def on_predict_end(self, logs: Logs = None) -> None:
        """After a prediction."""

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        """Before an epoch, counted from 0."""

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """After an epoch; `logs` has the validation's values, too, as `val_...`."""

    def on_train_batch_begin(self, batch: int, logs: Logs = None) -> None:
        """Before a train step, counted from 0 in its epoch."""
        self.on_batch_begin(batch, logs)

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        """After a train step. Overriding this waits for each step's result."""
        self.on_batch_end(batch, logs)

    def on_batch_begin(self, batch: int, logs: Logs = None) -> None:
        """The short name of `on_train_batch_begin`."""

    def on_batch_end(self, batch: int, logs: Logs = None) -> None:
        """The short name of `on_train_batch_end`."""

    def on_test_batch_begin(self, batch: int, logs: Logs = None) -> None:
        """Before a batch of an evaluation."""

    def on_test_batch_end(self, batch: int, logs: Logs = None) -> None:
        """After a batch of an evaluation."""

    def on_predict_batch_begin(self, batch: int, logs: Logs = None) -> None:
        """Before a batch of a prediction."""

    def on_predict_batch_end(self, batch: int, logs: Logs = None) -> None:
        """After a batch of a prediction."""
