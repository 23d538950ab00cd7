"""The loops over epochs and batches."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from kcompat.callbacks import Callback, CallbackList, History
from kcompat.data.arrays import Arrays, group_size, shuffle_key
from kcompat.data.stream import Stream
from kcompat.runtime import tree
from kcompat.runtime.active import use
from kcompat.runtime.interrupts import deferring, finishes, uninterrupted
from kcompat.runtime.registry import load
from kcompat.training.checks import require_targets_to_validate
from kcompat.training.diagnosis import KEPT_BYTES, NonFiniteLoss, first_failure, seen_too_late
from kcompat.training.fastest import step_seconds
from kcompat.training.progress import Progress
from kcompat.variables.variable import assign_all

Data = Arrays | Stream


class Running:
    """While a loop runs: the model's backend is the active one, and a SIGINT comes between two steps alone."""

    def __init__(self, model: Any):
        self._model = model
        self.backend = ""
        self._active: Any = None

    def __enter__(self) -> Running:
        self._deferring = deferring()
        try:
            self._deferring.__enter__()
            self._enter()
        except BaseException:  # a signal, too: nobody else would leave what was entered
            self.__exit__()
            raise
        return self

    def _enter(self) -> None:
        with uninterrupted:
            self.backend = self._model.backend
            self._active = use(load(self.backend))
            self._active.__enter__()

    def follow(self) -> None:
        """Go with the model, if a hook has moved it."""
        if self._model.backend != self.backend:
            self._leave()
            self._enter()

    def _leave(self) -> None:
        with uninterrupted:
            active, self._active = self._active, None
            if active is not None:
                active.__exit__(None, None, None)

    @finishes
    def __exit__(self, *error: object) -> None:
        try:
            self._leave()
        finally:
            self._deferring.__exit__()


class Trainer:
    """Runs a model's steps over data, calling hooks between them.

    What a hook does holds from the next step on: it may move the model, compile it anew, change its weights, evaluate
    it. A SIGINT ends a loop between two steps.
    """

    def __init__(self, model: Any):
        self.model = model
        self.epochs_trained = 0  # over all calls of fit: each has an order of its own
        self._is_training = False

    def running(self) -> Running:
        """A context for a loop, which is handed to it."""
        return Running(self.model)

    # Training.

    def fit(
        self,
        running: Running,
        data: Data,
        validation: Data | None,
        epochs: range,
        shuffle: bool,
        verbose: int,
        callbacks: Any,
        validates_after: Callable[[int], bool],
    ) -> History:
        """Train over `epochs`, numbers of epochs from 0; evaluate after those that `validates_after` names."""
        model, history = self.model, History()
        require_targets_to_validate(model.loss, data, validation)
        if not model.programs.store.variables["params"]:
            warnings.warn(f"{model.name} has no trainable weights, so fit changes none", stacklevel=3)
        self.choose_backend(data)
        running.follow()
        hooks = CallbackList(
            [*listed(callbacks), history], model, epochs=epochs.stop, steps=data.steps, verbose=verbose
        )
        model.history = history
        model.stop_training = False
        logs: dict[str, float] = {}
        hooks.call("on_train_begin", {})
        for epoch in epochs:
            hooks.call("on_epoch_begin", epoch, {})
            progress = Progress(data.steps, verbose)
            progress.header(epoch + 1, epochs.stop)
            logs = self._train_epoch(running, data, epoch, shuffle, hooks, progress)
            if validation is not None and validates_after(epoch + 1):
                values = self.evaluate(running, validation, hooks, Progress(validation.steps, 0))
                logs |= {f"val_{name}": value for name, value in values.items()}
            progress.finish(logs)
            hooks.call("on_epoch_end", epoch, logs)
            if model.stop_training:
                break
        hooks.call("on_train_end", logs)
        return history

    def _train_epoch(
        self, running: Running, data: Data, epoch: int, shuffle: bool, hooks: CallbackList, progress: Progress
    ) -> dict[str, float]:
        """One pass over the data; the logs at its end."""
        model, programs = self.model, self.model.programs
        model.reset_metrics()
        before = programs.snapshot(KEPT_BYTES)
        key = shuffle_key(model.place[0], self.epochs_trained) if shuffle else None
        self.epochs_trained += 1
        looks_at_each = hooks.wants("on_train_batch_end")
        logs: Any = {}
        done = 0

        def look() -> dict[str, float]:
            values = _floats(running.backend, logs)
            if not math.isfinite(values.get("loss", 0.0)):
                raise NonFiniteLoss(self._undo(before, data, key, epoch, done))
            return values

        self._is_training = True
        try:
            for count, batch in data.groups(self._group_sizes("train", hooks), key):
                hooks.call("on_train_batch_begin", done, {})
                self._follow(running, data)
                logs = programs.run("train", batch, count)
                del batch  # before the next one is gathered
                done += count
                if progress.due(done) or looks_at_each:
                    values = look()
                    hooks.call("on_train_batch_end", done - 1, values)
                    progress.update(done, values)
            return look()
        finally:
            self._is_training = False

    def _follow(self, running: Running, data: Data) -> None:
        """Go with a model that a hook has moved, and choose the metrics of one that it compiled anew."""
        running.follow()
        if self.model.recipe.has_open_metrics:
            self.model.prepare(data.x, data.y, data.sample_weight)

    def _undo(self, before: Any, data: Data, key: Any, epoch: int, steps: int) -> str:
        """Go back to the state from before the epoch, and say where its loss stopped being finite."""
        programs = self.model.programs
        if before is None:
            size = programs.store.nbytes / 1e6
            return seen_too_late(
                epoch, steps, f"the model's state of {size:.0f} MB is kept once, so it holds what failed"
            )
        assign_all(before.items())
        self.epochs_trained -= 1
        if isinstance(data, Stream):
            return seen_too_late(epoch, steps, "batches of an iterable cannot be run again to see where, arrays can")
        if set(before) != set(programs.store.place):
            return seen_too_late(epoch, steps, "the model was compiled anew within the epoch")
        return first_failure(self.model, programs.state_of(before), data.batches(key), epoch)

    def _group_sizes(self, kind: str, hooks: CallbackList) -> Callable[[int], int]:
        """A function that says how many batches of so many bytes to run in one call.

        As many as `compile` was told; else as many as the program likes, unless a callback looks at each.
        """
        model = self.model
        looks_at_each = hooks.wants(f"on_{kind}_batch_begin") or hooks.wants(f"on_{kind}_batch_end")

        def at_once(nbytes: int) -> int:
            told: int = model.recipe.steps_per_execution
            return told if told > 1 or looks_at_each else group_size(model.programs.program(kind), nbytes)

        return at_once

    def choose_backend(self, data: Data) -> None:
        """Move a model that is to choose its backend to the one that trains it fastest on data like these."""
        model = self.model
        if model.chooses_backend:
            state = model.programs.store.state()
            model.step_seconds = step_seconds(model.train_step, state, data.sample(), model.recipe.run_eagerly)
            model.to(next(iter(model.step_seconds)))

    # Evaluation and prediction.

    def evaluate(self, running: Running, data: Data, hooks: CallbackList, progress: Progress) -> dict[str, float]:
        """The loss and the metrics on data. Within an epoch of training its metrics are as before afterwards."""
        kept = {v: v.numpy().copy() for v in self.model.recipe.initial_values()} if self._is_training else {}
        try:
            return self._evaluate(running, data, hooks, progress)
        finally:
            assign_all(kept.items())

    def _evaluate(self, running: Running, data: Data, hooks: CallbackList, progress: Progress) -> dict[str, float]:
        model, programs = self.model, self.model.programs
        model.reset_metrics()
        model.stop_evaluating = False
        looks_at_each = hooks.wants("on_test_batch_end")
        hooks.call("on_test_begin", {})
        logs: Any = {}
        done = 0
        for count, batch in data.groups(self._group_sizes("test", hooks)):
            hooks.call("on_test_batch_begin", done, {})
            self._follow(running, data)
            logs = programs.run("test", batch, count)
            del batch
            done += count
            if progress.due(done) or looks_at_each:
                values = _floats(running.backend, logs)
                hooks.call("on_test_batch_end", done - 1, values)
                progress.update(done, values)
            if model.stop_evaluating:
                break
        values = _floats(running.backend, logs)
        hooks.call("on_test_end", values)
        return values

    def predict(self, running: Running, data: Data, callbacks: Any, verbose: int) -> Any:
        """The predictions for inputs, as NumPy arrays."""
        model, programs = self.model, self.model.programs
        hooks = CallbackList(listed(callbacks), model, steps=data.steps)
        progress = Progress(data.steps, verbose)
        hooks.call("on_predict_begin", {})
        arrays: list[Any] = []
        ahead: Any = None
        done = 0
        for count, (x, *_) in data.groups(self._group_sizes("predict", hooks)):
            hooks.call("on_predict_batch_begin", done, {})
            running.follow()
            outputs = programs.run_each("predict", (x, None, None), count)
            if ahead is not None:
                arrays.append(_arrays(*ahead))  # waits for the last batch while this one is computed
            ahead = running.backend, outputs, count
            done += count
            hooks.call("on_predict_batch_end", done - 1, {})
            if progress.due(done):
                progress.update(done, {})
        arrays.append(_arrays(*ahead))
        progress.finish({})
        hooks.call("on_predict_end", {})
        return tree.map_leaves(lambda *parts: np.concatenate(parts), *arrays)

    # One batch at a time.

    def step(self, kind: str, data: Arrays) -> dict[str, float]:
        """The loss and metrics of a step on one batch, those of this batch alone."""
        self.model.reset_metrics()
        (batch,) = data.batches()
        return _floats(self.model.backend, self.model.programs.run(kind, batch))

    def predict_batch(self, x: np.ndarray) -> Any:
        """The predictions for one batch, as NumPy arrays of their own."""
        outputs = self.model.programs.run_each("predict", (x, None, None))
        return tree.map_leaves(np.array, _arrays(self.model.backend, outputs))  # the framework may hold that memory


def listed(callbacks: Any) -> list[Callback]:
    """Callbacks as a list, from one, several or None."""
    if callable(callbacks) and not isinstance(callbacks, Callback):
        raise TypeError(f"callbacks are instances of kcompat.callbacks.Callback, got {callbacks!r}")
    return [callbacks] if isinstance(callbacks, Callback) else list(callbacks or ())


def results_of(logs: dict[str, float], return_dict: bool) -> Any:
    """Logs as `evaluate` gives them: a dict by name, or a list of the values, or the value of a single one."""
    if return_dict:
        return logs
    values = list(logs.values())
    return values[0] if len(values) == 1 else values


def _floats(backend: str, logs: Any) -> dict[str, float]:
    to_numpy = load(backend).engine.to_numpy
    return {name: float(to_numpy(value)) for name, value in logs.items()}


def _arrays(backend: str, outputs: Any, count: int = 1) -> Any:
    """Outputs as NumPy arrays; those of several batches, which are stacked, one after the other."""
    arrays = tree.map_leaves(load(backend).engine.to_numpy, outputs)
    if count == 1:
        return arrays
    return tree.map_leaves(lambda y: y.reshape(y.shape[0] * y.shape[1], *y.shape[2:]), arrays)
