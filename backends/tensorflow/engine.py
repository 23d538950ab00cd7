"""The TensorFlow engine: gradients by tf.GradientTape, programs by tf.function over variables of their own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from kcompat.backends.tensorflow.program import TensorFlowProgram
from kcompat.runtime import tree
from kcompat.runtime.active import use
from kcompat.runtime.engine import Engine, check_numbers, default_dtype
from kcompat.runtime.gradients import check_scalar, differentiated, split_aux
from kcompat.spec import as_dtype

_ZERO = tf.UnconnectedGradients.ZERO


class TensorFlowEngine(Engine):
    """Tensors are tf.Tensor, eager or of a graph that is being traced."""

    name = package = "tensorflow"

    def asarray(self, x: Any, dtype: str | None = None) -> tf.Tensor:
        if isinstance(x, (tf.Tensor, tf.Variable)):
            x = tf.convert_to_tensor(x)
            return x if dtype is None or x.dtype == dtype else tf.cast(x, dtype)
        if not hasattr(x, "dtype"):
            x = np.asarray(x)
            dtype = dtype or default_dtype(x)
        x = np.asarray(x)
        check_numbers(x)
        return tf.constant(x if dtype is None else x.astype(tf.as_dtype(dtype).as_numpy_dtype, copy=False))

    def to_numpy(self, x: Any) -> np.ndarray:
        return x.numpy() if hasattr(x, "numpy") else np.asarray(x)

    def is_tensor(self, x: Any) -> bool:
        return isinstance(x, (tf.Tensor, tf.Variable))

    def dtype(self, x: Any) -> str:
        return as_dtype(x.dtype if hasattr(x, "dtype") else type(x))

    def admit(self, x: Any) -> Any:
        return x.value() if isinstance(x, tf.Variable) else super().admit(x)

    def devices(self) -> list[str]:
        return ["cpu", *(f"gpu:{i}" for i in range(len(tf.config.list_physical_devices("GPU"))))]

    def _use_device(self, name: str) -> None:
        """Hide the other devices, which has to come before the first tensor."""
        gpus = tf.config.list_physical_devices("GPU")
        chosen = gpus[int(name.partition(":")[2] or 0)] if name.startswith("gpu") else None
        tf.config.set_visible_devices([] if chosen is None else [chosen], "GPU")

    def use_tf32(self, allowed: bool) -> None:
        tf.config.experimental.enable_tensor_float_32_execution(allowed)

    def synchronize(self, x: Any) -> None:
        del x
        tf.test.experimental.sync_devices()

    def seed(self, seed: int) -> None:
        tf.random.set_seed(seed)

    def version(self) -> str:
        """That of `tensorflow` or `tensorflow-cpu`, whichever is installed."""
        return tf.__version__

    def native_bits(self, key: tf.Tensor, *, shape: tuple[int, ...]) -> tf.Tensor:
        """By a stateless draw of the key, with the counter folded in."""
        seed = tf.random.fold_in(key[:2], key[2])
        return tf.random.stateless_uniform(shape, seed, minval=None, maxval=None, dtype=tf.int32)

    def value_and_grad(self, B: Any, f: Callable[..., Any], argnums: int | Sequence[int], has_aux: bool) -> Any:
        def run(*args: Any) -> Any:
            leaves, with_leaves = differentiated(B, args, argnums)
            leaves = [tf.identity(x) for x in leaves]  # new ones: `f` may hold the same tensors as constants
            new_args, rebuild = with_leaves(leaves)
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                tape.watch(leaves)
                loss, aux = split_aux(f(*new_args), has_aux)
            check_scalar(loss)
            if isinstance(loss, tf.Tensor):
                grads = [_dense(g) for g in tape.gradient(loss, leaves, unconnected_gradients=_ZERO)]
            else:
                grads = [tf.zeros_like(x) for x in leaves]
            return ((loss, aux) if has_aux else loss), rebuild(grads)

        return run

    def vjp(self, B: Any, f: Callable[..., Any], primals: tuple[Any, ...]) -> Any:
        leaves, rebuild = tree.flatten(primals)
        leaves = [tf.identity(self.asarray(B.admit(x))) for x in leaves]
        with tf.GradientTape(persistent=True, watch_accessed_variables=False) as tape:
            tape.watch(leaves)
            result = tree.map_leaves(lambda y: tf.identity(self.asarray(y)), f(*rebuild(leaves)))
        outputs, _ = tree.flatten(result)

        def pull(cotangent: Any) -> Any:
            cotangents = tree.flatten(cotangent)[0]
            cotangents = [self.asarray(B.admit(g), y.dtype.name) for g, y in zip(cotangents, outputs, strict=True)]
            grads = tape.gradient(outputs, leaves, output_gradients=cotangents, unconnected_gradients=_ZERO)
            return rebuild([_dense(g) for g in grads])

        return result, pull

    def custom_gradient(self, B: Any, f: Callable[..., Any], args: tuple[Any, ...]) -> Any:
        @tf.custom_gradient
        def apply(*args: Any) -> Any:
            result, gradient = f(*args)

            def pull(*g: Any) -> Any:
                with use(B):
                    pulled = gradient(*g)
                pulled = pulled if isinstance(pulled, (tuple, list)) else (pulled,)
                return (*pulled, *([None] * (len(args) - len(pulled))))

            return result, pull

        return apply(*args)

    def jit(self, f: Callable[..., Any]) -> Callable[..., Any]:
        """Trace it once for each structure, shapes and dtypes of the arguments."""
        traced = tf.function(f, autograph=False)
        return lambda *args: traced(*tree.map_leaves(self.asarray, args))

    def compile(self, B: Any, step: Any, state: Any) -> TensorFlowProgram:
        return TensorFlowProgram(B, step, state)

    def cond(self, B: Any, pred: Any, true_fn: Any, false_fn: Any) -> tuple:
        if tf.executing_eagerly() or not tf.is_tensor(pred):
            return super().cond(B, pred, true_fn, false_fn)
        return tf.cond(tf.cast(pred, tf.bool), true_fn, false_fn)

    def while_loop(self, B: Any, cond: Any, body: Any, carry: tuple) -> tuple:
        if tf.executing_eagerly():
            return super().while_loop(B, cond, body, carry)
        return tf.while_loop(lambda *carry: cond(carry), lambda *carry: body(carry), carry)

    def scan(self, B: Any, f: Any, init: tuple, xs: tuple, consts: tuple = (), reverse: bool = False) -> Any:
        """By a loop in Python, and in a graph by tf.while_loop."""
        length = xs[0].shape[0]
        if length == 0:
            return super().scan(B, f, init, xs, consts, reverse)
        order = range(length - 1, -1, -1) if reverse else range(length)
        if tf.executing_eagerly():
            rows = [tf.unstack(x) for x in xs]
            return _loop(B, f, init, rows, consts, order)
        return _while(B, f, init, xs, consts, order)


def _loop(B: Any, f: Any, carry: tuple, rows: list, consts: tuple, order: range) -> tuple[tuple, tuple]:
    outputs: list = [None] * len(order)
    for t in order:
        carry, outputs[t] = f(B, carry, tuple(row[t] for row in rows), consts)
    return carry, tuple(tf.stack(ys) for ys in zip(*outputs, strict=True))


def _while(B: Any, f: Any, init: tuple, xs: tuple, consts: tuple, order: range) -> tuple[tuple, tuple]:
    """The first step stands before the loop: it tells the shapes of what the steps give."""
    length = len(order)
    rows = [tf.TensorArray(x.dtype, length, element_shape=x.shape[1:]).unstack(x) for x in xs]
    carry, first = f(B, init, tuple(x[order[0]] for x in xs), consts)
    outputs = tuple(tf.TensorArray(y.dtype, length, element_shape=y.shape).write(order[0], y) for y in first)

    def step(i: Any, carry: tuple, outputs: tuple) -> tuple:
        t = length - 1 - i if order.step < 0 else i
        new, ys = f(B, carry, tuple(row.read(t) for row in rows), consts)
        return i + 1, tuple(new), tuple(array.write(t, y) for array, y in zip(outputs, ys, strict=True))

    loop = (tf.constant(1), tuple(carry), outputs)
    _, carry, outputs = tf.while_loop(lambda i, *_: i < length, step, loop, maximum_iterations=length - 1)
    return carry, tuple(tf.ensure_shape(a.stack(), (length, *y.shape)) for a, y in zip(outputs, first, strict=True))


def _dense(g: Any) -> tf.Tensor:
    return tf.convert_to_tensor(g)  # a gather of the user's own gives tf.IndexedSlices


engine = TensorFlowEngine()
