"""What the loops written by hand share: epochs, batches, and the choice among several ways to write a step."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from kcompat.bench.workloads import Workload

RATE, BETA_1, BETA_2, EPSILON = 1e-3, 0.9, 0.999, 1e-7
"""Adam's, as Keras has them."""


def corrected_rate(t: int) -> float:
    """The learning rate of step `t`, with both bias corrections (Kingma & Ba, 2015, the end of section 2)."""
    return RATE * math.sqrt(1 - BETA_2**t) / (1 - BETA_1**t)


class Loop:
    """Owns the parameters and the optimizer's state.

    `run` does `steps_at_once` steps or fewer: of `x` with axes `(steps, batch, ...)`, or `(batch, ...)` where that
    is 1. It does not wait for the device; `logs` does.
    """

    steps_at_once = 1
    chosen = ""

    def __init__(self, weights: list[np.ndarray]):
        raise NotImplementedError

    def run(self, x: np.ndarray, y: np.ndarray) -> None:
        """Train."""
        raise NotImplementedError

    def test(self, x: np.ndarray, y: np.ndarray) -> None:
        """Add a batch `(batch, ...)` to the loss and the accuracy, without training."""
        raise NotImplementedError

    def logs(self) -> tuple[float, float]:
        """The sum of the batches' losses and the number of right answers since the last call."""
        raise NotImplementedError

    def forward(self, x: np.ndarray) -> Any:
        """The logits of a batch, as the framework's tensor, perhaps still to be computed."""
        raise NotImplementedError

    def weights(self) -> list[np.ndarray]:
        """The parameters, in the order and the layout of `get_weights`."""
        raise NotImplementedError

    def fit(self, x: np.ndarray, y: np.ndarray, batch: int, epochs: int, shuffle: bool = True) -> list[float]:
        rng, losses = np.random.default_rng(0), []
        for _ in range(epochs):
            order = rng.permutation(len(x)) if shuffle else np.arange(len(x))
            for chosen in self._groups(order, batch):
                self.run(x[chosen], y[chosen])
            losses.append(self.logs()[0] / (len(x) // batch))
        return losses

    def _groups(self, order: np.ndarray, batch: int) -> Iterator[np.ndarray]:
        """Indices of whole batches, several together as axes `(steps, batch)`."""
        whole = order[: len(order) // batch * batch].reshape(-1, batch)
        if self.steps_at_once == 1:
            yield from whole
            return
        for start in range(0, len(whole), self.steps_at_once):
            yield whole[start : start + self.steps_at_once]

    def evaluate(self, x: np.ndarray, y: np.ndarray, batch: int) -> tuple[float, float]:
        for start in range(0, len(x), batch):
            self.test(x[start : start + batch], y[start : start + batch])
        loss, right = self.logs()
        return loss / math.ceil(len(x) / batch), right / len(x)

    def predict(self, x: np.ndarray, batch: int) -> np.ndarray:
        parts = [self.forward(x[start : start + batch]) for start in range(0, len(x), batch)]
        return np.concatenate([np.asarray(part) for part in parts])


ROUNDS = 4
"""How often each way trains an epoch, in turn, before one is chosen."""


def fastest(ways: Mapping[str, Callable[[], Loop]], workload: Workload) -> Loop:
    """The loop, among several ways to write it, whose epoch takes the least time here."""
    if len(ways) == 1:
        return next(iter(ways.values()))()
    x, y = workload.data()
    loops = {name: make() for name, make in ways.items()}
    seconds = dict.fromkeys(loops, math.inf)
    for number in range(ROUNDS + 1):
        for name, loop in loops.items():
            start = time.perf_counter()
            loop.fit(x, y, workload.batch, 1)
            if number:  # the first one compiles
                seconds[name] = min(seconds[name], time.perf_counter() - start)
    best = min(seconds, key=seconds.__getitem__)
    chosen = ways[best]()
    chosen.chosen = best
    return chosen
