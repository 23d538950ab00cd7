"""Real data, real models: handwritten digits on every backend, from the same seed, side by side.

`python -m kcompat.bench.digits` trains a CNN, an MLP and an LSTM for 15 epochs on each installed backend and
prints test accuracies, and how far the losses of the first steps are apart.
"""

from __future__ import annotations

import argparse
import sys
import time
from typing import Any, NamedTuple

import numpy as np

import kcompat
from kcompat import layers
from kcompat.runtime.registry import list_backends, use_backend

EPOCHS, BATCH, SEED = 15, 32, 0
COMPARED_STEPS = (10, 50)


def load_digits() -> tuple[np.ndarray, np.ndarray]:
    """Images `(1797, 8, 8, 1)` in [0, 1] (Alpaydin & Kaynak, 1998, by way of scikit-learn), and their labels."""
    from sklearn.datasets import load_digits as load

    digits = load()
    return (digits.images / 16).astype("float32")[..., None], digits.target.astype("int32")


def split(seed: int = SEED, share: float = 0.8) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Training images and labels, then those for the test: a random `share` and the rest."""
    x, y = load_digits()
    order = np.random.default_rng(seed).permutation(len(x))
    cut = int(len(x) * share)
    return x[order[:cut]], y[order[:cut]], x[order[cut:]], y[order[cut:]]


def cnn() -> Any:
    """Two convolutions, batch normalization, pooling, dropout and two dense layers, all of them smooth.

    At a kink, of ReLU or of the largest of a window, a rounding error decides which way a gradient goes: one of the
    70,000 elements of a step lies near enough every fifteen steps or so, and changes a gradient by 1 %.

    No bias in front of the normalization, which would take it out again: its gradient, 0 but for rounding, is scaled
    up to full steps by Adam, other ones on each backend.
    """
    return kcompat.Sequential(
        [
            kcompat.Input((8, 8, 1)),
            layers.Conv2D(16, 3, padding="same", use_bias=False),
            layers.BatchNormalization(),
            layers.Activation("silu"),
            layers.Conv2D(32, 3, activation="silu"),
            layers.AveragePooling2D(2),
            layers.Flatten(),
            layers.Dropout(0.25),
            layers.Dense(64, activation="silu"),
            layers.Dense(10, activation="softmax"),
        ]
    )


def mlp() -> Any:
    """Two hidden layers with dropout."""
    return kcompat.Sequential(
        [
            kcompat.Input((8, 8, 1)),
            layers.Flatten(),
            layers.Dense(128, activation="relu"),
            layers.Dropout(0.25),
            layers.Dense(64, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]
    )


def lstm() -> Any:
    """Reads the image row by row."""
    return kcompat.Sequential(
        [
            kcompat.Input((8, 8, 1)),
            layers.Reshape((8, 8)),
            layers.LSTM(64),
            layers.Dropout(0.25),
            layers.Dense(10, activation="softmax"),
        ]
    )


MODELS = {"cnn": cnn, "mlp": mlp, "lstm": lstm}
LEARNING_RATE = {"cnn": 0.001, "mlp": 0.001, "lstm": 0.01}


class StepLosses(kcompat.callbacks.Callback):
    """The loss of each of the first steps: metrics start anew at each, as logs hold means."""

    def __init__(self, count: int):
        self.count = count
        self.losses: list[float] = []

    def on_train_batch_begin(self, batch: int, logs: dict[str, float] | None = None) -> None:
        if len(self.losses) < self.count:
            self.model.reset_metrics()

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        if logs is not None and len(self.losses) < self.count:
            self.losses.append(logs["loss"])


class Run(NamedTuple):
    """What one training gave."""

    losses: list[float]  # of each of the first steps
    accuracy: float
    seconds: float


def train(name: str, backend: str, epochs: int = EPOCHS, steps: int = max(COMPARED_STEPS), seed: int = SEED) -> Run:
    """Train one of `MODELS` on one backend."""
    x, y, x_test, y_test = split()
    with use_backend(backend):
        kcompat.utils.set_random_seed(seed)
        model = MODELS[name]()
        model.compile(
            kcompat.optimizers.Adam(LEARNING_RATE[name]), "sparse_categorical_crossentropy", metrics=["accuracy"]
        )
        watch = StepLosses(steps)
        started = time.perf_counter()
        model.fit(x, y, batch_size=BATCH, epochs=epochs, callbacks=[watch], verbose=0)
        seconds = time.perf_counter() - started
        accuracy = model.evaluate(x_test, y_test, verbose=0, return_dict=True)["accuracy"]
    return Run(watch.losses, accuracy, seconds)


def distance(losses: list[float], reference: list[float], steps: int) -> float:
    """The largest relative difference of two curves within the first steps."""
    pairs = zip(losses[:steps], reference[:steps], strict=True)
    return max(abs(ours - theirs) / abs(theirs) for ours, theirs in pairs)


def spread(curves: list[list[float]], steps: int) -> float:
    """The largest relative difference of any two curves within the first steps."""
    return max(distance(one, other, steps) for one in curves for other in curves)


def main(arguments: list[str] | None = None) -> None:
    """Train every model on every backend and print the table."""
    parser = argparse.ArgumentParser(prog="python -m kcompat.bench.digits", description=main.__doc__)
    installed = [info.name for info in list_backends() if info.installed]
    parser.add_argument("--backend", action="append", choices=installed, help="repeatable; default: all installed")
    parser.add_argument("--model", action="append", choices=list(MODELS), help="repeatable; default: all")
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    asked = parser.parse_args(arguments)
    backends, models = asked.backend or installed, asked.model or list(MODELS)
    runs: dict[tuple[str, str], Run] = {}
    for number, (name, backend) in enumerate([(m, b) for m in models for b in backends], start=1):
        print(
            f"\r{number}/{len(models) * len(backends)} {name} on {backend}".ljust(60),
            end="",
            file=sys.stderr,
            flush=True,
        )
        runs[name, backend] = train(name, backend, asked.epochs)
    print("\r".ljust(61), end="\r", file=sys.stderr, flush=True)
    columns = "  ".join(f"first {steps} losses" for steps in COMPARED_STEPS)
    print(f"{'model':6} {'backend':12} {'accuracy':>8} {'seconds':>8}  {columns}")
    for name in models:
        reference = runs[name, backends[0]].losses
        for backend in backends:
            run = runs[name, backend]
            apart = "  ".join(f"{distance(run.losses, reference, steps):>15.1e}" for steps in COMPARED_STEPS)
            print(f"{name:6} {backend:12} {run.accuracy:8.4f} {run.seconds:8.1f}  {apart}")
        curves = [runs[name, backend].losses for backend in backends]
        apart = "  ".join(f"{spread(curves, steps):>15.1e}" for steps in COMPARED_STEPS)
        print(f"{name:6} {'any two':12} {'':8} {'':8}  {apart}")


if __name__ == "__main__":
    main()
