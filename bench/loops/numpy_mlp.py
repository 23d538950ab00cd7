"""A perceptron of NumPy, by hand."""

from __future__ import annotations

import numpy as np

from kcompat.bench.loops.numpy_loop import HandWritten


class Perceptron(HandWritten):
    """Dense layers with relu."""

    def activations(self, x: np.ndarray) -> np.ndarray:
        for i in range(0, len(self.params), 2):
            w, b = self.params[i : i + 2]
            h = self.buffer(f"h{i}", len(x), w.shape[1])
            np.matmul(x, w, out=h)
            h += b
            if i < len(self.params) - 2:
                np.maximum(h, 0, out=h)
            x = h
        return x

    def backward(self, x: np.ndarray, dz: np.ndarray) -> None:
        for i in range(len(self.params) - 2, -1, -2):
            below = self.buffer(f"h{i - 2}", len(x), len(self.params[i])) if i else x
            np.matmul(below.T, dz, out=self.grads[i])
            dz.sum(0, out=self.grads[i + 1])
            if i:
                d = self.buffer(f"d{i}", *below.shape)
                np.matmul(dz, self.params[i].T, out=d)
                d *= below > 0
                dz = d

    def forward(self, x: np.ndarray) -> np.ndarray:
        return self.activations(x).copy()
