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
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from kcompat.conformance.adapters import dialect, gradients
from kcompat.conformance.adapters.target import Target, Unsupported
from kcompat.conformance.cases import layers as layer_cases
from kcompat.conformance.cases import steps as step_cases
from kcompat.conformance.cases import training as training_cases
from kcompat.conformance.cases.questions import numpy_dtype
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
                layer_cases.forward: self.forward,
                step_cases.loss_value: self.loss_value,
                step_cases.optimizer_steps: self.optimizer_steps,
                training_cases.trajectory: self.trajectory,
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
            found = getattr(operator.attrgetter(module)(self.keras), op.name, None)
            if inspect.isfunction(found) and (op.public or module == "ops.image"):
                return f"keras.{module}.{op.name}"
        return ""

    def _function(self, op: Op, path: str) -> Callable[..., Any]:
        function = operator.attrgetter(path.removeprefix("keras."))(self.keras)
        known = inspect.signature(function).parameters

        def call(*args: Any, **attrs: Any) -> Any:
            positional, keywords = dialect.arranged(op, args, attrs)
            unknown = keywords.keys() - known.keys()
            if unknown:
                raise Unsupported(f"{path} has no parameter {', '.join(sorted(unknown))}")
            return function(*positional, **keywords)

        return call

    def call(self, case: Any) -> str:
        """See `Target.call`."""
        return dialect.public_call(self.paths[case.op.name], case)

    def built(self, case: Any) -> list[str]:
        """See `Target.built`."""
        arguments = ", ".join(f"{name}={value!r}" for name, value in getattr(case, "arguments", {}).items())
        if isinstance(case, step_cases.LossCase):
            given = {
                n: x for n, x in zip(("truth", "prediction", "weight"), case.arrays(), strict=True) if x is not None
            }
            tensors = [f"{name} = {dialect.literal(x)}" for name, x in given.items()]
            return [*tensors, f"y = keras.losses.{case.name}({arguments})({', '.join(given)})"]
        if not isinstance(case, layer_cases.LayerCase) or case.integers or case.training or "Batch" in case.name:
            return []
        seed = zlib.crc32(case.id.encode())
        return [
            f"rng = np.random.default_rng({seed})",
            f'x = (rng.integers(-32, 33, {case.shape}) / 16).astype("float32")',
            f"layer = keras.layers.{case.name}({arguments})",
            "layer.build(x.shape)",
            f"rng = np.random.default_rng({seed})",
            "layer.set_weights([rng.integers(-32, 33, w.shape) / 32 for w in layer.get_weights()])",
            "y = layer(x)",
        ]

    def _asarray(self, x: np.ndarray) -> Any:
        y = self.keras.ops.convert_to_tensor(x.copy(), dtype=x.dtype.name)
        if as_dtype(y.dtype) != x.dtype.name:
            raise Unsupported(f"{self.name} makes {as_dtype(y.dtype)} of {x.dtype.name}")
        return y

    def _to_numpy(self, y: Any) -> np.ndarray:
        found = np.asarray(self.keras.ops.convert_to_numpy(y))
        return found.astype(numpy_dtype(as_dtype(y.dtype))) if hasattr(y, "dtype") else found

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

    def forward(self, case: layer_cases.LayerCase) -> tuple[np.ndarray, ...]:
        """Keras's layer with the weights of the suite; see `layer_cases.forward`."""
        ours = case.layer()
        with self.in_floatx(case.dtype):
            layer = getattr(self.keras.layers, case.name)(**case.arguments)
            x = case.inputs() if case.integers else case.inputs().astype(numpy_dtype(case.dtype))
            layer.build(x.shape)
            layer.set_weights([np.asarray(w) for w in ours.get_weights()][: len(layer.get_weights())])
            training = {"training": case.training} if "training" in inspect.signature(layer.call).parameters else {}
            found = layer(self._asarray(x), **training)
            outputs = list(found) if isinstance(found, (list, tuple)) else [found]
            if case.training:
                outputs += [v.value for w, v in zip(ours.weights, layer.weights, strict=True) if not w.trainable]
            return tuple(map(self._to_numpy, outputs))

    def loss_value(self, case: step_cases.LossCase) -> tuple[np.ndarray, ...]:
        """Keras's loss; see `step_cases.loss_value`."""
        with self.in_floatx(case.dtype):
            arrays = [
                x if x is None or x.dtype.kind == "i" else x.astype(numpy_dtype(case.dtype)) for x in case.arrays()
            ]
            tensors = [None if x is None else self._asarray(x) for x in arrays]
            return (self._to_numpy(getattr(self.keras.losses, case.name)(**case.arguments)(*tensors)),)

    def optimizer_steps(self, case: step_cases.OptimizerCase) -> tuple[np.ndarray, ...]:
        """Keras's optimizer; see `step_cases.optimizer_steps`."""
        found = []
        with self.in_floatx(case.dtype):
            dtype = numpy_dtype(case.dtype)
            optimizer = getattr(self.keras.optimizers, case.name)(**case.arguments)
            variables = [self.keras.Variable(p.astype(dtype), dtype=case.dtype) for p in case.parameters()]
            for step in range(step_cases.STEPS):
                optimizer.apply([self._asarray(g.astype(dtype)) for g in case.gradients(step)], variables)
                found += [self._to_numpy(v.value) for v in variables]
        return tuple(found)

    def trajectory(self, case: training_cases.TrainingCase) -> tuple[np.ndarray, ...]:
        """Keras's `fit`, from the first weights of the suite; see `training_cases.trajectory`."""
        if case.random:
            raise Unsupported("Keras draws other dropout masks on each backend")
        with FLOATX.override(case.dtype):
            first = training_cases.first(case).get_weights()
        keras, losses = self.keras, []
        log = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: losses.append(float(logs["loss"])))
        with self.in_floatx(case.dtype):
            model = case.model(keras)
            model.set_weights([np.asarray(w) for w in first])
            model.compile(
                case.optimizer(keras.optimizers), keras.losses.SparseCategoricalCrossentropy(from_logits=True)
            )
            x, y = (np.concatenate(part) for part in list(zip(*case.batches(model.input_shape[1:]), strict=True))[:2])
            size = training_cases.BATCH
            model.fit(x, y, batch_size=size, epochs=1, shuffle=False, verbose=0, callbacks=[log])
        weights = [self._to_numpy(v.value) for v in model.trainable_variables]
        return (np.array(losses, case.dtype), *weights)
