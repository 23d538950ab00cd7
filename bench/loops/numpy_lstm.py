"""An LSTM in NumPy, transposed: what its backward pass multiplies by is computed for all steps at once."""

from __future__ import annotations

import numpy as np

from kcompat.bench.loops.numpy_loop import F, HandWritten


class Recurrent(HandWritten):
    """LSTM and a dense layer. Gates are in Keras's order i, f, g, o; sigmoids are tanh of half the argument."""

    def activations(self, x: np.ndarray) -> np.ndarray:
        kernel, recurrent, bias, w, b = self.params
        (n, steps, features), units = x.shape, len(recurrent)
        gates = 4 * units
        half = self.buffer("half", gates, 1)
        half[:] = 0.5
        half[2 * units : 3 * units] = 1
        self.xt = self.buffer("xt", steps, features, n)
        np.copyto(self.xt, x.transpose(1, 2, 0))
        z = self.z = self.buffer("z", steps, gates, n)
        np.matmul(kernel.T * half, self.xt, out=z)
        z += bias[:, None] * half
        r = self.buffer("r", gates, units)
        np.multiply(recurrent.T, half, out=r)
        h = self.h = self.buffer("h", steps + 1, units, n)
        c = self.c = self.buffer("c", steps + 1, units, n)
        tc = self.tc = self.buffer("tc", steps, units, n)
        s, p = self.buffer("s", gates, n), self.buffer("p", units, n)
        i, f, g, o = (slice(k * units, (k + 1) * units) for k in range(4))
        for t in range(steps):
            zt = z[t]
            np.matmul(r, h[t], out=s)
            zt += s
            np.tanh(zt, out=zt)
            for part in (zt[: 2 * units], zt[o]):
                part += F(1)
                part *= F(0.5)
            np.multiply(zt[f], c[t], out=c[t + 1])
            np.multiply(zt[i], zt[g], out=p)
            c[t + 1] += p
            np.tanh(c[t + 1], out=tc[t])
            np.multiply(zt[o], tc[t], out=h[t + 1])
        logits = self.buffer("logits", n, w.shape[1])
        np.matmul(h[steps].T, w, out=logits)
        logits += b
        return logits

    def backward(self, x: np.ndarray, dz: np.ndarray) -> None:
        recurrent, w = self.params[1], self.params[3]
        dkernel, drecurrent, dbias, dw, db = self.grads
        steps, gates, n = self.z.shape
        units = gates // 4
        i, f, g, o = (self.z[:, k * units : (k + 1) * units] for k in range(4))
        np.matmul(self.h[steps], dz, out=dw)
        dz.sum(0, out=db)
        by_state = self.buffer("by_state", steps, 3, units, n)  # of i, f, g, times the gradient of the cell state
        through_state = self.buffer("through_state", steps, units, n)
        by_output = self.buffer("by_output", steps, units, n)
        self._factors(i, f, g, o, by_state, through_state, by_output)
        d = self.buffer("d", steps, 4, units, n)
        dh, dc, p = (self.buffer(name, units, n) for name in ("dh", "dc", "p"))
        np.matmul(w, dz.T, out=dh)
        dc.fill(0)
        for t in range(steps - 1, -1, -1):
            np.multiply(dh, through_state[t], out=p)
            dc += p
            np.multiply(dc, by_state[t], out=d[t, :3])
            np.multiply(dh, by_output[t], out=d[t, 3])
            dc *= f[t]
            np.matmul(recurrent, d[t].reshape(gates, n), out=dh)
        flat = self.buffer("flat", gates, steps, n)
        np.copyto(flat, d.reshape(steps, gates, n).transpose(1, 0, 2))
        flat = flat.reshape(gates, -1)
        inputs = self.buffer("inputs", x.shape[2] + units, steps, n)
        np.copyto(inputs[: x.shape[2]], self.xt.transpose(1, 0, 2))
        np.copyto(inputs[x.shape[2] :], self.h[:steps].transpose(1, 0, 2))
        both = self.buffer("both", len(inputs), gates)
        np.matmul(inputs.reshape(len(inputs), -1), flat.T, out=both)
        dkernel[:], drecurrent[:] = both[: x.shape[2]], both[x.shape[2] :]
        flat.sum(1, out=dbias)

    def _factors(
        self,
        i: np.ndarray,
        f: np.ndarray,
        g: np.ndarray,
        o: np.ndarray,
        by_state: np.ndarray,
        through_state: np.ndarray,
        by_output: np.ndarray,
    ) -> None:
        p = self.buffer("factor", *i.shape)
        for gate, out, other in ((i, by_state[:, 0], g), (f, by_state[:, 1], self.c[:-1]), (o, by_output, self.tc)):
            np.subtract(F(1), gate, out=p)
            p *= gate
            np.multiply(p, other, out=out)
        for tanh, out, other in ((g, by_state[:, 2], i), (self.tc, through_state, o)):
            np.multiply(tanh, tanh, out=p)
            np.subtract(F(1), p, out=p)
            np.multiply(p, other, out=out)

    def forward(self, x: np.ndarray) -> np.ndarray:
        return self.activations(x).copy()
