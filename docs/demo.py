"""Train one network on real digits: on one backend, or on several side by side.

`make demo` runs this on NumPy alone; `make demo BACKENDS="numpy jax torch tensorflow"` on all four.
The network and the data, scikit-learn's 1,797 scanned digits of 8 x 8 pixels, are those of `kcompat.bench.digits`.
"""

import argparse
import time
from typing import Any, NamedTuple

import matplotlib as mpl
import numpy as np

import kcompat
from kcompat.bench.digits import cnn, split

mpl.use("Agg")
from matplotlib import pyplot as plt

SEED, EPOCHS = 0, 15
COMPARED_STEPS = 10


class Data(NamedTuple):
    """Images `(samples, 8, 8, 1)` in [0, 1] and their labels, split at random by seed."""

    x: np.ndarray
    y: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray


class Run(NamedTuple):
    """What training on one backend gave."""

    backend: str
    losses: np.ndarray
    history: dict[str, list[float]]
    seconds: float
    predictions: np.ndarray


class StepLosses(kcompat.callbacks.Callback):
    """Collects the loss of every step; the logs hold the epoch's mean so far."""

    def __init__(self) -> None:
        self.losses: list[float] = []

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Begin a new mean."""
        del epoch, logs
        self.total = 0.0

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """Take the new loss out of the mean. A shorter last batch weighs less, so its loss is left out."""
        if logs is not None and batch + 1 < self.params["steps"]:
            total = logs["loss"] * (batch + 1)
            self.losses.append(total - self.total)
            self.total = total


def train(backend: str, data: Data) -> Run:
    """Train the network on one backend, from the same seed on each."""
    print(f"\n== {backend} ==", flush=True)
    kcompat.utils.set_random_seed(SEED)
    with kcompat.use_backend(backend):
        model = cnn()
        model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
        steps, start = StepLosses(), time.perf_counter()
        history = model.fit(
            data.x,
            data.y,
            epochs=EPOCHS,
            validation_data=(data.x_test, data.y_test),
            callbacks=[steps],
            verbose=2,
        )
        seconds = time.perf_counter() - start
        return Run(backend, np.array(steps.losses), history.history, seconds, model.predict(data.x_test, verbose=0))


def deviation(run: Run, first: Run) -> np.ndarray:
    """How far the loss of each step is from that of the first backend, relative to it."""
    return np.abs(run.losses - first.losses) / np.abs(first.losses)


def print_table(runs: list[Run]) -> None:
    """Print accuracy, time and agreement."""
    print(
        f"\n{'backend':<12}{'test accuracy':>14}{'seconds':>10}{f'loss differs by, first {COMPARED_STEPS} steps':>36}"
    )
    for run in runs:
        differs = "-" if run is runs[0] else f"{deviation(run, runs[0])[:COMPARED_STEPS].max():.1e}"
        print(f"{run.backend:<12}{run.history['val_accuracy'][-1]:>14.4f}{run.seconds:>10.1f}{differs:>36}")


def draw(runs: list[Run], data: Data, path: str) -> None:
    """Draw the curves, and some test digits with what the first backend takes them for."""
    plt.rcParams.update({"font.size": 9, "axes.spines.top": False, "axes.spines.right": False})
    figure = plt.figure(figsize=(12, 4.2), layout="constrained")
    left, middle, right = figure.subfigures(1, 3, width_ratios=[1, 1, 1.05])
    draw_losses(left.subplots(), runs)
    if len(runs) > 1:
        draw_deviations(middle.subplots(), runs)
    else:
        draw_accuracies(middle.subplots(), runs[0])
    draw_digits(right, runs[0], data)
    figure.savefig(path, dpi=130)


def draw_losses(axes: Any, runs: list[Run]) -> None:
    """Loss by step: lines that lie on each other get thinner, so that each shows."""
    for i, run in enumerate(runs):
        style = {"color": f"C{i}", "lw": 1 + 1.6 * (len(runs) - 1 - i), "alpha": 0.8}
        axes.plot(np.linspace(0, EPOCHS, len(run.losses)), smooth(run.losses), label=run.backend, **style)
    axes.set(title="Training loss, mean of 15 steps", xlabel="epoch", yscale="log", xlim=(0, EPOCHS))
    axes.legend(frameon=False)


def smooth(values: np.ndarray, width: int = 15) -> np.ndarray:
    """The running mean, of fewer values at the beginning."""
    sums = np.cumsum(values)
    sums[width:] -= sums[:-width].copy()
    return sums / np.minimum(np.arange(len(values)) + 1, width)


def draw_accuracies(axes: Any, run: Run) -> None:
    """Accuracy by epoch."""
    epochs = np.arange(EPOCHS) + 1
    axes.plot(epochs, run.history["accuracy"], "o-", ms=3, color="C0", alpha=0.5, label="training, with dropout")
    axes.plot(epochs, run.history["val_accuracy"], "o-", ms=3, color="C1", label="test")
    last = run.history["val_accuracy"][-1]
    axes.annotate(f"{last:.1%}", (EPOCHS, last), (0, -16), textcoords="offset points", ha="center", color="C1")
    axes.set(title="Accuracy", xlabel="epoch", ylim=(0.8, 1.005))
    axes.yaxis.set_major_formatter(mpl.ticker.PercentFormatter(1))
    axes.legend(frameon=False, loc="lower right")


def draw_deviations(axes: Any, runs: list[Run]) -> None:
    """How far the loss has been from that of the first backend up to each step: rounding, amplified by training."""
    for i, run in enumerate(runs[1:], 1):
        farthest = np.maximum.accumulate(deviation(run, runs[0]))
        steps = np.flatnonzero(farthest)  # a logarithmic axis has no place for steps that were equal to the last bit
        axes.plot(steps + 1, farthest[steps], color=f"C{i}", lw=1.6, label=run.backend)
    axes.axhline(2**-23, color="0.6", lw=0.8, ls=":")
    axes.annotate(
        "one float32 rounding",
        (1, 2**-23),
        (4, 3),
        xycoords=("axes fraction", "data"),
        textcoords="offset points",
        ha="right",
        color="0.4",
        fontsize=8,
    )
    axes.set(xlabel="step", xscale="log", yscale="log", xlim=(1, len(runs[0].losses)))
    axes.set_title(f"Farthest from the loss on {runs[0].backend} so far, relative")
    axes.legend(frameon=False, loc="upper left")


def draw_digits(figure: Any, run: Run, data: Data, rows: int = 4, columns: int = 7) -> None:
    """Test digits: first what the model gets wrong, then the first that it gets right."""
    guesses = run.predictions.argmax(-1)
    wrong = np.flatnonzero(guesses != data.y_test)[: 2 * columns]
    shown = [*wrong, *np.flatnonzero(guesses == data.y_test)][: rows * columns]
    for axes, i in zip(figure.subplots(rows, columns).flat, shown, strict=True):
        axes.imshow(data.x_test[i, ..., 0], cmap="gray_r")
        axes.set_axis_off()
        right = guesses[i] == data.y_test[i]
        title = f"{guesses[i]}" if right else f"{guesses[i]}, is {data.y_test[i]}"
        axes.set_title(title, color="#2a7f3f" if right else "#c0392b", pad=2, fontsize=9)
    figure.suptitle(f"What {run.backend} reads: {len(wrong)} of {len(guesses)} wrong, those first", fontsize=10)


def main() -> None:
    """Train on each backend, print a table, and draw."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("backends", nargs="*", default=["numpy"], help="default: numpy")
    parser.add_argument("--output", default="demo.png", help="where to write the picture (demo.png)")
    options = parser.parse_args()
    data = Data(*split(SEED))
    cnn().summary()
    # Torch before tensorflow: loaded in the other order, their libraries can clash.
    for name in sorted(options.backends, key=lambda name: name != "torch"):
        with kcompat.use_backend(name):
            pass
    runs = [train(backend, data) for backend in options.backends]
    print_table(runs)
    draw(runs, data, options.output)
    print(f"\nThe curves and some digits: {options.output}")


if __name__ == "__main__":
    main()
