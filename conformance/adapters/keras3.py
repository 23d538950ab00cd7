"""Keras 3 as a target: `keras3:tensorflow`, `keras3:jax`, `keras3:torch`, `keras3:numpy`.

Keras has one backend a process, chosen before it is imported. Ops are asked of `keras.ops`, `keras.ops.image`,
`keras.activations` and `keras.losses`, where one of them has a function of the same name; layers, losses, optimizers
and training runs of their classes, with the weights and data of the suite.
"""

from __future__ import annotations

import contextlib
import inspect
import operator
import os
import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from kcompat.conformance.adapters import gradients
from kcompat.conformance.cases import data, layers, losses, metrics, optimizers, questions, training
from kcompat.conformance.cases.questions import numpy_dtype
from kcompat.conformance.targets import dialect
from kcompat.conformance.targets.target import Target, Unsupported
from kcompat.spec import FLOATX, OPS, Op, as_dtype

BACKENDS = ("tensorflow", "jax", "torch", "numpy")
MODULES = ("ops", "ops.image", "activations", "losses")
VJP = {"tensorflow": gradients.tensorflow, "jax": gradients.jax, "torch": gradients.torch, "numpy": None}
PRELUDE = 'import os\nos.environ["KERAS_BACKEND"] = "{}"\nimport keras\nimport numpy as np'
GRADIENT = {
    "tensorflow": f"import tensorflow as tf\n{dialect.TENSORFLOW_GRADIENT}",
    "jax": f"import jax\n{dialect.JAX_GRADIENT}",
    "torch": f"import torch\n{dialect.TORCH_GRADIENT}",
    "numpy": "",
}


def target(backend: str) -> Target:
    """Keras on one of its backends. Raises ImportError where it runs on another one in this process."""
    if backend not in BACKENDS:
        raise LookupError(f"Keras 3 runs on {', '.join(BACKENDS)}; got {backend!r}")
    if "keras" not in sys.modules:
        os.environ["KERAS_BACKEND"] = backend
    import keras

    if keras.config.backend() != backend:
        raise ImportError(f"Keras runs on {keras.config.backend()} here; it needs another process to run on {backend}")
    return KerasTarget(keras, backend)


class KerasTarget(Target):
    """Keras, imported."""

    def __init__(self, keras: Any, backend: str):
        self.keras, self.backend = keras, backend
        self.paths = {op.name: path for op in OPS.values() if (path := self._path(op))}
        super().__init__(
            f"keras3:{backend}",
            {name: self._function(OPS[name], path) for name, path in self.paths.items()},
            asarray=self._asarray,
            to_numpy=self._to_numpy,
            vjp=VJP[backend],
            version=keras.__version__,
            answers={
                layers.forward: self.forward,
                layers.gradients: self.layer_gradients,
                losses.loss_value: self.loss_value,
                losses.gradients: self.loss_gradients,
                metrics.metric_values: self.metric_values,
                optimizers.optimizer_steps: self.optimizer_steps,
                training.trajectory: self.trajectory,
            },
            dialect=dialect.Dialect(
                PRELUDE.format(backend),
                "keras.ops.convert_to_tensor({})",
                "keras.ops.convert_to_numpy({})",
                GRADIENT[backend],
            ),
        )

    def _path(self, op: Op) -> str:
        """Where Keras has the op, such as "keras.ops.add"; nothing where it has none of that name."""
        for module in MODULES:
            function = getattr(operator.attrgetter(module)(self.keras), op.name, None)
            if inspect.isfunction(function) and (op.public or module == "ops.image"):
                return f"keras.{module}.{op.name}"
        return ""

    def _function(self, op: Op, path: str) -> Callable[..., Any]:
        function = operator.attrgetter(path.removeprefix("keras."))(self.keras)
        parameters = inspect.signature(function).parameters

        def call(*args: Any, **attrs: Any) -> Any:
            positional, keywords = dialect.arrange(op, args, attrs)
            unknown = keywords.keys() - parameters.keys()
            if unknown:
                raise Unsupported(f"{path} has no parameter {', '.join(sorted(unknown))}")
            return function(*positional, **keywords)

        return call

    def call(self, case: Any) -> str:
        return dialect.write_public_call(self.paths[case.op.name], case)

    def built(self, case: Any) -> list[str]:
        arguments = ", ".join(f"{name}={value!r}" for name, value in getattr(case, "arguments", {}).items())
        if isinstance(case, losses.LossCase):
            arrays = zip(("truth", "prediction", "weight"), case.arrays(), strict=True)
            tensors = {name: dialect.write_array(x) for name, x in arrays if x is not None}
            lines = [f"{name} = {code}" for name, code in tensors.items()]
            return [*lines, f"y = keras.losses.{case.name}({arguments})({', '.join(tensors)})"]
        if isinstance(case, layers.LayerCase) and _is_drawn_plainly(case):
            return [
                f"rng = np.random.default_rng({case.seed})",
                f'x = (rng.integers(-32, 33, {case.shape}) / 16).astype("float32")',
                f"layer = keras.layers.{case.name}({arguments})",
                "layer.build(x.shape)",
                f"rng = np.random.default_rng({case.seed})",
                "layer.set_weights([rng.integers(-32, 33, w.shape) / 32 for w in layer.get_weights()])",
                "y = layer(x)",
            ]
        return []

    def _asarray(self, x: np.ndarray) -> Any:
        y = self.keras.ops.convert_to_tensor(x.copy(), dtype=x.dtype.name)
        if as_dtype(y.dtype) != x.dtype.name:
            raise Unsupported(f"{self.name} makes {as_dtype(y.dtype)} of {x.dtype.name}")
        return y

    def _to_numpy(self, y: Any) -> np.ndarray:
        array = np.asarray(self.keras.ops.convert_to_numpy(y))
        return array.astype(numpy_dtype(as_dtype(y.dtype))) if hasattr(y, "dtype") else array

    @contextlib.contextmanager
    def in_floatx(self, dtype: str) -> Iterator[None]:
        """Within the block layers and losses compute in this dtype."""
        config = self.keras.config
        before, policy = config.floatx(), config.dtype_policy()
        config.set_floatx(dtype)
        config.set_dtype_policy(dtype)
        try:
            yield
        finally:
            config.set_floatx(before)
            config.set_dtype_policy(policy)

    def forward(self, case: layers.LayerCase) -> tuple[np.ndarray, ...]:
        """Keras's layer with the weights of the suite; see `cases.layers.forward`."""
        with self.in_floatx(case.dtype):
            ours, layer, options = self._layer(case)
            inputs = list(map(self._asarray, case.arrays()))
            y = layer(inputs if isinstance(case.shape, list) else inputs[0], **options)
            outputs = list(y) if isinstance(y, (list, tuple)) else [y]
            if case.training:
                outputs += [v.value for w, v in zip(ours.weights, layer.weights, strict=True) if not w.trainable]
            return tuple(map(self._to_numpy, outputs))

    def layer_gradients(self, case: layers.LayerCase) -> tuple[np.ndarray, ...]:
        """Of Keras's layer, as a pure function; see `cases.layers.gradients`."""
        questions.vjp_of(self)
        with self.in_floatx(case.dtype):
            _, layer, options = self._layer(case)
            inputs = list(map(self._asarray, case.arrays()))
            state = [v.value for v in layer.non_trainable_variables]
            weights = [self._asarray(self._to_numpy(v.value)) for v in layer.trainable_variables]  # no parameters

            def call(x: Any, values: Any) -> Any:
                return layer.stateless_call([*values], state, x, **options)[0]

            return layers.gradients_of(self, case, call, inputs, weights)

    def _layer(self, case: layers.LayerCase) -> tuple[Any, Any, dict[str, Any]]:
        """Our layer, Keras's with the same weights, and the options of its call."""
        ours = case.layer()
        layer = getattr(self.keras.layers, case.name)(**case.arguments)
        layer.build(case.shape)
        layer.set_weights([np.asarray(w) for w in ours.get_weights()][: len(layer.get_weights())])
        options = {"training": case.training} if "training" in inspect.signature(layer.call).parameters else {}
        return ours, layer, options

    def loss_value(self, case: losses.LossCase) -> tuple[np.ndarray, ...]:
        """Keras's loss; see `cases.losses.loss_value`."""
        with self.in_floatx(case.dtype):
            tensors = [None if x is None else self._asarray(x) for x in case.arrays()]
            return (self._to_numpy(getattr(self.keras.losses, case.name)(**case.arguments)(*tensors)),)

    def loss_gradients(self, case: losses.LossCase) -> tuple[np.ndarray, ...]:
        """Of Keras's loss; see `cases.losses.gradients`."""
        questions.vjp_of(self)
        with self.in_floatx(case.dtype):
            loss = getattr(self.keras.losses, case.name)(**case.arguments)
            tensors = [None if x is None else self._asarray(x) for x in case.arrays()]
            return losses.gradients_of(self, case, loss, *tensors)

    def metric_values(self, case: metrics.MetricCase) -> tuple[np.ndarray, ...]:
        """Keras's metric; see `cases.metrics.metric_values`."""
        values = []
        with self.in_floatx(case.dtype):
            metric = getattr(self.keras.metrics, case.name)(**case.arguments)
            for arrays, weight in case.batches():
                tensors = map(self._asarray, arrays)
                metric.update_state(*tensors, sample_weight=None if weight is None else self._asarray(weight))
                values.append(self._to_numpy(metric.result()))
        return tuple(values)

    def optimizer_steps(self, case: optimizers.OptimizerCase) -> tuple[np.ndarray, ...]:
        """Keras's optimizer; see `cases.optimizers.optimizer_steps`."""
        parameters = []
        with self.in_floatx(case.dtype):
            optimizer = getattr(self.keras.optimizers, case.name)(**case.arguments)
            variables = [self.keras.Variable(p, dtype=case.dtype) for p in case.parameters()]
            for step in range(optimizers.STEPS):
                optimizer.apply([self._asarray(g) for g in case.gradients(step)], variables)
                parameters += [self._to_numpy(v.value) for v in variables]
        return tuple(parameters)

    def trajectory(self, case: training.TrainingCase) -> tuple[np.ndarray, ...]:
        """Keras's `fit`, from the first weights of the suite; see `cases.training.trajectory`."""
        if case.random:
            raise Unsupported("Keras draws other dropout masks on each backend")
        return self.run_of(case)

    def run_of(self, case: training.TrainingCase, library: Any = None) -> tuple[np.ndarray, ...]:
        """The running mean of the loss in each step, and the last weights; another library than Keras runs eagerly."""
        with FLOATX.override(case.dtype):
            weights = training.first_model(case).get_weights()
        keras, history = self.keras, []

        with self.in_floatx(case.dtype):
            model = case.model(library or keras)
            model.set_weights([np.asarray(w) for w in weights])
            loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
            model.compile(case.optimizer(keras.optimizers), loss, run_eagerly=library is not None)
            x, y = (np.concatenate(part) for part in list(zip(*case.batches(model.input_shape[1:]), strict=True))[:2])
            callback = keras.callbacks.LambdaCallback(
                on_train_batch_end=lambda batch, logs: history.append(float(logs["loss"]))
            )
            model.fit(x, y, batch_size=training.BATCH, epochs=1, shuffle=False, verbose=0, callbacks=[callback])
        return (np.array(history, case.dtype), *(self._to_numpy(v.value) for v in model.trainable_variables))


def _is_drawn_plainly(case: layers.LayerCase) -> bool:
    """Whether two lines of NumPy draw the inputs and weights of a case."""
    return not (case.training or case.positive or isinstance(case.shape, list)) and case.inputs is data.features
