"""Record what Keras answers, for `kcompat.conformance.records`: `python -m kcompat.conformance.record`.

Needs Keras with TensorFlow and PyTorch. Keras has one backend a process, so each witness has a process of its own.
"""

from __future__ import annotations

import argparse
import datetime
import importlib.metadata
import json
import math
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from kcompat import random
from kcompat.backends.numpy import program
from kcompat.conformance import records
from kcompat.conformance.adapters import keras3
from kcompat.conformance.cases import training
from kcompat.conformance.run import suite
from kcompat.conformance.targets.target import InterpreterTarget
from kcompat.runtime.registry import load
from kcompat.spec import as_dtype

USUAL = "tensorflow"
"""The backend on which Keras computes more in double precision than on any other."""


def reason_for_torch(case: Any, kind: str) -> str:
    """Why Keras on TensorFlow is no witness of a row; nothing where it is."""
    arguments = getattr(case, "arguments", {})
    if case.name == "Conv2D" and arguments.get("data_format") == "channels_first":
        return "TensorFlow convolves channels_first on a GPU alone"
    if arguments.get("activation") == "leaky_relu":
        return "TensorFlow has the slope in float32"
    if kind == "layer-gradient" and arguments.get("activation") == "selu":
        return "at 0 TensorFlow takes selu's slope from the right; the spec's kinks take it from the left"
    if kind == "loss-gradient" and case.name == "Hinge" and "reduction" in arguments:
        return "at the margin TensorFlow has the gradient 0; by the spec's kinks a tie is shared"
    if kind == "loss-gradient" and case.name == "CategoricalCrossentropy" and arguments.get("from_logits"):
        return "TensorFlow's gradient takes the labels to add up to 1"
    return ""


def rows() -> Iterator[tuple[str, Callable[..., Any], Any]]:
    """The kind, the question and the case of each record."""
    for kind, question, cases in suite.CLASSES:
        for case in cases:
            yield kind, question, case
    for case in training.ALL:
        yield "training", training.trajectory, case


class Witness(keras3.KerasTarget):
    """Keras in double precision, also where a part of it is not."""

    def __init__(self, backend: str):
        import keras

        super().__init__(keras, backend)
        _compute_in_double(backend)

    def trajectory(self, case: training.TrainingCase) -> tuple[np.ndarray, ...]:
        """With our masks of dropout: Keras draws others."""
        return self.run_of(case, self._with_masks(dropout_masks(case)) if case.random else None)

    def _with_masks(self, masks: list[np.ndarray]) -> Any:
        """Keras, but that its dropout multiplies by these masks, one after the other."""
        keras, remaining = self.keras, iter(masks)

        def call(_: Any, inputs: Any, training: bool = False) -> Any:
            return inputs * next(remaining) if training else inputs

        dropout = type("Dropout", (keras.layers.Dropout,), {"call": call})
        layers = SimpleNamespace(**{**vars(keras.layers), "Dropout": dropout})
        return SimpleNamespace(**{**vars(keras), "layers": layers})


def dropout_masks(case: training.TrainingCase) -> list[np.ndarray]:
    """What dropout multiplies by at each step of a run, times 1 / (1 - rate).

    That the draws are right is asked of `random_bits` and its like; here they are taken as they are.
    """
    masks = []
    dropout = random.dropout

    def observed(inputs: Any, rate: float, *options: Any) -> Any:
        y = dropout(inputs, rate, *options)
        masks.append(np.where(np.asarray(y) != 0, 1 / (1 - rate), 0.0))
        return y

    changed = ((random, "dropout", observed), (program, "KEPT", 0))  # no compiled program, which would call it once
    before = [getattr(module, name) for module, name, _ in changed]
    try:
        for module, name, value in changed:
            setattr(module, name, value)
        InterpreterTarget(load("numpy")).ask(training.trajectory, case)
    finally:
        for (module, name, _), value in zip(changed, before, strict=True):
            setattr(module, name, value)
    return masks


def _compute_in_double(backend: str) -> None:
    """Exchange functions in which Keras rounds to float32: the number log(2), and CTC, for which PyTorch has double."""
    from keras import ops
    from keras.src.losses import losses
    from keras.src.metrics import regression_metrics

    def log_cosh(y_true: Any, y_pred: Any) -> Any:
        x = ops.subtract(y_pred, y_true)
        return ops.mean(x + ops.softplus(-2.0 * x) - ops.convert_to_tensor(math.log(2.0), dtype=x.dtype), axis=-1)

    losses.log_cosh = regression_metrics.log_cosh = log_cosh
    if backend == USUAL:
        losses.ctc = _ctc


def _ctc(y_true: Any, y_pred: Any) -> Any:
    """PyTorch's, with Keras's conventions: class 0 is blank and fills up the targets."""
    import tensorflow as tf
    import torch

    @tf.custom_gradient
    def ctc(y_pred: Any) -> Any:
        labels, logits = torch.tensor(y_true.numpy()), torch.tensor(y_pred.numpy(), requires_grad=True)
        lengths = torch.full((len(logits),), logits.shape[1]), torch.sum(labels != 0, 1)
        shares = torch.log_softmax(logits, -1).transpose(0, 1)
        y = torch.nn.functional.ctc_loss(shares, labels, *lengths, blank=0, reduction="none")
        (slope,) = torch.autograd.grad(y.sum(), logits)
        return tf.constant(y.detach().numpy()), lambda g: g[:, None, None] * tf.constant(slope.numpy())

    return ctc(y_pred)


def ask(backend: str, path: str) -> None:
    """The process of a witness: what Keras answers on a backend, as a file."""
    import torch  # noqa: F401  (not after TensorFlow)
    from safetensors.numpy import save_file

    witness, answers = Witness(backend), {}
    for kind, question, case in rows():
        if bool(reason_for_torch(case, kind)) is (backend == "torch"):
            key = records.key_of(case, question)
            for i, y in enumerate(witness.ask(question, case.in_dtype("float64"))):
                y = np.asarray(y)
                if y.dtype.kind == "f" and as_dtype(y.dtype) != "float64":
                    raise TypeError(f"{key}: Keras answers in {y.dtype}, not in double precision")
                answers[f"{key} {i}"] = np.array(y, order="C")
    save_file(answers, path)


def main() -> None:
    """Ask every witness, and write the records."""
    from safetensors.numpy import load_file, save

    answers: dict[str, np.ndarray] = {}
    with tempfile.TemporaryDirectory() as folder:
        for backend in (USUAL, "torch"):
            print(f"asking Keras on {backend}", flush=True)
            answered = str(Path(folder, backend))
            environment = {
                **os.environ,
                "KERAS_BACKEND": backend,
                "CUDA_VISIBLE_DEVICES": "",
                "TF_CPP_MIN_LOG_LEVEL": "3",
            }
            command = [sys.executable, "-m", "kcompat.conformance.record", "--ask", backend, answered]
            subprocess.run(command, env=environment, check=True)
            answers |= load_file(answered)
    table = {}
    for kind, question, case in rows():
        key, reason = records.key_of(case, question), reason_for_torch(case, kind)
        row = {"witness": f"keras on {'torch' if reason else USUAL}", "reason": reason}
        results = sum(name.rpartition(" ")[0] == key for name in answers)
        fed = records.fingerprint(case.in_dtype("float64").fed())
        table[key] = {**{k: v for k, v in row.items() if v}, "results": results, "fed": fed}
    packages = ("keras", "tensorflow-cpu", "torch", "numpy")
    contents = {
        "script": "python -m kcompat.conformance.record",
        "date": datetime.date.today().isoformat(),
        "versions": {name: importlib.metadata.version(name) for name in packages},
        "rows": table,
    }
    for path, data in (
        (records.ANSWERS, save(dict(sorted(answers.items())))),
        (records.MANIFEST, (json.dumps(contents, indent=1) + "\n").encode()),
    ):
        aside = path.with_suffix(".part")
        aside.write_bytes(data)
        aside.replace(path)
    print(f"{len(table)} records, {records.ANSWERS.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ask", nargs=2, metavar=("BACKEND", "FILE"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.ask:
        ask(*options.ask)
    else:
        main()
