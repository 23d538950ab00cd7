"""The cost of a NumPy train step: kcompat against a hand-written one.

The model is 784-64-10 with relu, softmax cross-entropy, batch 32 and Adam. Run it with one BLAS thread
(`OPENBLAS_NUM_THREADS=1`), where small matrices are fastest:

    python -m kcompat.bench.mlp_step
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

import kcompat
from kcompat import layers

FEATURES, UNITS, CLASSES, BATCH = 784, 64, 10, 32
ROUNDS, STEPS = 30, 50


class HandWritten:
    """The fastest NumPy we know for this model: buffers made once, all parameters in one vector for Adam."""

    def __init__(self, weights: list[np.ndarray], rate: float = 1e-3):
        sizes = [w.size for w in weights]
        self.params = np.concatenate([w.ravel() for w in weights])
        self.grads, self.m, self.v, self.scratch = (np.zeros_like(self.params) for _ in range(4))
        ends = np.cumsum(sizes)
        cut = lambda flat: [flat[e - n : e].reshape(w.shape) for e, n, w in zip(ends, sizes, weights, strict=True)]  # noqa: E731
        (self.w1, self.b1, self.w2, self.b2), (self.dw1, self.db1, self.dw2, self.db2) = (
            cut(self.params),
            cut(self.grads),
        )
        self.hidden, self.dhidden = np.empty((BATCH, UNITS), "f"), np.empty((BATCH, UNITS), "f")
        self.logits = np.empty((BATCH, CLASSES), "f")
        self.rows = np.arange(BATCH)
        self.rate, self.t = rate, 0

    def step(self, x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
        """One step; the loss and the accuracy."""
        h, z = self.hidden, self.logits
        np.matmul(x, self.w1, out=h)
        h += self.b1
        np.maximum(h, 0, out=h)
        np.matmul(h, self.w2, out=z)
        z += self.b2
        correct = (z.argmax(1) == y).mean()
        z -= z.max(1, keepdims=True)
        np.exp(z, out=z)
        z /= z.sum(1, keepdims=True)
        loss = -np.log(z[self.rows, y]).mean()
        z[self.rows, y] -= 1
        z /= BATCH
        np.matmul(h.T, z, out=self.dw2)
        z.sum(0, out=self.db2)
        np.matmul(z, self.w2.T, out=self.dhidden)
        self.dhidden *= h > 0
        np.matmul(x.T, self.dhidden, out=self.dw1)
        self.dhidden.sum(0, out=self.db1)
        self._adam()
        return loss, correct

    def _adam(self, beta_1: float = 0.9, beta_2: float = 0.999, epsilon: float = 1e-7) -> None:
        self.t += 1
        g, m, v, s = self.grads, self.m, self.v, self.scratch
        alpha = np.float32(self.rate * np.sqrt(1 - beta_2**self.t) / (1 - beta_1**self.t))
        np.subtract(g, m, out=s)
        s *= np.float32(1 - beta_1)
        m += s
        np.multiply(g, g, out=s)
        s -= v
        s *= np.float32(1 - beta_2)
        v += s
        np.sqrt(v, out=s)
        s += np.float32(epsilon)
        np.divide(m, s, out=s)
        s *= alpha
        self.params -= s


def contestants(rng: np.random.Generator) -> dict[str, Callable[[], object]]:
    """One step of each, on the same data from the same weights."""
    x = rng.random((BATCH, FEATURES), dtype="f")
    y = rng.integers(0, CLASSES, BATCH).astype("int32")
    model = kcompat.Sequential(
        [
            kcompat.Input((FEATURES,)),
            layers.Dense(UNITS, activation="relu"),
            layers.Dense(CLASSES),
        ]
    )
    loss = kcompat.losses.SparseCategoricalCrossentropy(from_logits=True)
    with kcompat.use_backend("numpy"):
        model.compile("adam", loss, metrics=["accuracy"])
    hand = HandWritten(model.get_weights())
    model.prepare(x, y)
    program = model.program("train")
    return {"hand-written": lambda: hand.step(x, y), "kcompat": lambda: program.run((x, y, None))}


def measure(steps: dict[str, Callable[[], object]]) -> dict[str, float]:
    """The least milliseconds a step of each contestant, their rounds interleaved."""
    best = dict.fromkeys(steps, float("inf"))
    for _ in range(ROUNDS):
        for name, step in steps.items():
            start = time.perf_counter()
            for _ in range(STEPS):
                step()
            best[name] = min(best[name], (time.perf_counter() - start) / STEPS * 1e3)
    return best


def main() -> None:
    """Print the milliseconds and their ratio."""
    found = measure(contestants(np.random.default_rng(0)))
    for name, milliseconds in found.items():
        print(
            f"{name:14s} {milliseconds:.3f} ms a step, {milliseconds / found['hand-written']:.2f} of the hand-written"
        )


if __name__ == "__main__":
    main()
