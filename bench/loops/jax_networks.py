"""The networks of the reference workloads in JAX: `network(params, x)` gives the logits."""

from __future__ import annotations

from typing import Any

import jax
from jax import lax
from jax import numpy as jnp


def perceptron(params: dict[str, Any], x: Any) -> Any:
    """Dense layers with relu."""
    for i in range(0, len(params), 2):
        x = x @ params[str(i)] + params[str(i + 1)]
        if i < len(params) - 2:
            x = jax.nn.relu(x)
    return x


def convolutional(params: dict[str, Any], x: Any) -> Any:
    """conv, pool, conv, pool, dense, dense by XLA's convolution and window reduction: for a GPU."""
    return _convolutional(params, x, _conv, _pool)


def convolutional_by_columns(params: dict[str, Any], x: Any) -> Any:
    """The same with windows laid out for one product, and pooling that remembers the largest's place: for a CPU."""
    return _convolutional(params, x, _conv_by_columns, pool_by_index)


def _convolutional(params: dict[str, Any], x: Any, conv: Any, pool: Any) -> Any:
    for i in (0, 2):
        x = pool(jax.nn.relu(conv(x, params[str(i)]) + params[str(i + 1)]))
    x = jax.nn.relu(x.reshape(len(x), -1) @ params["4"] + params["5"])
    return x @ params["6"] + params["7"]


def _conv(x: Any, kernel: Any) -> Any:
    return lax.conv_general_dilated(x, kernel, (1, 1), "VALID", dimension_numbers=("NHWC", "HWIO", "NHWC"))


def _pool(x: Any) -> Any:
    return lax.reduce_window(x, -jnp.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")


def _conv_by_columns(x: Any, kernel: Any) -> Any:
    kh, kw, channels, filters = kernel.shape
    height, width = x.shape[1] - kh + 1, x.shape[2] - kw + 1
    taps = [x[:, i : i + height, j : j + width] for i in range(kh) for j in range(kw)]
    rows = jnp.concatenate(taps, -1).reshape(-1, kh * kw * channels)
    return (rows @ kernel.reshape(-1, filters)).reshape(len(x), height, width, filters)


@jax.custom_vjp
def pool_by_index(x: Any) -> Any:
    """The largest of each 2 x 2 window."""
    return _pool_forward(x)[0]


def _pool_forward(x: Any) -> Any:
    height, width = x.shape[1] // 2 * 2, x.shape[2] // 2 * 2
    a, b, c, d = (x[:, i:height:2, j:width:2] for i in (0, 1) for j in (0, 1))
    y = jnp.maximum(jnp.maximum(a, b), jnp.maximum(c, d))
    index = jnp.where(a == y, 0, jnp.where(b == y, 1, jnp.where(c == y, 2, 3))).astype(jnp.uint8)
    return y, (index, jnp.zeros((x.shape[1] % 2, x.shape[2] % 2), bool))


def _pool_backward(residuals: Any, dy: Any) -> Any:
    index, odd = residuals
    n, height, width, channels = index.shape
    place = jnp.arange(4, dtype=jnp.uint8).reshape(1, 1, 2, 1, 2, 1)
    spread = jnp.where(index[:, :, None, :, None] == place, dy[:, :, None, :, None], 0)
    dx = spread.reshape(n, 2 * height, 2 * width, channels)
    return (jnp.pad(dx, ((0, 0), (0, odd.shape[0]), (0, odd.shape[1]), (0, 0))),)


pool_by_index.defvjp(_pool_forward, _pool_backward)


def recurrent(params: dict[str, Any], x: Any) -> Any:
    """LSTM and a dense layer, differentiated by JAX."""
    return _head(params, _states(x.transpose(1, 0, 2), params["0"], params["1"], params["2"])[0][-1])


def recurrent_by_hand(params: dict[str, Any], x: Any) -> Any:
    """The same with a pullback written by hand, which multiplies once for each kernel and not at each step."""
    return _head(params, _lstm(x.transpose(1, 0, 2), params["0"], params["1"], params["2"]))


def _head(params: dict[str, Any], h: Any) -> Any:
    return h @ params["3"] + params["4"]


def _states(x: Any, kernel: Any, recurrent: Any, bias: Any) -> Any:
    """Outputs, cell states and gates of all steps, time first."""

    def step(carry: Any, zx: Any) -> Any:
        h, c = carry
        i, f, g, o = jnp.split(zx + h @ recurrent, 4, axis=-1)
        i, f, g, o = jax.nn.sigmoid(i), jax.nn.sigmoid(f), jnp.tanh(g), jax.nn.sigmoid(o)
        c = f * c + i * g
        h = o * jnp.tanh(c)
        return (h, c), (h, c, i, f, g, o)

    zeros = jnp.zeros((x.shape[1], len(recurrent)), x.dtype)
    return lax.scan(step, (zeros, zeros), x @ kernel + bias)[1]


@jax.custom_vjp
def _lstm(x: Any, kernel: Any, recurrent: Any, bias: Any) -> Any:
    return _states(x, kernel, recurrent, bias)[0][-1]


def _lstm_forward(x: Any, kernel: Any, recurrent: Any, bias: Any) -> Any:
    states = _states(x, kernel, recurrent, bias)
    return states[0][-1], (x, kernel, recurrent, states)


def _lstm_backward(residuals: Any, dh: Any) -> Any:
    x, kernel, recurrent, (h, c, i, f, g, o) = residuals
    before = lambda a: jnp.concatenate([jnp.zeros_like(a[:1]), a[:-1]])  # noqa: E731
    back = recurrent.T

    def step(carry: Any, at: Any) -> Any:
        dh, dc = carry
        c, c_before, i, f, g, o = at
        tc = jnp.tanh(c)
        dc = dc + dh * o * (1 - tc * tc)
        parts = dc * g * i * (1 - i), dc * c_before * f * (1 - f), dc * i * (1 - g * g), dh * tc * o * (1 - o)
        dz = jnp.concatenate(parts, -1)
        return (dz @ back, dc * f), dz

    start = (dh, jnp.zeros_like(dh))
    _, dz = lax.scan(step, start, (c, before(c), i, f, g, o), reverse=True)
    rows = dz.reshape(-1, dz.shape[-1])
    flat = lambda a: a.reshape(-1, a.shape[-1])  # noqa: E731
    return dz @ kernel.T, flat(x).T @ rows, flat(before(h)).T @ rows, rows.sum(0)


_lstm.defvjp(_lstm_forward, _lstm_backward)
