"""Who races: `kcompat:BACKEND`, `keras3:BACKEND` and `native:FRAMEWORK`, all behind the same four methods."""

from __future__ import annotations

import importlib
import importlib.util
import os
from collections.abc import Iterator
from typing import Any, Protocol

import numpy as np

from kcompat.bench.workloads import Layer, Workload

KINDS = ("kcompat", "native", "keras3")
FRAMEWORKS = ("numpy", "jax", "torch", "tensorflow")


class Unavailable(Exception):  # noqa: N818  (it is no error: not everything is installed everywhere)
    """A contestant that cannot run here, and why."""


class Trainer(Protocol):
    """A model that a contestant has built."""

    chosen: str
    """Which of several ways to write the loop was the fastest; empty where there is one."""

    def fit(self, x: np.ndarray, y: np.ndarray, batch: int, epochs: int, shuffle: bool = True) -> list[float]:
        """Train, and give the mean loss of each epoch."""

    def evaluate(self, x: np.ndarray, y: np.ndarray, batch: int) -> tuple[float, float]:
        """The loss and the accuracy."""

    def predict(self, x: np.ndarray, batch: int) -> np.ndarray:
        """The logits."""


class Fitted:
    """A model of kcompat or of Keras 3, through their public methods."""

    chosen = ""

    def __init__(self, library: Any, workload: Workload):
        layers = [_layer(library.layers, layer) for layer in workload.layers]
        self.model = library.Sequential([library.Input(workload.input_shape), *layers])
        loss = library.losses.SparseCategoricalCrossentropy(from_logits=True)
        self.model.compile("adam", loss, metrics=["accuracy"])

    def fit(self, x: np.ndarray, y: np.ndarray, batch: int, epochs: int, shuffle: bool = True) -> list[float]:
        return self.model.fit(x, y, batch_size=batch, epochs=epochs, verbose=0, shuffle=shuffle).history["loss"]

    def stream(self, batches: Iterator[tuple[np.ndarray, np.ndarray]], steps: int) -> None:
        """Train on so many batches, each as it comes."""
        self.model.fit(batches, steps_per_epoch=steps, verbose=0)

    def evaluate(self, x: np.ndarray, y: np.ndarray, batch: int) -> tuple[float, float]:
        loss, accuracy = self.model.evaluate(x, y, batch_size=batch, verbose=0)
        return loss, accuracy

    def predict(self, x: np.ndarray, batch: int) -> np.ndarray:
        return self.model.predict(x, batch_size=batch, verbose=0)


class Choosing(Fitted):
    """A model of kcompat that takes the fastest backend, at its first `fit`."""

    def __init__(self, library: Any, workload: Workload):
        super().__init__(library, workload)
        self.model.to(backend="auto")

    @property
    def chosen(self) -> str:  # type: ignore[override]
        """The backend."""
        return self.model.backend


def _layer(layers: Any, layer: Layer) -> Any:
    return getattr(layers, layer.name)(**layer.arguments)


def check_name(name: str) -> tuple[str, str]:
    """The kind and the framework of a contestant; raises LookupError for a name that says nothing."""
    kind, _, framework = name.partition(":")
    is_ours = framework in FRAMEWORKS and not (kind == "keras3" and framework == "numpy")
    plug_in = kind == "kcompat" and framework  # a backend of someone else's
    if kind not in KINDS or not (is_ours or plug_in):
        raise LookupError(
            f"--contestant {name}: expected kcompat:BACKEND, native:FRAMEWORK with {', '.join(FRAMEWORKS)}, "
            f"or keras3:FRAMEWORK with {', '.join(FRAMEWORKS[1:])}"
        )
    return kind, framework


def requirements(name: str) -> tuple[str, ...]:
    """The modules that must be installed for a contestant."""
    kind, framework = check_name(name)
    return (framework if framework in FRAMEWORKS else "kcompat", *(["keras"] if kind == "keras3" else []))


def require(name: str) -> None:
    """Raise Unavailable if a contestant's packages are not installed."""
    for module in requirements(name):
        if importlib.util.find_spec(module) is None:
            raise Unavailable(f"{module} is not installed")


def environment(name: str, device: str) -> dict[str, str]:
    """The environment variables with which a contestant's process starts."""
    kind, framework = check_name(name)
    variables = {"TF_CPP_MIN_LOG_LEVEL": "3", "JAX_PLATFORMS": "" if device == "cuda" else "cpu"}
    if device == "cpu":
        variables["CUDA_VISIBLE_DEVICES"] = ""
    else:
        variables["XLA_PYTHON_CLIENT_PREALLOCATE"] = "false"  # several processes share one GPU
    if kind == "keras3":
        variables["KERAS_BACKEND"] = framework
    return variables


class Contestant:
    """One of those who race, in its own process: the framework is imported when the contestant is made."""

    def __init__(self, name: str, device: str = "cpu", dtype: str = "float32"):
        self.name, self.device, self.dtype = name, device, dtype
        self.kind, self.framework = check_name(name)
        require(name)
        self.make = {"kcompat": self._kcompat, "keras3": self._keras3, "native": self._native}[self.kind]()

    def trainer(self, workload: Workload, try_all: bool = True) -> Trainer:
        """A new model; raises Unavailable where no loop is written by hand for it.

        Of several loops written by hand it is the fastest, for which each trains a little, or without `try_all` the
        first, and nothing is run.
        """
        return self.make(workload, try_all)

    def _kcompat(self) -> Any:
        import kcompat
        from kcompat.runtime.registry import load

        kcompat.config.set_floatx(self.dtype)
        if self.framework == "auto":
            return lambda workload, try_all: Choosing(kcompat, workload)
        kcompat.set_backend(self.framework)
        if self.device != "cpu":
            engine = load(self.framework).engine
            kinds = {device.partition(":")[0] for device in engine.devices()}
            names = [name for name in (self.device, "gpu") if name in kinds]
            if not names:
                raise Unavailable(f"--device {self.device}: backend {self.framework} has {', '.join(engine.devices())}")
            engine.use_device(names[0])
        return lambda workload, try_all: Fitted(kcompat, workload)

    def _keras3(self) -> Any:
        os.environ["KERAS_BACKEND"] = self.framework
        import keras

        keras.config.set_floatx(self.dtype)
        return lambda workload, try_all: Fitted(keras, workload)

    def _native(self) -> Any:
        if self.dtype != "float32":
            raise Unavailable(f"--dtype {self.dtype}: the loops written by hand are of float32")
        if self.device != "cpu" and self.framework == "numpy":
            raise Unavailable(f"--device {self.device}: NumPy has the CPU alone")
        from kcompat.bench.loops.loop import fastest

        module = importlib.import_module(f"kcompat.bench.loops.{self.framework}")

        def make(workload: Workload, try_all: bool) -> Trainer:
            ways = module.ways(workload, self.device)
            if not ways:
                raise Unavailable(f"no loop is written by hand for {workload.name} in {self.framework}")
            return fastest(ways, workload) if try_all else next(iter(ways.values()))()

        return make
