"""`Model`: the loops over epochs and batches."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from kcompat.callbacks.callback import CallbackList, History
from kcompat.data.arrays import Arrays, as_it_likes, shuffle_key, to_array
from kcompat.data.stream import Stream, is_stream, open_data
from kcompat.models.model import Compiled
from kcompat.runtime import tree
from kcompat.runtime.registry import load
from kcompat.training.diagnosis import KEPT_BYTES, NonFiniteLoss, first_failure, seen_too_late
from kcompat.training.progress import Progress
from kcompat.utils import unpack_x_y_sample_weight

Data = Arrays | Stream


class Model(Compiled):
    """A layer that can be trained. Subclasses define `call`; `Sequential` is one made of layers in a row."""

    def fit(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: Any = "auto",
        callbacks: Any = None,
        validation_split: float = 0.0,
        validation_data: Any = None,
        shuffle: bool = True,
        class_weight: dict[int, float] | None = None,
        sample_weight: Any = None,
        initial_epoch: int = 0,
        steps_per_epoch: int | None = None,
        validation_steps: int | None = None,
        validation_batch_size: int | None = None,
        validation_freq: int = 1,
    ) -> History:
        """Train the model.

        Args:
            x: the inputs, an array `(samples, ...)`; or an iterable of batches `(x, y)` or `(x, y, sample_weight)`,
                such as a generator, which are read as they are needed and never held together.
            y: the targets, as many; not with an iterable.
            batch_size: samples a step, 32 if None; the last batch may be shorter. Not with an iterable.
            epochs: the number of the last epoch: passes over the data, less `initial_epoch`.
            verbose: 0 silent, 1 a progress bar, 2 one line an epoch; "auto" is 1.
            callbacks: a list of `Callback`s.
            validation_split: the share of the samples, from the end, to evaluate on after each epoch.
            validation_data: `(x, y)` or `(x, y, sample_weight)` to evaluate on, in place of a split; or an iterable.
            shuffle: whether each epoch has the samples in another order, the same for the same seed. The batches of
                an iterable come in its own order.
            class_weight: a weight for each class index.
            sample_weight: one number a sample; the loss is the weighted sum over the number of samples.
            initial_epoch: where to begin counting.
            validation_batch_size: samples a batch of the evaluation, `batch_size` if None.
            validation_freq: evaluate after each so many epochs.
            steps_per_epoch: batches an epoch, if `x` is an iterable; None: all it gives. Of arrays an epoch is all.
            validation_steps: how many batches of `validation_data` to evaluate on, the first ones of arrays.

        Returns:
            A `History`: its `history` maps `loss` and the metrics' names to a list, one value an epoch.

        Raises:
            NonFiniteLoss: if the loss is NaN or infinite; it says at which step, and in which layer's gradient.
                The model is left as it was before that epoch, unless its state has more than 32 MB.
            ValueError, TypeError: for data that does not fit, before training starts.
        """
        self.require_compiled("fit")
        with self.on_own_backend():
            if steps_per_epoch is not None and not is_stream(x):
                raise ValueError(f"steps_per_epoch={steps_per_epoch} needs an iterable of batches; x is an array")
            if validation_steps is not None and validation_data is None:
                raise ValueError(f"validation_steps={validation_steps} needs validation_data")
            data = open_data(
                _required(x), y, sample_weight, class_weight, batch_size, steps_per_epoch, check=self.prepare
            )
            validation: Data | None = None
            if validation_data is not None:
                parts = (validation_data, None, None)
                if not is_stream(validation_data):
                    parts = unpack_x_y_sample_weight(validation_data)
                    validation_batch_size = validation_batch_size or batch_size
                validation = open_data(*parts, None, validation_batch_size, validation_steps, check=self.prepare)
            elif validation_split:
                if isinstance(data, Stream):
                    raise ValueError("validation_split needs arrays; give an iterable's as validation_data")
                data, validation = data.split(validation_split)
                validation.batch_size = validation_batch_size or data.batch_size
            for part in (data, validation):
                if part is not None:
                    self.prepare(part.x, part.y)
            self.choose_backend(data.sample())
        with self.on_own_backend():
            return self._fit(data, validation, epochs, initial_epoch, shuffle, verbose, callbacks, validation_freq)

    def _fit(
        self,
        data: Data,
        validation: Data | None,
        epochs: int,
        initial_epoch: int,
        shuffle: bool,
        verbose: Any,
        callbacks: Any,
        validation_freq: int,
    ) -> History:
        history, verbose = History(), _verbosity(verbose)
        hooks = CallbackList([*(callbacks or []), history], self, epochs=epochs, steps=data.steps, verbose=verbose)
        self.history = history
        self.stop_training = False
        hooks.call("on_train_begin", {})
        logs: dict[str, float] = {}
        for epoch in range(initial_epoch, epochs):
            hooks.call("on_epoch_begin", epoch, {})
            progress = Progress(data.steps, verbose)
            progress.header(epoch + 1, epochs)
            logs = self._train_epoch(data, epoch, shuffle, hooks, progress)
            if validation is not None and (epoch + 1) % validation_freq == 0:
                found = self._evaluate(validation, hooks, Progress(validation.steps, 0))
                logs |= {f"val_{name}": value for name, value in found.items()}
            progress.finish(logs)
            hooks.call("on_epoch_end", epoch, logs)
            if self.stop_training:
                break
        hooks.call("on_train_end", logs)
        return history

    def _train_epoch(
        self, data: Data, epoch: int, shuffle: bool, hooks: CallbackList, progress: Progress
    ) -> dict[str, float]:
        """One pass over the data; the logs at its end."""
        self.reset_metrics()
        program, store = self.program("train"), self._store
        store.push()
        before = program.state() if store.nbytes <= KEPT_BYTES else None
        key = shuffle_key(self.place[0], self._epochs_trained) if shuffle else None
        self._epochs_trained += 1
        each_batch = hooks.wants("on_train_batch_end")
        logs: Any = {}
        done = 0

        def look() -> dict[str, float]:
            values = self._floats(logs)
            if not math.isfinite(values.get("loss", 0.0)):
                raise NonFiniteLoss(self._undone(program, before, data, key, epoch, done))
            return values

        for count, batch in data.groups(self._at_once("train", hooks), key):
            hooks.call("on_train_batch_begin", done, {})
            logs = store.run(program, batch, count)
            del batch  # before the next one is gathered
            done += count
            if progress.due(done) or each_batch:
                values = look()
                hooks.call("on_train_batch_end", done - 1, values)
                progress.update(done, values)
        return look()

    def _undone(self, program: Any, before: Any, data: Data, key: Any, epoch: int, steps: int) -> str:
        """Go back to the state from before the epoch, and say where its loss stopped being finite."""
        if before is None:
            large = f"the model's state of {self._store.nbytes / 1e6:.0f} MB is kept once, so it holds what failed"
            return seen_too_late(epoch, steps, large)
        program.replace(**before._asdict())
        if isinstance(data, Stream):
            return seen_too_late(epoch, steps, "batches of an iterable cannot be run again to see where, arrays can")
        return first_failure(self, before, data.batches(key), epoch)

    def _at_once(self, kind: str, hooks: CallbackList) -> Callable[[int], int]:
        """How many batches of so many bytes to run in one call.

        As many as `compile` was told; else as many as the program likes, unless a callback looks at each.
        """
        told = self._steps_per_execution
        if told > 1 or any(hooks.wants(f"on_{kind}_batch_{edge}") for edge in ("begin", "end")):
            return lambda size: told
        return as_it_likes(self.program(kind))

    def _floats(self, logs: Any) -> dict[str, float]:
        to_numpy = load(self.backend).engine.to_numpy
        return {name: float(to_numpy(value)) for name, value in logs.items()}

    def evaluate(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        verbose: Any = "auto",
        sample_weight: Any = None,
        steps: int | None = None,
        callbacks: Any = None,
        return_dict: bool = False,
    ) -> Any:
        """The loss and the metrics on data: a float if there is only the loss, a list, or a dict by name.

        Arguments are those of `fit`; `steps` is the number of batches, None for all.
        """
        self.require_compiled("evaluate")
        with self.on_own_backend():
            data = open_data(_required(x), y, sample_weight, None, batch_size, steps, check=self.prepare)
            self.prepare(data.x, data.y)
            hooks = CallbackList(callbacks or [], self, steps=data.steps)
            progress = Progress(data.steps, _verbosity(verbose))
            logs = self._evaluate(data, hooks, progress)
            progress.finish(logs)
        return self._in_form(logs, return_dict)

    def _evaluate(self, data: Data, hooks: CallbackList, progress: Progress) -> dict[str, float]:
        self.reset_metrics()
        program, store = self.program("test"), self._store
        each_batch = hooks.wants("on_test_batch_end")
        hooks.call("on_test_begin", {})
        logs: Any = {}
        done = 0
        for count, batch in data.groups(self._at_once("test", hooks)):
            hooks.call("on_test_batch_begin", done, {})
            logs = store.run(program, batch, count)
            del batch
            done += count
            if progress.due(done) or each_batch:
                values = self._floats(logs)
                hooks.call("on_test_batch_end", done - 1, values)
                progress.update(done, values)
        values = self._floats(logs)
        hooks.call("on_test_end", values)
        return values

    def predict(
        self,
        x: Any,
        batch_size: int | None = None,
        verbose: Any = "auto",
        steps: int | None = None,
        callbacks: Any = None,
    ) -> Any:
        """The predictions for inputs, as a NumPy array (a tuple of them if the model gives several).

        Needs no `compile`. Arguments are those of `fit`; `steps` is the number of batches, None for all. What batches
        of an iterable hold besides inputs is not used.
        """
        with self.on_own_backend():
            data = open_data(x, None, None, None, batch_size, steps, check=lambda x, y: self.prepare(x))
            self.prepare(data.x)
            program = self.program("predict")
            hooks = CallbackList(callbacks or [], self, steps=data.steps)
            progress = Progress(data.steps, _verbosity(verbose))
            hooks.call("on_predict_begin", {})
            arrays: list[Any] = []
            ahead: Any = None
            done = 0
            for count, (x, *_) in data.groups(self._at_once("predict", hooks)):
                hooks.call("on_predict_batch_begin", done, {})
                outputs = self._predict_batch(program, x, count)
                if ahead is not None:
                    arrays.append(self._arrays(*ahead))  # waits for the last batch while this one is computed
                ahead = outputs, count
                done += count
                hooks.call("on_predict_batch_end", done - 1, {})
                if progress.due(done):
                    progress.update(done, {})
            arrays.append(self._arrays(*ahead))
            progress.finish({})
            hooks.call("on_predict_end", {})
        return tree.map_leaves(lambda *parts: np.concatenate(parts), *arrays)

    def _predict_batch(self, program: Any, x: Any, count: int = 1) -> Any:
        self._store.push()
        batch = (x, None, None)
        return program.run(batch) if count == 1 else program.run_each(batch)

    def _arrays(self, outputs: Any, count: int = 1) -> Any:
        """Outputs as NumPy arrays; those of several batches, which are stacked, one after the other."""
        arrays = tree.map_leaves(load(self.backend).engine.to_numpy, outputs)
        if count == 1:
            return arrays
        return tree.map_leaves(lambda y: y.reshape(y.shape[0] * y.shape[1], *y.shape[2:]), arrays)

    # One batch at a time.

    def train_on_batch(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        class_weight: dict[int, float] | None = None,
        return_dict: bool = False,
    ) -> Any:
        """One step of training on a batch, and its loss and metrics: those of this batch alone."""
        self.require_compiled("train_on_batch")
        return self._on_batch("train", x, y, sample_weight, class_weight, return_dict)

    def test_on_batch(self, x: Any, y: Any = None, sample_weight: Any = None, return_dict: bool = False) -> Any:
        """The loss and metrics of a batch."""
        self.require_compiled("test_on_batch")
        return self._on_batch("test", x, y, sample_weight, None, return_dict)

    def predict_on_batch(self, x: Any) -> Any:
        """The predictions for a batch, as NumPy."""
        x = to_array("x", x)
        with self.on_own_backend():
            self.prepare(x)
            outputs = self._arrays(self._predict_batch(self.program("predict"), x))
        return tree.map_leaves(np.array, outputs)  # the framework may hold that memory

    def _on_batch(self, kind: str, x: Any, y: Any, sample_weight: Any, class_weight: Any, return_dict: bool) -> Any:
        data = Arrays(x, y, sample_weight, class_weight, batch_size=2**31)
        with self.on_own_backend():
            self.prepare(data.x, data.y)
            self.reset_metrics()
            (batch,) = data.batches()
            logs = self._floats(self._store.run(self.program(kind), batch))
        return self._in_form(logs, return_dict)

    @staticmethod
    def _in_form(logs: dict[str, float], return_dict: bool) -> Any:
        if return_dict:
            return logs
        values = list(logs.values())
        return values[0] if len(values) == 1 else values


def _required(x: Any) -> Any:
    if x is None:
        raise ValueError("x is None; pass an array of inputs")
    return x


def _verbosity(verbose: Any) -> int:
    if verbose == "auto":
        return 1
    if verbose not in (0, 1, 2):
        raise ValueError(f"verbose is 'auto', 0, 1 or 2; got {verbose!r}")
    return int(verbose)
