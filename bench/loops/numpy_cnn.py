"""A small convolutional network in NumPy: each convolution one product with the windows laid out as rows."""

from __future__ import annotations

import numpy as np

from kcompat.bench.loops.numpy_loop import HandWritten, column_sums

CHUNK = 16
"""Images whose column gradients are made at a time: those of all would not stay in the cache."""


class Convolutional(HandWritten):
    """conv, pool, conv, pool, dense, dense: kernels 3 x 3, windows 2 x 2, relu.

    The largest of a window is taken before bias and relu, which change nothing about which it is.
    """

    def activations(self, x: np.ndarray) -> np.ndarray:
        k1, b1, k2, b2, w3, b3, w4, b4 = self.params
        self.pooled1 = self._block("1", x, k1, b1)
        self.pooled2 = self._block("2", self.pooled1, k2, b2)
        self.flattened = self.pooled2.reshape(len(x), -1)
        self.hidden = self.buffer("hidden", len(x), w3.shape[1])
        np.matmul(self.flattened, w3, out=self.hidden)
        self.hidden += b3
        np.maximum(self.hidden, 0, out=self.hidden)
        z = self.buffer("z", len(x), w4.shape[1])
        np.matmul(self.hidden, w4, out=z)
        z += b4
        return z

    def _block(self, name: str, x: np.ndarray, kernel: np.ndarray, bias: np.ndarray) -> np.ndarray:
        """Convolution, pooling, bias, relu."""
        (n, height, width, channels), filters = x.shape, kernel.shape[-1]
        height, width = height - 2, width - 2
        convolved = self.buffer("conv" + name, n, height, width, filters)
        if channels == 1:  # nine rows as long as the image copy faster than many rows of nine
            columns = self.buffer("columns" + name, 9, n, height, width)
            for tap in range(9):
                i, j = divmod(tap, 3)
                columns[tap] = x[:, i : i + height, j : j + width, 0]
            rows = columns.reshape(9, -1).T
        else:
            columns = self.buffer("columns" + name, n, height, width, 3, 3, channels)
            windows = np.lib.stride_tricks.as_strided(x, columns.shape, (*x.strides[:3], *x.strides[1:]))
            np.copyto(columns, windows)
            rows = columns.reshape(-1, 9 * channels)
        np.matmul(rows, kernel.reshape(-1, filters), out=convolved.reshape(-1, filters))
        a, b, c, d = corners(convolved)
        pooled = self.buffer("pooled" + name, *a.shape)
        other = self.buffer("other" + name, *a.shape)
        np.maximum(a, b, out=pooled)
        np.maximum(c, d, out=other)
        np.maximum(pooled, other, out=pooled)
        np.copyto(self.buffer("largest" + name, *a.shape), pooled)
        pooled += bias
        return np.maximum(pooled, 0, out=pooled)

    def backward(self, x: np.ndarray, dz: np.ndarray) -> None:
        k2, w3, w4 = self.params[2], self.params[4], self.params[6]
        dk1, db1, dk2, db2, dw3, db3, dw4, db4 = self.grads
        n = len(x)
        np.matmul(self.hidden.T, dz, out=dw4)
        dz.sum(0, out=db4)
        dh = self.buffer("dhidden", *self.hidden.shape)
        np.matmul(dz, w4.T, out=dh)
        dh *= self.hidden > 0
        np.matmul(self.flattened.T, dh, out=dw3)
        dh.sum(0, out=db3)
        dp2 = self.buffer("dpooled2", *self.pooled2.shape)
        np.matmul(dh, w3.T, out=dp2.reshape(n, -1))
        dc2 = self._unpool("2", self.pooled2, dp2, db2)
        columns = self.buffer("columns2", n, *dc2.shape[1:3], *k2.shape[:3])
        np.matmul(
            columns.reshape(-1, 9 * k2.shape[2]).T, dc2.reshape(-1, k2.shape[3]), out=dk2.reshape(-1, k2.shape[3])
        )
        dp1 = self._input_gradient(dc2, k2)
        dc1 = self._unpool("1", self.pooled1, dp1, db1)
        columns = self.buffer("columns1", 9, n, *dc1.shape[1:3])
        np.matmul(columns.reshape(9, -1), dc1.reshape(-1, dc1.shape[-1]), out=dk1.reshape(9, -1))

    def _unpool(self, name: str, pooled: np.ndarray, d: np.ndarray, db: np.ndarray) -> np.ndarray:
        """Give the gradient to the first of the largest of each window; through relu and bias."""
        d *= pooled > 0
        ones = self.buffer("ones" + name, d.size // d.shape[-1])
        ones.fill(1)
        column_sums(d, db, ones)
        convolved, largest = self.latest["conv" + name], self.latest["largest" + name]
        result = self.buffer("dconv" + name, *convolved.shape)  # an odd row or column stays zero
        is_largest, open_ = (self.buffer(what + name, *d.shape, dtype=bool) for what in ("is", "open"))
        open_.fill(True)
        for part, target in zip(corners(convolved), corners(result), strict=True):
            np.equal(part, largest, out=is_largest)
            is_largest &= open_
            open_ ^= is_largest
            np.multiply(d, is_largest, out=target)
        return result

    def _input_gradient(self, d: np.ndarray, kernel: np.ndarray) -> np.ndarray:
        """For each tap one product, added where the tap looked."""
        n, height, width, filters = d.shape
        channels = kernel.shape[2]
        taps = np.ascontiguousarray(kernel.reshape(9, channels, filters).transpose(0, 2, 1))
        result = self.buffer("dpooled1", n, height + 2, width + 2, channels)
        result.fill(0)
        for start in range(0, n, CHUNK):
            some = d[start : start + CHUNK]
            parts = self.buffer("taps", 9, len(some) * height * width, channels)
            np.matmul(some.reshape(-1, filters), taps, out=parts)
            for tap in range(9):
                i, j = divmod(tap, 3)
                view = result[start : start + CHUNK, i : i + height, j : j + width]
                view += parts[tap].reshape(len(some), height, width, channels)
        return result

    def forward(self, x: np.ndarray) -> np.ndarray:
        return self.activations(x).copy()


def corners(x: np.ndarray) -> list[np.ndarray]:
    """The four places of each 2 x 2 window of `(batch, height, width, channels)`."""
    height, width = x.shape[1] // 2 * 2, x.shape[2] // 2 * 2
    return [x[:, i:height:2, j:width:2] for i in (0, 1) for j in (0, 1)]
