"""Recurrences step by step on memory allocated once: one matrix product a step, the rest written in place.

A pullback computes what it multiplies cotangents with for a few steps at a time, as many as stay in the cache.
"""

import functools

import numpy as np

from kcompat.backend import load
from kcompat.backends.numpy.dtypes import through_float32
from kcompat.backends.numpy.plan import planned
from kcompat.spec import OPS, TensorSpec

CACHED = 1 << 17
"""Elements of the gates of the steps whose factors are computed at a time."""


def _recurrence(make):
    """The op that `make` is named after; what it does not cover is left to the spec's body.

    `make(dtype, *shapes, reverse)` gives the shapes of the results and a `Run` that computes them.
    """
    name = make.__name__.removeprefix("_")
    declared = OPS[name]

    def made(specs, reverse):
        dtypes = {spec.dtype for spec in specs if spec is not None}
        alike = dtypes in ({"float32"}, {"float64"})
        if not alike or any(0 in spec.shape for spec in specs if spec is not None):
            return None
        absent = [None] * (len(declared.tensors) - len(specs))
        shapes = [None if spec is None else tuple(spec.shape) for spec in (*specs, *absent)]
        return make(dtypes.pop(), *shapes, reverse=reverse)

    def planner(*specs, reverse=False):
        found = made(specs, reverse)
        return None if found is None else found[1]

    def op(*tensors, reverse=False):
        specs = [None if x is None else TensorSpec(x.shape, x.dtype.name) for x in tensors]
        found = made(specs, reverse)
        if found is None:
            body = functools.partial(declared.body, load("numpy"))
            return through_float32(name, body)(*tensors, reverse=reverse)
        shapes, run = found
        out = tuple(np.empty(shape, tensors[0].dtype) for shape in shapes)
        run(*tensors, out)
        return out

    op.__name__, op.__doc__ = name, f"See `kcompat.spec.sequences.{name}`."
    vars(op)["__signature__"] = declared.signature
    return planned(planner)(op)


def _steps(length, reverse):
    return range(length - 1, -1, -1) if reverse else range(length)


def _gates(x, count):
    """Views of equal parts of the last axis."""
    units = x.shape[-1] // count
    return [x[..., i * units : (i + 1) * units] for i in range(count)]


def _sigmoid_of_negated(x, out):
    np.exp(x, out=out)
    np.add(out, 1, out=out)
    np.reciprocal(out, out=out)


def _kernel_grad(states, initial, d, reverse, scratch, out):
    """Add up `state before the step` transposed times `d` over all steps, in two products."""
    width = d.shape[-1]
    before, after, first = (states[1:], d[:-1], d[-1]) if reverse else (states[:-1], d[1:], d[0])
    np.matmul(initial.T, first, out=out)
    if len(before):
        np.matmul(before.reshape(-1, before.shape[-1]).T, after.reshape(-1, width), out=scratch)
        out += scratch


def _blocks(length, elements, reverse):
    """Ranges of steps in the order of a pullback, each with at most `CACHED` elements, or of one step."""
    size = max(1, min(length, CACHED // elements))
    starts = range(0, length, size)
    return [slice(a, min(a + size, length)) for a in (starts if reverse else reversed(starts))]


def _lstm_sequence(dtype, x, initial_h, initial_c, kernel, *, reverse):
    length, batch, width = x
    units = width // 4
    states = (batch, units)
    if (initial_h, initial_c, kernel) != (states, states, (units, width)):
        return None
    negated, z, share = np.empty(kernel, dtype), np.empty((batch, width), dtype), np.empty(states, dtype)
    z_if, z_candidate, z_o = z[:, : 2 * units], z[:, 2 * units : 3 * units], z[:, 3 * units :]
    order = _steps(length, reverse)

    def run(x, h, c, kernel, out):
        outputs, last_h, last_c, cells, gates = out
        np.negative(kernel, out=negated)
        parts = [gates[..., : 2 * units], *_gates(gates, 4)]
        for t in order:
            input_and_forget, i, f, candidate, o = (part[t] for part in parts)
            np.matmul(h, negated, out=z)
            np.subtract(z, x[t], out=z)
            _sigmoid_of_negated(z_if, input_and_forget)
            np.tanh(z_candidate, out=candidate)
            np.negative(candidate, out=candidate)
            _sigmoid_of_negated(z_o, o)
            np.multiply(f, c, out=cells[t])
            c, h = cells[t], outputs[t]
            np.multiply(i, candidate, out=share)
            np.add(c, share, out=c)
            np.tanh(c, out=share)
            np.multiply(o, share, out=h)
        np.copyto(last_h, h)
        np.copyto(last_c, c)

    sequence = (length, batch, units)
    return (sequence, states, states, sequence, x), run


def _lstm_sequence_grad(
    dtype, outputs, cells, gates, initial_h, initial_c, kernel, g_h, g_c, g_outputs, g_cells, g_gates, *, reverse
):
    del cells, g_h, g_c
    length, batch, units = outputs
    width, states = 4 * units, (batch, units)
    if g_gates is not None or (gates, initial_h, initial_c) != ((length, batch, width), states, states):
        return None  # a second derivative, or a state that is broadcast
    blocks = _blocks(length, batch * width, reverse)
    size = max(block.stop - block.start for block in blocks)
    factors, to_c, shown = np.empty((size, batch, width), dtype), *(np.empty((size, *states), dtype) for _ in range(2))
    transposed, product = np.empty(kernel[::-1], dtype), np.empty(kernel, dtype)
    share = np.empty(states, dtype)

    def prepare(block, gates, cells, before):
        """What the cotangents of the cell and the output are multiplied with, for the steps of a block."""
        n = block.stop - block.start
        p, g, tanh, through = factors[:n], gates[block], shown[:n], to_c[:n]
        i, f, candidate, o = _gates(g, 4)
        by_i, by_f, by_candidate, by_o = _gates(p, 4)
        np.tanh(cells[block], out=tanh)
        np.subtract(1, tanh, out=through)
        np.add(tanh, 1, out=by_o)
        np.multiply(through, by_o, out=through)
        np.multiply(through, o, out=through)
        np.subtract(1, g, out=p)
        for part, gate, other in ((by_i, i, candidate), (by_o, o, tanh)):
            np.multiply(part, gate, out=part)
            np.multiply(part, other, out=part)
        np.multiply(by_f, f, out=by_f)
        for row, c in zip(by_f, before, strict=True):
            np.multiply(row, c, out=row)
        np.add(candidate, 1, out=tanh)
        np.multiply(by_candidate, tanh, out=by_candidate)
        np.multiply(by_candidate, i, out=by_candidate)

    def run(outputs, cells, gates, h, c, kernel, g_h, g_c, g_outputs=None, g_cells=None, g_gates=None, *, out):
        dx, dh, dc, d_kernel = out
        np.copyto(transposed, kernel.T)
        np.copyto(dh, g_h)
        np.copyto(dc, g_c)
        forget = _gates(gates, 4)[1]
        for block in blocks:
            before = [_before(t, cells, c, reverse) for t in range(block.start, block.stop)]
            prepare(block, gates, cells, before)
            for t in _steps(block.stop - block.start, not reverse):
                step, factor, d = block.start + t, factors[t], dx[block.start + t]
                if g_outputs is not None:
                    np.add(dh, g_outputs[step], out=dh)
                np.multiply(dh, to_c[t], out=share)
                np.add(dc, share, out=dc)
                if g_cells is not None:
                    np.add(dc, g_cells[step], out=dc)
                by_state, of_state = factor.reshape(batch, 4, units), d.reshape(batch, 4, units)
                np.multiply(by_state[:, :3], dc[:, None], out=of_state[:, :3])
                np.multiply(by_state[:, 3], dh, out=of_state[:, 3])
                np.multiply(dc, forget[step], out=dc)
                np.matmul(d, transposed, out=dh)
        _kernel_grad(outputs, h, dx, reverse, product, d_kernel)

    return (gates, states, states, kernel), lambda *arrays: run(*arrays[:-1], out=arrays[-1])


def _before(t, states, initial, reverse):
    """The state before step `t`."""
    if reverse:
        return states[t + 1] if t + 1 < len(states) else initial
    return states[t - 1] if t else initial


lstm_sequence, lstm_sequence_grad = _recurrence(_lstm_sequence), _recurrence(_lstm_sequence_grad)
