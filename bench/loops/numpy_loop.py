"""What the loops of NumPy share: buffers made once, results written into them, parameters as one vector for Adam."""

from __future__ import annotations

from typing import Any

import numpy as np
import threadpoolctl

from kcompat.bench.loops.loop import BETA_1, BETA_2, EPSILON, Loop, corrected_rate
from kcompat.bench.machine import processors

F = np.float32


class HandWritten(Loop):
    """Parameters, gradients and moments as views of four vectors; the loss; Adam. Subclasses do the network."""

    def __init__(self, weights: list[np.ndarray], blas_threads: int | None = None):
        self.blas_threads = blas_threads or processors()
        self.flat = np.concatenate([w.ravel() for w in weights])
        self.gradient, self.m, self.v, self.scratch = (np.zeros_like(self.flat) for _ in range(4))
        cuts = np.cumsum([0, *(w.size for w in weights)])
        spans = [(slice(a, b), w.shape) for a, b, w in zip(cuts, cuts[1:], weights, strict=False)]
        self.params: list[np.ndarray] = [self.flat[span].reshape(shape) for span, shape in spans]
        self.grads: list[np.ndarray] = [self.gradient[span].reshape(shape) for span, shape in spans]
        self.t, self.loss, self.right = 0, 0.0, 0
        self.buffers: dict[Any, np.ndarray] = {}
        self.latest: dict[str, np.ndarray] = {}

    def buffer(self, name: str, *shape: int, dtype: Any = F) -> np.ndarray:
        """Memory that is made at the first step with these sizes."""
        key = (name, shape)
        if key not in self.buffers:
            self.buffers[key] = np.zeros(shape, dtype)
        self.latest[name] = self.buffers[key]
        return self.buffers[key]

    def fit(self, x: np.ndarray, y: np.ndarray, batch: int, epochs: int, shuffle: bool = True) -> list[float]:
        with threadpoolctl.threadpool_limits(self.blas_threads):
            return super().fit(x, y, batch, epochs, shuffle)

    def run(self, x: np.ndarray, y: np.ndarray) -> None:
        self.backward(x, self.cotangent(self.activations(x), y))
        self.adam()

    def test(self, x: np.ndarray, y: np.ndarray) -> None:
        self.cotangent(self.forward(x), y)

    def activations(self, x: np.ndarray) -> np.ndarray:
        """The logits, in a buffer, with all that `backward` needs in others."""
        raise NotImplementedError

    def backward(self, x: np.ndarray, dz: np.ndarray) -> None:
        """Write the gradients of all parameters."""
        raise NotImplementedError

    def cotangent(self, z: np.ndarray, y: np.ndarray) -> np.ndarray:
        """The gradient of the mean loss by the logits, written over them; adds to the logs."""
        rows = self.buffer("rows", len(y), dtype=np.int64)
        if rows[-1] != len(y) - 1:
            rows[:] = np.arange(len(y))
        self.right += int(np.count_nonzero(z.argmax(1) == y))
        z -= z.max(1, keepdims=True)
        np.exp(z, out=z)
        z /= z.sum(1, keepdims=True)
        self.loss -= float(np.log(z[rows, y]).mean())
        z[rows, y] -= 1
        z /= len(y)
        return z

    def adam(self) -> None:
        """One update of all parameters; in Keras's form `m += (g - m) * (1 - beta)`."""
        self.t += 1
        g, m, v, s = self.gradient, self.m, self.v, self.scratch
        np.subtract(g, m, out=s)
        s *= F(1 - BETA_1)
        m += s
        np.multiply(g, g, out=s)
        s -= v
        s *= F(1 - BETA_2)
        v += s
        np.sqrt(v, out=s)
        s += F(EPSILON)
        np.divide(m, s, out=s)
        s *= F(corrected_rate(self.t))
        self.flat -= s

    def logs(self) -> tuple[float, float]:
        judged = self.loss, self.right
        self.loss, self.right = 0.0, 0
        return judged

    def weights(self) -> list[np.ndarray]:
        return [w.copy() for w in self.params]


def column_sums(x: np.ndarray, out: np.ndarray, ones: np.ndarray) -> None:
    """Sums over all axes but the last: a product with ones is several times faster than `sum`."""
    np.matmul(ones, x.reshape(-1, x.shape[-1]), out=out)
