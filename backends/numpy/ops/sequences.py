"""Recurrences step by step on memory allocated once: one matrix product a step, the rest written in place.

Pullbacks compute the slopes of the gates step by step, too: the slopes of all steps would leave the cache.
"""

import numpy as np

from kcompat.backends._host import empty as new_array
from kcompat.backends.numpy import products
from kcompat.backends.numpy.compiler.plan import Lean, planned
from kcompat.backends.numpy.composed import composed
from kcompat.spec import OPS, TensorSpec


def _recurrence(make, reads_last_step_only=False):
    """The op that `make` is named after; what `make` does not cover is left to the spec's body.

    `make(dtype, *shapes, reverse)` gives the shapes of the results and a `Run` that computes them, or None. A run that
    `reads_last_step_only` of its own results lets each step of a result that nobody reads overwrite the one before.
    """
    name = make.__name__.removeprefix("_")
    declared = OPS[name]

    def make_for(specs, reverse):
        dtypes = {spec.dtype for spec in specs if spec is not None}
        alike = dtypes in ({"float32"}, {"float64"})
        if not alike or any(0 in spec.shape for spec in specs if spec is not None):
            return None
        absent = [None] * (len(declared.tensors) - len(specs))
        shapes = [None if spec is None else tuple(spec.shape) for spec in (*specs, *absent)]
        return make(dtypes.pop(), *shapes, reverse=reverse)

    def planner(*specs, reverse=False):
        shapes_and_run = make_for(specs, reverse)
        if shapes_and_run is None:
            return None
        shapes, run = shapes_and_run
        if not reads_last_step_only:
            return run
        return Lean(run, [_overwritten(shape, specs[0].dtype) for shape in shapes])

    def op(*tensors, reverse=False):
        specs = [None if x is None else TensorSpec(x.shape, x.dtype.name) for x in tensors]
        shapes_and_run = make_for(specs, reverse)
        if shapes_and_run is None:
            return composed(name)(*tensors, reverse=reverse)
        shapes, run = shapes_and_run
        out = tuple(np.empty(shape, tensors[0].dtype) for shape in shapes)
        with np.errstate(over="ignore"):  # a gate that is shut
            run(*tensors, out)
        return out

    op.__name__ = name
    vars(op)["__signature__"] = declared.signature
    return planned(planner)(op)


def _overwritten(shape, dtype):
    """Memory for a result that nobody reads; all steps of a sequence are in the same memory."""
    if len(shape) == 2:
        return new_array(shape, dtype)
    step = new_array(shape[1:], dtype)
    return np.lib.stride_tricks.as_strided(step, shape, (0, *step.strides))


def _steps(length, reverse):
    return range(length - 1, -1, -1) if reverse else range(length)


def _kernel_grad(states, initial, d, reverse, scratch, out):
    """Add up the products of the transposed state before a step and `d` of that step, in two products for all steps."""
    width = d.shape[-1]
    before, after, first = (states[1:], d[:-1], d[-1]) if reverse else (states[:-1], d[1:], d[0])
    products.matmul(initial.T, first, out)
    if len(before):
        products.matmul(before.reshape(-1, before.shape[-1]).T, after.reshape(-1, width), scratch)
        out += scratch


def _lstm_sequence(dtype, x, initial_h, initial_c, kernel, *, reverse):
    length, batch, width = x
    units = width // 4
    states = (batch, units)
    if (initial_h, initial_c, kernel) != (states, states, (units, width)):
        return None
    negated, z, share = new_array(kernel, dtype), new_array((batch, width), dtype), new_array(states, dtype)
    by_gate = z.reshape(batch, 4, units).swapaxes(0, 1)
    order = _steps(length, reverse)

    def run(x, h, c, kernel, out):
        outputs, last_h, last_c, cells, gates = out
        np.negative(kernel, out=negated)
        for t in order:
            i, f, candidate, o = of_step = gates[t]
            products.matmul(h, negated, z)
            np.subtract(z, x[t], out=z)
            np.tanh(by_gate[2], out=share)
            np.exp(z, out=z)
            np.add(by_gate, 1, out=of_step)
            np.reciprocal(of_step, out=of_step)
            np.negative(share, out=candidate)
            h, before, c = outputs[t], c, cells[t]
            np.multiply(f, before, out=c)
            np.multiply(i, candidate, out=share)
            np.add(c, share, out=c)
            np.tanh(c, out=share)
            np.multiply(o, share, out=h)
        np.copyto(last_h, h)
        np.copyto(last_c, c)

    sequence = (length, batch, units)
    return (sequence, states, states, sequence, (length, 4, *states)), run


def _lstm_sequence_grad(
    dtype, outputs, cells, gates, initial_h, initial_c, kernel, g_h, g_c, g_outputs, g_cells, g_gates, *, reverse
):
    del cells, g_h, g_c
    length, batch, units = outputs
    states, dx = (batch, units), (length, batch, 4 * units)
    if g_gates is not None or (initial_h, initial_c) != (states, states):
        return None  # a second derivative, or a state that is broadcast
    transposed, product = new_array(kernel[::-1], dtype), new_array(kernel, dtype)
    factors, shown, share = new_array((4, *states), dtype), new_array(states, dtype), new_array(states, dtype)
    by_i, by_f, by_candidate, by_o = factors
    order = _steps(length, not reverse)

    def run(outputs, cells, gates, h, c, kernel, g_h, g_c, *cotangents):
        *optional, (dx, dh, dc, d_kernel) = cotangents
        g_outputs, g_cells, _ = (*optional, None, None, None)[:3]
        np.copyto(transposed, kernel.T)
        np.copyto(dh, g_h)
        np.copyto(dc, g_c)
        by_gate = dx.reshape(length, batch, 4, units).swapaxes(1, 2)
        for t in order:
            i, f, candidate, o = of_step = gates[t]
            if g_outputs is not None:
                np.add(dh, g_outputs[t], out=dh)
            np.tanh(cells[t], out=shown)
            np.subtract(1, of_step, out=factors)
            np.multiply(factors, of_step, out=factors)  # the slope of each gate but the candidate
            np.multiply(by_o, shown, out=by_o)
            np.subtract(1, shown, out=share)
            np.add(shown, 1, out=shown)
            np.multiply(share, shown, out=share)
            np.multiply(share, o, out=share)
            np.multiply(share, dh, out=share)
            np.add(dc, share, out=dc)
            if g_cells is not None:
                np.add(dc, g_cells[t], out=dc)
            np.multiply(by_i, candidate, out=by_i)
            np.multiply(by_f, _before(t, cells, c, reverse), out=by_f)
            np.subtract(1, candidate, out=by_candidate)
            np.add(candidate, 1, out=shown)
            np.multiply(by_candidate, shown, out=by_candidate)
            np.multiply(by_candidate, i, out=by_candidate)
            d = by_gate[t]
            np.multiply(factors[:3], dc, out=d[:3])
            np.multiply(by_o, dh, out=d[3])
            np.multiply(dc, f, out=dc)
            products.matmul(dx[t], transposed, dh)
        _kernel_grad(outputs, h, dx, reverse, product, d_kernel)

    return (dx, states, states, kernel), run


def _before(t, states, initial, reverse):
    """The state before step `t`."""
    if reverse:
        return states[t + 1] if t + 1 < len(states) else initial
    return states[t - 1] if t else initial


def _gru_sequence(dtype, x, initial_state, kernel, state_bias, *, reverse):
    length, batch, width = x
    units = width // 3
    states = (batch, units)
    if (initial_state, kernel) != (states, (units, width)) or state_bias not in (None, (width,)):
        return None
    product, share = new_array((batch, width), dtype), new_array(states, dtype)
    inner_z_r, inner_candidate = (x.swapaxes(0, 1) for x in np.split(product.reshape(batch, 3, units), [2], axis=1))
    order = _steps(length, reverse)

    def run(x, h, kernel, *bias_and_out):
        *bias, (outputs, last, gates) = bias_and_out
        by_gate = x.reshape(length, batch, 3, units).swapaxes(1, 2)
        for t in order:
            z, r, candidate, inner = of_step = gates[t]
            products.matmul(h, kernel, product)
            if bias and bias[0] is not None:
                np.add(product, bias[0], out=product)
            z_r = of_step[:2]
            np.add(inner_z_r, by_gate[t, :2], out=z_r)
            np.negative(z_r, out=z_r)
            np.exp(z_r, out=z_r)
            np.add(z_r, 1, out=z_r)
            np.reciprocal(z_r, out=z_r)
            np.copyto(inner, inner_candidate[0])
            np.multiply(r, inner, out=candidate)
            np.add(candidate, by_gate[t, 2], out=candidate)
            np.tanh(candidate, out=candidate)
            before, h = h, outputs[t]
            np.multiply(z, before, out=h)
            np.subtract(1, z, out=share)
            np.multiply(share, candidate, out=share)
            np.add(h, share, out=h)
        np.copyto(last, h)

    return ((length, *states), states, (length, 4, *states)), run


def _gru_sequence_grad(dtype, outputs, gates, initial_state, kernel, g_h, g_outputs, g_gates, *, reverse):
    del gates, g_h
    length, batch, units = outputs
    states, dx = (batch, units), (length, batch, 3 * units)
    if g_gates is not None or initial_state != states:
        return None  # a second derivative, or a state that is broadcast
    transposed, scratch = new_array(kernel[::-1], dtype), new_array(kernel, dtype)
    inner_grads, ones = new_array(dx, dtype), np.ones(length * batch, dtype)
    slope, to_candidate, share = (new_array(states, dtype) for _ in range(3))
    product = new_array(states, dtype)
    order = _steps(length, not reverse)

    def run(outputs, gates, h, kernel, g_h, *cotangents_and_out):
        *cotangents, (dx, dh, d_kernel, d_bias) = cotangents_and_out
        g_outputs = cotangents[0] if cotangents else None
        np.copyto(transposed, kernel.T)
        np.copyto(dh, g_h)
        by_gate, inner_by_gate = (d.reshape(length, batch, 3, units).swapaxes(1, 2) for d in (dx, inner_grads))
        for t in order:
            z, r, candidate, inner = gates[t]
            if g_outputs is not None:
                np.add(dh, g_outputs[t], out=dh)
            np.subtract(1, z, out=share)
            np.multiply(share, z, out=slope)
            np.multiply(share, dh, out=to_candidate)
            np.subtract(_before(t, outputs, h, reverse), candidate, out=share)
            np.multiply(share, slope, out=share)
            np.multiply(share, dh, out=by_gate[t, 0])
            np.subtract(1, candidate, out=share)
            np.add(candidate, 1, out=slope)
            np.multiply(share, slope, out=share)
            np.multiply(to_candidate, share, out=to_candidate)
            np.copyto(by_gate[t, 2], to_candidate)
            np.multiply(to_candidate, r, out=share)
            np.copyto(inner_by_gate[t, 2], share)
            np.multiply(share, inner, out=share)
            np.subtract(1, r, out=slope)
            np.multiply(share, slope, out=by_gate[t, 1])
            np.copyto(inner_by_gate[t, :2], by_gate[t, :2])
            products.matmul(inner_grads[t], transposed, product)
            np.multiply(dh, z, out=dh)
            np.add(dh, product, out=dh)
        _kernel_grad(outputs, h, inner_grads, reverse, scratch, d_kernel)
        np.matmul(ones, inner_grads.reshape(-1, 3 * units), out=d_bias)

    return (dx, states, kernel, (3 * units,)), run


lstm_sequence = _recurrence(_lstm_sequence, reads_last_step_only=True)
lstm_sequence_grad = _recurrence(_lstm_sequence_grad)
gru_sequence = _recurrence(_gru_sequence, reads_last_step_only=True)
gru_sequence_grad = _recurrence(_gru_sequence_grad)
