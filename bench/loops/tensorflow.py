"""TensorFlow by hand: state in variables, several steps a call in a loop inside `tf.function`."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from kcompat.bench.loops.loop import BETA_1, BETA_2, EPSILON, RATE, Loop
from kcompat.bench.workloads import Workload


def ways(workload: Workload, device: str) -> dict[str, Callable[[], Loop]]:
    """The loops that train a workload, by name; where the device is does not change them."""
    del device
    several, single = {"8 steps a call": 8}, {"one step a call": 1}
    many = {"10 steps a call": 10, "40 steps a call": 40}
    xla, graph = ("XLA, ", True), ("graph, ", False)
    variants: list[Any] = {
        "mlp": [(xla, perceptron, many)],
        "cnn": [(graph, convolutional, several | single)],
        "lstm": [(xla, recurrent, several)],
    }.get(workload.family, [])
    return {
        name + calls: functools.partial(Traced, workload.weights(), network, steps, compiled)
        for (name, compiled), network, counts in variants
        for calls, steps in counts.items()
    }


class Traced(Loop):
    """`network(params, x)` gives the logits."""

    def __init__(
        self, weights: list[np.ndarray], network: Callable[..., Any], steps_at_once: int = 1, compiled: bool = False
    ):
        self.steps_at_once = steps_at_once
        self.params = [tf.Variable(w) for w in weights]
        zeros = [np.zeros_like(w) for w in weights]
        self.m, self.v = [tf.Variable(w) for w in zeros], [tf.Variable(w) for w in zeros]
        self.t, self.loss, self.right = tf.Variable(0.0), tf.Variable(0.0), tf.Variable(0.0)
        variables = [*self.params, *self.m, *self.v, self.t, self.loss, self.right]
        count = len(weights)

        def judged(params: Any, x: Any, y: Any) -> Any:
            z = network(params, x)
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(y, z)
            right = tf.reduce_sum(tf.cast(tf.argmax(z, -1, tf.int32) == y, tf.float32))
            return tf.reduce_mean(losses), right

        def step(state: Any, x: Any, y: Any) -> Any:
            params, m, v = state[:count], state[count : 2 * count], state[2 * count : 3 * count]
            t, loss, right = state[3 * count :]
            with tf.GradientTape() as tape:
                tape.watch(params)
                value, correct = judged(params, x, y)
            grads = tape.gradient(value, params)
            t = t + 1
            rate = RATE * tf.sqrt(1 - BETA_2**t) / (1 - BETA_1**t)
            m = [m + (g - m) * (1 - BETA_1) for m, g in zip(m, grads, strict=True)]
            v = [v + (g * g - v) * (1 - BETA_2) for v, g in zip(v, grads, strict=True)]
            params = [w - rate * m / (tf.sqrt(v) + EPSILON) for w, m, v in zip(params, m, v, strict=True)]
            return [*params, *m, *v, t, loss + value, right + correct]

        @tf.function(jit_compile=compiled, autograph=False)
        def run(x: Any, y: Any) -> None:
            state = [variable.read_value() for variable in variables]
            if steps_at_once == 1:
                state = step(state, x, y)
            else:
                body = lambda i, *state: (i + 1, *step(list(state), x[i], y[i]))  # noqa: E731
                n = x.shape[0]
                _, *state = tf.while_loop(lambda i, *_: i < n, body, (0, *state), maximum_iterations=n)
            for variable, value in zip(variables, state, strict=True):
                variable.assign(value)

        @tf.function(jit_compile=compiled, autograph=False)
        def test(x: Any, y: Any) -> None:
            value, right = judged([w.read_value() for w in self.params], x, y)
            self.loss.assign_add(value)
            self.right.assign_add(right)

        @tf.function(jit_compile=compiled, autograph=False)
        def forward(x: Any) -> Any:
            return network([w.read_value() for w in self.params], x)

        self._run, self._test, self._forward = run, test, forward

    def run(self, x: np.ndarray, y: np.ndarray) -> None:
        self._run(tf.constant(x), tf.constant(y))

    def test(self, x: np.ndarray, y: np.ndarray) -> None:
        self._test(tf.constant(x), tf.constant(y))

    def forward(self, x: np.ndarray) -> Any:
        return self._forward(tf.constant(x))

    def logs(self) -> tuple[float, float]:
        judged = float(self.loss), float(self.right)
        self.loss.assign(0.0)
        self.right.assign(0.0)
        return judged

    def weights(self) -> list[np.ndarray]:
        return [w.numpy() for w in self.params]


def perceptron(params: list[Any], x: Any) -> Any:
    """Dense layers with relu."""
    for i in range(0, len(params), 2):
        x = x @ params[i] + params[i + 1]
        if i < len(params) - 2:
            x = tf.nn.relu(x)
    return x


def convolutional(params: list[Any], x: Any) -> Any:
    """conv, pool, conv, pool, dense, dense."""
    k1, b1, k2, b2, w3, b3, w4, b4 = params
    for kernel, bias in ((k1, b1), (k2, b2)):
        x = tf.nn.relu(tf.nn.bias_add(tf.nn.conv2d(x, kernel, 1, "VALID"), bias))
        x = tf.nn.max_pool2d(x, 2, 2, "VALID")
    x = tf.nn.relu(tf.reshape(x, (-1, w3.shape[0])) @ w3 + b3)
    return x @ w4 + b4


def recurrent(params: list[Any], x: Any) -> Any:
    """LSTM and a dense layer: a loop over a tensor array."""
    kernel, recurrent_kernel, bias, w, b = params
    steps, units = x.shape[1], recurrent_kernel.shape[0]
    zx = tf.transpose(tf.tensordot(x, kernel, 1) + bias, (1, 0, 2))
    inputs = tf.TensorArray(tf.float32, steps).unstack(zx)

    def step(t: Any, h: Any, c: Any) -> Any:
        i, f, g, o = tf.split(inputs.read(t) + h @ recurrent_kernel, 4, axis=-1)
        c = tf.sigmoid(f) * c + tf.sigmoid(i) * tf.tanh(g)
        return t + 1, tf.sigmoid(o) * tf.tanh(c), c

    zeros = tf.zeros((x.shape[0], units))
    _, h, _ = tf.while_loop(lambda t, *_: t < steps, step, (0, zeros, zeros), maximum_iterations=steps)
    return h @ w + b
