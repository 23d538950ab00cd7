"""What `fit` gives back."""

from __future__ import annotations

from kcompat.callbacks.callback import Callback, Logs


class History(Callback):
    """The logs of all epochs: `history` maps each name to its values, `epoch` has the numbers of the epochs."""

    def __init__(self) -> None:
        self.epoch: list[int] = []
        self.history: dict[str, list[float]] = {}

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        self.epoch.append(epoch)
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(value)
