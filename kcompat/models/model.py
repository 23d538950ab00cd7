"""Compiling a model: optimizer, loss and metrics, and the programs that run its steps."""

from __future__ import annotations

from typing import Any

import numpy as np

from kcompat import losses, metrics, optimizers
from kcompat.data.arrays import Arrays
from kcompat.models.summary import render
from kcompat.random.places import Place, current_place
from kcompat.registration import refuse
from kcompat.runtime.active import use
from kcompat.runtime.program import Program
from kcompat.runtime.registry import get_backend, load
from kcompat.runtime.shapes import STAND_INS, infer
from kcompat.spec import TensorSpec
from kcompat.training.fastest import step_seconds
from kcompat.training.steps import Steps
from kcompat.variables import Variable
from kcompat.variables.scope import bind
from kcompat.variables.store import Store

AUTO = "auto"
"""In place of a backend's name: the fastest one."""


class Compiled(Steps):
    """The part of `Model` that owns variables, programs and a backend."""

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        self.optimizer: Any = None
        self.loss: Any = None
        self.compiled = False
        self.stop_training = False
        self._epochs_trained = 0  # over all calls of fit: each has an order of its own
        self._backend: str | None = None
        self._metric_identifiers: list[tuple[Any, bool]] = []
        self._compiled_metrics: list[tuple[metrics.Metric, bool]] = []
        self._loss_tracker = metrics.Mean("loss")
        self._run_eagerly = False
        self._steps_per_execution = 1
        self._choosing = False  # whether the next `fit` chooses the backend
        self.step_seconds: dict[str, float] = {}
        self._programs: dict[str, Program] = {}
        self._held: Store | None = None
        self._root: Place | None = None
        self._checked: set[Any] = set()  # layouts of data that fit
        self._classes: int | None = None

    @property
    def backend(self) -> str:
        """The backend that the model belongs to: that which was active when it was compiled, or where it moved."""
        return self._backend or get_backend()

    @property
    def place(self) -> Place:
        """The seed and path that the first weights are drawn from."""
        if self._root is None:
            self._root = current_place()
        return self._root

    def compile(
        self,
        optimizer: Any = "rmsprop",
        loss: Any = None,
        loss_weights: Any = None,
        metrics: Any = None,  # noqa: A002, RUF100  (Keras's name)
        weighted_metrics: Any = None,
        run_eagerly: bool = False,
        steps_per_execution: int = 1,
        jit_compile: Any = "auto",
        auto_scale_loss: bool = True,
    ) -> None:
        """Say how the model is trained; it then belongs to the active backend.

        Args:
            optimizer: a name or an `Optimizer`.
            loss: a name, a `Loss`, or a function of `(y_true, y_pred)`.
            metrics: a list of names, metrics or functions; "accuracy" becomes what fits the shapes.
            weighted_metrics: the same, weighted by the sample weights.
            run_eagerly: run the steps as they are, without a compiler.
            steps_per_execution: how many batches `fit` and `evaluate` run in one call; batch hooks of callbacks are
                called once for all of them. With 1 a backend runs several where that is faster and no callback looks.
            loss_weights, jit_compile, auto_scale_loss: not supported yet.

        Raises ValueError for steps_per_execution below 1.
        """
        refuse("compile", loss_weights=loss_weights)
        refuse("compile", "auto", jit_compile=jit_compile)
        refuse("compile", True, auto_scale_loss=auto_scale_loss)
        if (
            isinstance(steps_per_execution, bool)
            or steps_per_execution != int(steps_per_execution)
            or steps_per_execution < 1
        ):
            raise ValueError(f"steps_per_execution is a positive int, got {steps_per_execution!r}")
        new_optimizer = optimizers.get(optimizer)
        new_loss = None if loss is None else losses.get(loss)
        identifiers = [(m, False) for m in _listed("metrics", metrics)]
        identifiers += [(m, True) for m in _listed("weighted_metrics", weighted_metrics)]
        for identifier, _ in identifiers:
            _check_metric(identifier)
        self._release()
        self._checked, self._classes = set(), None
        self.optimizer, self.loss = new_optimizer, new_loss
        self._metric_identifiers, self._compiled_metrics = identifiers, []
        self._run_eagerly, self._steps_per_execution = run_eagerly, int(steps_per_execution)
        self._backend, self._choosing, self.step_seconds = get_backend(), False, {}
        self.compiled = True

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Build the layers within, by following a call on shapes alone."""
        with bind({}):
            infer(self.call, TensorSpec(input_shape, self.dtype))
        for layer in self._walk():
            if layer.input_shape is not None:
                layer.input_shape = tuple(None if n in STAND_INS else n for n in layer.input_shape)

    def require_compiled(self, what: str) -> None:
        """Raise RuntimeError unless the model is compiled."""
        if not self.compiled:
            raise RuntimeError(f"call model.compile(optimizer=..., loss=...) before model.{what}")

    def to(self, backend: str) -> Any:
        """Move the model to another backend, with its weights, optimizer state, metrics and seeds; gives the model.

        Training goes on as if it had stayed. With "auto" the next `fit` measures each installed backend on this model
        and its data, for about a second once all are compiled, and moves it to the fastest; since all give the same
        numbers, nothing else depends on it. `step_seconds` then holds what was measured.
        """
        if backend == AUTO:
            self._choosing = True
            return self
        load(backend)
        self._release()
        self._backend, self._choosing = backend, False
        return self

    def choose_backend(self, data: Arrays) -> None:
        """Move a model that is to choose its backend to the one that trains it fastest on data like these."""
        if self._choosing:
            state = self._store.state()
            self.step_seconds = step_seconds(self.train_step, state, data, self._run_eagerly)
            self.to(next(iter(self.step_seconds)))

    @property
    def metrics(self) -> list[metrics.Metric]:
        """The loss's running mean, then the compiled metrics."""
        return [self._loss_tracker, *(metric for metric, _ in self._compiled_metrics)]

    def reset_metrics(self) -> None:
        """Forget what the metrics have seen."""
        values: dict[Variable, np.ndarray] = {}
        for metric in self.metrics:
            values.update(metric.initial)
        self._store.reset(values)

    # Programs.

    @property
    def _store(self) -> Store:
        if self._held is None:
            self._hold()
        assert self._held is not None
        return self._held

    def _hold(self) -> None:
        self._name_variables()
        variables = [*self.weights, *self.seed_variables]
        trained = set(self.trainable_weights)
        for variable in self.weights:
            variable.frozen = variable not in trained
        if self.compiled:
            self.optimizer.build(self.trainable_weights)
            variables += self.optimizer.variables
            variables += [v for metric in self.metrics for v in metric.variables]
        self._held = Store(variables)

    def _release(self) -> None:
        if self._held is not None:
            self._held.detach()
        self._held = None
        self._programs = {}

    def program(self, kind: str) -> Program:
        """The program that runs `train_step`, `test_step` or `predict_step` (`kind` is the first word)."""
        if kind not in self._programs:
            step = getattr(self, f"{kind}_step")
            if self._store.program is not None:
                self._programs[kind] = self._store.program.with_step(step)
            else:
                B = load(self.backend)
                compiler = Program if self._run_eagerly else B.engine.compile
                self._programs[kind] = compiler(B, step, self._store.state())
                self._store.attach(self._programs[kind])
        return self._programs[kind]

    def prepare(self, x: np.ndarray, y: np.ndarray | None = None) -> None:
        """Build the model for this data, choose the metrics, and check that targets fit before anything runs."""
        if not self.built:
            self._release()
            self.build_for((None, *x.shape[1:]))
        self.check_data(x)
        if y is None:
            return
        layout = (x.shape[1:], x.dtype, y.shape[1:], y.dtype)
        if layout not in self._checked:
            self._check_layout(*(TensorSpec((None, *part.shape[1:]), part.dtype.name) for part in (x, y)))
            self._checked.add(layout)
        self._check_labels(y)

    def _check_layout(self, x: TensorSpec, y: TensorSpec) -> None:
        """Choose the metrics for data of these shapes and dtypes; raise ValueError if the loss does not take them."""
        outputs = self.compute_output_spec(x)
        if isinstance(outputs, TensorSpec):
            self._choose_metrics(y.shape, outputs.shape)
        if self.loss is not None:
            with bind({}):
                infer(lambda x, y, y_pred: self.compute_loss(x, y, y_pred), x, y, outputs)
            self._classes = _class_count(self.loss, outputs)

    def _choose_metrics(self, y_shape: tuple[int | None, ...], output_shape: tuple[int | None, ...]) -> None:
        if self._compiled_metrics or not self._metric_identifiers:
            return
        self._release()
        self._compiled_metrics = [(metrics.get(m, y_shape, output_shape), w) for m, w in self._metric_identifiers]
        names = [metric.name for metric in self.metrics]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"two metrics are called {', '.join(twice)}; give one of them another name")

    def _check_labels(self, y: np.ndarray) -> None:
        """Raise ValueError for targets that the loss cannot take, whatever their shape."""
        function = getattr(self.loss, "fn", None)
        if function is losses.sparse_categorical_crossentropy and self._classes is not None and y.size:
            low, high = y.min(), y.max()
            if not 0 <= low <= high < self._classes:
                raise ValueError(
                    f"labels are class indices in [0, {self._classes}), as the model gives {self._classes} classes; "
                    f"y has {low} to {high}"
                )
        if function is losses.binary_crossentropy and y.size and not 0 <= y.min() <= y.max() <= 1:
            raise ValueError(f"binary_crossentropy takes targets in [0, 1]; y has {y.min()} to {y.max()}")

    # Looking at it.

    def layer_shapes(self) -> list[tuple[Any, Any]]:
        """Each layer with the shape of its result."""
        return [(layer, layer.compute_output_shape(layer.input_shape)) for _, layer in self._layers_within()]

    def summary(self, print_fn: Any = None) -> None:
        """Print the layers, their output shapes and parameter counts. Raises ValueError if the model is not built."""
        self.require_built("summary")
        (print_fn or print)(render(self))

    def require_built(self, what: str) -> None:
        """Raise ValueError unless the shapes of the weights are known."""
        if not self.built:
            raise ValueError(
                f"{self.name} is not built, so model.{what} knows no weights; start it with Input(shape), "
                "call model.build(input_shape), or call it on data"
            )

    def get_weights(self) -> list[Any]:
        """See `Layer.get_weights`; raises ValueError if the model is not built."""
        self.require_built("get_weights")
        return super().get_weights()

    def set_weights(self, weights: list[Any]) -> None:
        """See `Layer.set_weights`; raises ValueError if the model is not built."""
        self.require_built("set_weights")
        super().set_weights(weights)

    @property
    def output_shape(self) -> Any:
        """The shape of the result, the batch axis None."""
        self.require_built("output_shape")
        return self.compute_output_shape(self.input_shape)

    def on_own_backend(self) -> Any:
        """A context in which the model's backend is the active one."""
        return use(load(self.backend))


def _listed(name: str, value: Any) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, (list, tuple)):
        raise TypeError(f"{name} is a list, got {value!r}; write [{value!r}]")
    return list(value)


def _class_count(loss: Any, outputs: Any) -> int | None:
    """How many classes a model with these outputs tells apart, if its targets are class indices."""
    if getattr(loss, "fn", None) is not losses.sparse_categorical_crossentropy or not isinstance(outputs, TensorSpec):
        return None
    return outputs.shape[loss.kwargs.get("axis", -1)]


def _check_metric(identifier: Any) -> None:
    """Raise for an unknown name at once; which accuracy is meant is known when data comes."""
    metrics.get(identifier, (None,), (None, 2))
