"""`Model`: a layer that can be trained."""

from __future__ import annotations

from typing import Any

import numpy as np

from kcompat.callbacks import CallbackList, History
from kcompat.data.arrays import Arrays, to_array
from kcompat.data.class_weights import class_weights
from kcompat.data.stream import is_stream, open_data
from kcompat.data.validation import with_validation
from kcompat.layers.layer import Layer
from kcompat.models.missing import explain
from kcompat.models.owners import claim_optimizer
from kcompat.models.summary import render
from kcompat.registration import refuse
from kcompat.runtime import shapes
from kcompat.runtime.program import State
from kcompat.runtime.registry import get_backend, load
from kcompat.spec import TensorSpec
from kcompat.training import steps
from kcompat.training.checks import DataCheck, count, flag, required, validation_epochs, verbosity
from kcompat.training.programs import Programs
from kcompat.training.progress import Progress
from kcompat.training.recipe import Recipe
from kcompat.training.trainer import Trainer, listed, results_of
from kcompat.variables.scope import Scope, bind


class Model(Layer):
    """A layer that can be trained. Subclasses define `call`; `Sequential` is one made of layers in a row.

    It has a `recipe`, what `compile` was told, `programs`, which run its steps, and a trainer, which runs loops.
    """

    def __init__(self, *, name: str | None = None, trainable: bool = True, **kwargs: Any):
        super().__init__(name=name, trainable=trainable, **kwargs)
        self.recipe = Recipe()
        self.compiled = False
        self.stop_training = self.stop_evaluating = False
        self.history: History | None = None
        self.step_seconds: dict[str, float] = {}  # of each backend, as `to("auto")` measured them
        self.chooses_backend = False
        self._backend: str | None = None
        self._start()

    def _start(self) -> None:
        self.programs = Programs(self)
        self._trainer = Trainer(self)
        self._data_check = DataCheck()

    def __getstate__(self) -> dict[str, Any]:
        """What copies and files hold: layers, weights, optimizer and metrics with their state, no programs."""
        state = {**self.__dict__, "_epochs_trained": self._trainer.epochs_trained}
        return {name: x for name, x in state.items() if name not in ("programs", "_trainer", "_data_check")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        epochs_trained = state.pop("_epochs_trained")
        self.__dict__.update(state)
        self._start()
        self._trainer.epochs_trained = epochs_trained
        claim_optimizer(self.optimizer, self)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(explain(self, name))

    # Compiling.

    def compile(
        self,
        optimizer: Any = "rmsprop",
        loss: Any = None,
        loss_weights: Any = None,
        metrics: Any = None,
        weighted_metrics: Any = None,
        run_eagerly: bool = False,
        steps_per_execution: int = 1,
        jit_compile: Any = "auto",
        auto_scale_loss: bool = True,
    ) -> None:
        """Say how the model is trained; it then belongs to the active backend.

        Args:
            optimizer: a name or an `Optimizer`, which belongs to this model alone.
            loss: a name, a `Loss`, or a function of `(y_true, y_pred)`.
            metrics: a list of names, metrics or functions; "accuracy" becomes what fits the shapes.
            weighted_metrics: the same, weighted by the sample weights.
            run_eagerly: run the steps as they are, without a compiler.
            steps_per_execution: how many batches `fit` and `evaluate` run in one call; batch hooks of callbacks are
                called once for all of them. With 1 a backend runs several where that is faster and no callback looks.
            loss_weights, jit_compile, auto_scale_loss: not supported yet.

        Raises ValueError for steps_per_execution below 1, and for an optimizer of another model.
        """
        refuse("compile", loss_weights=loss_weights)
        refuse("compile", "auto", jit_compile=jit_compile)
        refuse("compile", True, auto_scale_loss=auto_scale_loss)
        recipe = Recipe(optimizer, loss, metrics, weighted_metrics, run_eagerly, steps_per_execution)
        claim_optimizer(recipe.optimizer, self)
        self.programs.release()
        self.recipe, self._data_check = recipe, DataCheck()
        self._backend, self.chooses_backend, self.step_seconds = get_backend(), False, {}
        self.compiled = True

    @property
    def optimizer(self) -> Any:
        """The optimizer that `compile` was told; None before."""
        return self.recipe.optimizer

    @property
    def loss(self) -> Any:
        """The loss that `compile` was told, or None."""
        return self.recipe.loss

    @property
    def metrics(self) -> list[Any]:
        """The loss's running mean, then the compiled metrics."""
        return self.recipe.tracked

    def reset_metrics(self) -> None:
        """Forget what the metrics have seen."""
        self.programs.write_all(self.recipe.initial_values())

    @property
    def backend(self) -> str:
        """The backend that the model belongs to: that which was active when it was compiled, or where it moved."""
        return self._backend or get_backend()

    def to(self, backend: str) -> Any:
        """Move the model to another backend, with its weights, optimizer state, metrics and seeds; gives the model.

        Training goes on as if it had stayed, also where a callback moves it in mid-epoch. With "auto" the next `fit`
        measures each installed backend on this model and its data, for about a second once all are compiled, and moves
        it to the fastest; since all give the same numbers, nothing else depends on it. `step_seconds` then holds what
        was measured.
        """
        if backend == "auto":
            self.chooses_backend = True
            return self
        load(backend)
        self.programs.release()
        self._backend, self.chooses_backend = backend, False
        return self

    # The steps. Each is a pure function of a state; `kcompat.training.steps` has what they are made of.

    def train_step(self, state: State, batch: Any) -> tuple[State, dict[str, Any]]:
        """One step of training, a pure function. Override it for a training step of your own.

        `batch` is `(x, y, sample_weight)`, absent parts None. Within a step `self(x)` and everything else that uses the
        model's variables reads them from the state that is bound:

            def train_step(self, state, batch):
                x, y, sample_weight = batch
                (loss, (y_pred, written)), grads = self.loss_and_gradients(state, x, y, sample_weight)
                state = self.apply_gradients(self.merged(state, written), grads)
                return self.tracked(state, x, y, y_pred, sample_weight, loss)

        Returns the new state and the logs.
        """
        return steps.train(self, state, batch)

    def test_step(self, state: State, batch: Any) -> tuple[State, dict[str, Any]]:
        """One step of evaluation."""
        return steps.test(self, state, batch)

    def predict_step(self, state: State, batch: Any) -> tuple[State, Any]:
        """The predictions for a batch `(x, None, None)`."""
        return steps.predict(self, state, batch)

    def compute_loss(self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """The scalar that training minimises: the compiled loss and `losses`, unless overridden."""
        del x
        return steps.total_loss(self, y, y_pred, sample_weight)

    def loss_and_gradients(self, state: State, x: Any, y: Any, sample_weight: Any = None) -> Any:
        """`((loss, (predictions, written)), gradients)` of the state's parameters."""
        return steps.loss_and_gradients(self, state, x, y, sample_weight)

    def apply_gradients(self, state: State, grads: dict[str, Any]) -> State:
        """The state after one update of the optimizer."""
        return steps.apply_gradients(self, state, grads)

    def tracked(self, state: State, x: Any, y: Any, y_pred: Any, sample_weight: Any, loss: Any) -> Any:
        """The state with this batch in the metrics, and the logs: the means so far."""
        return steps.track(self, state, x, y, y_pred, sample_weight, loss)

    def bound(self, state: State) -> Any:
        """A context in which the variables hold the values of `state`; it gives the scope of what they write."""
        return steps.bound(self.programs.store, state)

    def written(self, scope: Scope) -> steps.Written:
        """What was assigned within `bound`, as data."""
        return steps.written_in(self.programs.store, scope)

    merged = staticmethod(steps.merge)

    # The loops.

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
        validation_freq: Any = 1,
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
            class_weight: a weight for each class index, of a sample or of its steps.
            sample_weight: one number a sample, or one a step; the loss is the weighted sum over how many there are.
            initial_epoch: where to begin counting.
            validation_batch_size: samples a batch of the evaluation, `batch_size` if None.
            validation_freq: evaluate after each so many epochs, or after those of a list, counted from 1.
            steps_per_epoch: batches an epoch, if `x` is an iterable; None: all it gives. Of arrays an epoch is all.
            validation_steps: how many batches of `validation_data` to evaluate on, the first ones of arrays.

        Returns:
            A `History`: its `history` maps `loss` and the metrics' names to a list, one value an epoch.

        Raises:
            NonFiniteLoss: if the loss is NaN or infinite; it says at which step, and in which layer's gradient.
                The model is left as it was before that epoch, unless its state has more than 32 MB.
            KeyboardInterrupt: between two steps; the model is as it was after the last one.
            ValueError, TypeError: for data that does not fit, before training starts.
        """
        self.require_compiled("fit")
        if self.optimizer is None:
            raise ValueError("the model was compiled with optimizer=None; compile it with one to train it")
        epochs, shuffle = count("epochs", epochs), flag("shuffle", shuffle)
        span, validates_after = range(count("initial_epoch", initial_epoch), epochs), validation_epochs(validation_freq)
        with self._trainer.running() as running:
            if steps_per_epoch is not None and not is_stream(x):
                raise ValueError(f"steps_per_epoch={steps_per_epoch} needs an iterable of batches; x is an array")
            x, by_class = required(x, y), class_weights(class_weight, self.loss)
            data = open_data(x, y, sample_weight, by_class, batch_size, steps_per_epoch, check=self.prepare)
            data, validation = with_validation(
                data,
                validation_data,
                validation_split,
                validation_batch_size or batch_size,
                validation_steps,
                self.prepare,
            )
            for part in (data, validation):
                if part is not None:
                    self.prepare(part.x, part.y, part.sample_weight)
            return self._trainer.fit(
                running, data, validation, span, shuffle, verbosity(verbose), callbacks, validates_after
            )

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
        with self._trainer.running() as running:
            data = open_data(required(x, y), y, sample_weight, None, batch_size, steps, check=self.prepare)
            self.prepare(data.x, data.y, data.sample_weight)
            hooks = CallbackList(listed(callbacks), self, steps=data.steps)
            progress = Progress(data.steps, verbosity(verbose))
            logs = self._trainer.evaluate(running, data, hooks, progress)
            progress.finish(logs)
        return results_of(logs, return_dict)

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
        with self._trainer.running() as running:
            data = open_data(required(x), None, None, None, batch_size, steps, check=lambda x, *_: self.prepare(x))
            self.prepare(data.x)
            return self._trainer.predict(running, data, callbacks, verbosity(verbose))

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

    def _on_batch(self, kind: str, x: Any, y: Any, sample_weight: Any, class_weight: Any, return_dict: bool) -> Any:
        with self._trainer.running():
            by_class = class_weights(class_weight, self.loss)
            data = Arrays(required(x, y), y, sample_weight, by_class, batch_size=2**31)
            self.prepare(data.x, data.y, data.sample_weight)
            return results_of(self._trainer.step(kind, data), return_dict)

    def predict_on_batch(self, x: Any) -> Any:
        """The predictions for a batch, as NumPy."""
        with self._trainer.running():
            x = to_array("x", required(x))
            self.prepare(x)
            return self._trainer.predict_batch(x)

    def prepare(self, x: np.ndarray, y: Any = None, sample_weight: Any = None) -> None:
        """Build the model for this data, choose the metrics, and check that all of it fits before anything runs."""
        if not self.built:
            self.programs.release()
            self.build((None, *x.shape[1:]))
        self._data_check.check(self, x, y, sample_weight)

    # Building, and looking at it.

    def build(self, input_shape: Any) -> None:
        """Build the layers within, by following a call on shapes alone."""
        with bind({}):
            shapes.infer(self.call, TensorSpec(input_shape, self.dtype))

    def summary(self, print_fn: Any = None) -> None:
        """Print the layers, their output shapes and parameter counts, and why a step that was run is not compiled.

        Raises ValueError if the model is not built.
        """
        self.require_built("summary")
        (print_fn or print)(render(self))

    def require_compiled(self, what: str) -> None:
        """Raise RuntimeError unless the model is compiled."""
        if not self.compiled:
            raise RuntimeError(f"call model.compile(optimizer=..., loss=...) before model.{what}")

    def require_built(self, what: str) -> None:
        """Raise ValueError unless the shapes of the weights are known."""
        if not self.built:
            raise ValueError(
                f"{self.name} is not built, so model.{what} knows no weights; start it with Input(shape), "
                "call model.build(input_shape), or call it on data"
            )

    def get_weights(self) -> list[np.ndarray]:
        """The values of `weights`, as NumPy arrays of your own. Raises ValueError if the model is not built."""
        self.require_built("get_weights")
        return super().get_weights()

    def set_weights(self, weights: list[Any]) -> None:
        """Replace the values of `weights`, all or none. Raises ValueError if the model is not built."""
        self.require_built("set_weights")
        super().set_weights(weights)

    @property
    def output_shape(self) -> Any:
        """The shape of the result, the batch axis None."""
        self.require_built("output_shape")
        return self.compute_output_shape(self.input_shape)
