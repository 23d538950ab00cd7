"""Recurrences with their default activations, and the pullback of each as an op of its own.

A recurrence gives, besides outputs and last states, what its pullback needs: its gates, and the cells of an LSTM.
So the pullback runs no step twice. What a step multiplies its cotangents with is computed before, for all steps at
once; within the reversed scan there is one product with the transposed recurrent kernel, and that kernel's own
gradient is one product over all steps.

Shapes: time comes first. `x`, the inputs' share of the gates, is `(time, batch, gates * units)`, outputs and cells are
`(time, batch, units)`, the gates that are kept `(time, 4, batch, units)`, states `(batch, units)`. With `reverse` the
steps are taken from the last to the first. A cotangent of all steps that is None is zero.
"""

import functools

import numpy as np

from kcompat.spec._op import Joint, Sample, composed, ordinary, smooth
from kcompat.spec.calculus import take_slice

sequence = functools.partial(composed, public=False, kinks=smooth, specials=ordinary)


def gate(B, x, i, units):
    """Slice `i` of the last axis, `units` wide."""
    return take_slice(B, x, -1, i * units, (i + 1) * units)


def _gates(B, x, count):
    units = x.shape[-1] // count
    return tuple(gate(B, x, i, units) for i in range(count))


def _kept(B, gates):
    """The gates that a recurrence keeps, `(time, batch, units)` each."""
    time, count, batch, units = gates.shape
    return tuple(B.reshape(take_slice(B, gates, 1, i, i + 1), newshape=(time, batch, units)) for i in range(count))


def _before(B, states, initial, reverse):
    """The state before each step."""
    length, first = states.shape[0], B.expand_dims(initial, axis=0)
    if reverse:
        return B.concatenate(take_slice(B, states, 0, 1, length), first, axis=0)
    return B.concatenate(first, take_slice(B, states, 0, 0, length - 1), axis=0)


def _product_over_steps(B, x, y):
    """`x` transposed times `y`, summed over time and batch."""
    rows, columns = (B.reshape(t, newshape=(-1, t.shape[-1])) for t in (x, y))
    return B.matmul(B.transpose(rows), columns)


def _tanh_slope(y):
    return (1.0 - y) * (1.0 + y)  # not 1 - y * y, which cancels


def _sigmoid_slope(y):
    return y * (1.0 - y)


def _or_zeros(B, g, x):
    return B.zeros_like(x) if g is None else g


def _given(*cotangents):
    return tuple(g for g in cotangents if g is not None)


def _samples(gates, states, bias=False):
    """Inputs' share, initial states and recurrent kernel of a recurrence with that many gates and states."""

    def make(rng):
        time, batch, units = 4, 3, 2
        x, kernel = rng.normal(size=(time, batch, gates * units)), rng.normal(size=(units, gates * units))
        initial = [rng.normal(size=(batch, units)) for _ in range(states)]
        yield Sample((x, *initial, kernel))
        yield Sample((x, *initial, kernel, *([rng.normal(size=(gates * units,))] if bias else [])), {"reverse": True})
        yield Sample((x[:1], *initial, kernel), {"reverse": True})
        yield Sample((x[:, :0], *(h[:0] for h in initial), kernel))
        far = x * np.where(rng.uniform(size=x.shape) < 0.3, 30.0, 1.0)
        yield Sample((far, *(10.0 * h for h in initial), kernel))

    return make


def _grad_samples(states, gates, kept):
    """What a recurrence takes and gives, `kept` gates among it, and cotangents; those of all steps may lack."""

    def make(rng):
        time, batch, units = 4, 3, 2
        results = [rng.uniform(-1, 1, size=(time, batch, units)) for _ in range(states)]
        activated = [rng.uniform(size=(time, kept, batch, units))] if kept else []
        initial = [rng.normal(size=(batch, units)) for _ in range(states)]
        kernel = rng.normal(size=(units, gates * units))
        last = [rng.normal(size=(batch, units)) for _ in range(states)]
        cotangents = [rng.normal(size=x.shape) for x in (*results, *activated)]
        yield Sample((*results, *activated, *initial, kernel, *last))
        yield Sample((*results, *activated, *initial, kernel, *last, *cotangents), {"reverse": True})
        yield Sample((*results, *activated, *initial, kernel, *last, *cotangents))
        one = [t[:1] for t in (*results, *activated)]
        yield Sample((*one, *initial, kernel, *last, cotangents[0][:1]))
        none = [t[..., :0, :] for t in (*results, *activated)]
        yield Sample((*none, *(h[:0] for h in initial), kernel, *(g[:0] for g in last)))

    return make


def _rnn_vjp(B, g, y, x, initial_state, recurrent_kernel, *, reverse=False):
    g_last = _or_zeros(B, g[1], initial_state)
    return B.rnn_sequence_grad(y[0], initial_state, recurrent_kernel, g_last, g[0], reverse=reverse)


@sequence(samples=_samples(1, 1), vjp=Joint(_rnn_vjp, sparse=True))
def rnn_sequence(B, x, initial_state, recurrent_kernel, *, reverse=False):
    """`h = tanh(x + h @ recurrent_kernel)` over time: all outputs and the last state."""

    def step(B, carry, x, consts):
        h = B.tanh(x[0] + B.matmul(carry[0], consts[0]))
        return (h,), (h,)

    (h,), (outputs,) = B.scan(step, (initial_state,), (x,), (recurrent_kernel,), reverse=reverse)
    return outputs, h


@sequence(samples=_grad_samples(1, 1, 0))
def rnn_sequence_grad(B, outputs, initial_state, recurrent_kernel, g_last, g_outputs=None, *, reverse=False):
    """The cotangents of `x`, the initial state and the recurrent kernel of `rnn_sequence`."""

    def step(B, carry, x, consts):
        dh, slope = carry[0], x[0]
        dx = (dh + x[1] if len(x) > 1 else dh) * slope
        return (B.matmul(dx, consts[0]),), (dx,)

    xs = (_tanh_slope(outputs), *_given(g_outputs))
    (dh,), (dx,) = B.scan(step, (g_last,), xs, (B.transpose(recurrent_kernel),), reverse=not reverse)
    return dx, dh, _product_over_steps(B, _before(B, outputs, initial_state, reverse), dx)


def _lstm_vjp(B, g, y, x, initial_h, initial_c, recurrent_kernel, *, reverse=False):
    outputs, _, _, cells, gates = y
    states = (initial_h, initial_c, recurrent_kernel)
    g_outputs, g_h, g_c, g_cells, g_gates = g
    last = _or_zeros(B, g_h, initial_h), _or_zeros(B, g_c, initial_c)
    return B.lstm_sequence_grad(outputs, cells, gates, *states, *last, g_outputs, g_cells, g_gates, reverse=reverse)


@sequence(samples=_samples(4, 2), vjp=Joint(_lstm_vjp, sparse=True))
def lstm_sequence(B, x, initial_h, initial_c, recurrent_kernel, *, reverse=False):
    """The recurrence of an LSTM: all outputs, the last h, the last c, all cells, and all gates.

    See `kcompat.ops.lstm`; `gates` holds i, f, the candidate and o, after their activations.
    """

    def step(B, carry, x, consts):
        h, c = carry
        z = _gates(B, x[0] + B.matmul(h, consts[0]), 4)
        i, f, candidate, o = B.sigmoid(z[0]), B.sigmoid(z[1]), B.tanh(z[2]), B.sigmoid(z[3])
        c = f * c + i * candidate
        h = o * B.tanh(c)
        return (h, c), (h, c, B.stack(i, f, candidate, o, axis=0))

    (h, c), results = B.scan(step, (initial_h, initial_c), (x,), (recurrent_kernel,), reverse=reverse)
    outputs, cells, gates = results
    return outputs, h, c, cells, gates


@sequence(samples=_grad_samples(2, 4, 4))
def lstm_sequence_grad(
    B,
    outputs,
    cells,
    gates,
    initial_h,
    initial_c,
    recurrent_kernel,
    g_h,
    g_c,
    g_outputs=None,
    g_cells=None,
    g_gates=None,
    *,
    reverse=False,
):
    """The cotangents of `x`, the initial h, the initial c and the recurrent kernel of `lstm_sequence`.

    From its outputs, cells and gates, and the cotangents of the last h, the last c, outputs, cells and gates.
    """
    i, f, candidate, o = _kept(B, gates)
    shown = B.tanh(cells)
    slopes = _sigmoid_slope(i), _sigmoid_slope(f), _tanh_slope(candidate), _sigmoid_slope(o)
    others = candidate, _before(B, cells, initial_c, reverse), i, shown
    factors = (*(slope * other for slope, other in zip(slopes, others, strict=True)), o * _tanh_slope(shown), f)
    own = None
    if g_gates is not None:
        own = B.concatenate(*(g * slope for g, slope in zip(_kept(B, g_gates), slopes, strict=True)), axis=-1)
    known = tuple(g is not None for g in (g_outputs, g_cells, own))

    def step(B, carry, x, consts):
        (dh, dc), (to_i, to_f, to_candidate, to_o, to_c, f, *more) = carry, x
        at_h, at_c, at_x = (more.pop(0) if given else None for given in known)
        dh = dh if at_h is None else dh + at_h
        dc = dc + dh * to_c
        dc = dc if at_c is None else dc + at_c
        dx = B.concatenate(dc * to_i, dc * to_f, dc * to_candidate, dh * to_o, axis=-1)
        dx = dx if at_x is None else dx + at_x
        return (B.matmul(dx, consts[0]), dc * f), (dx,)

    xs = (*factors, *_given(g_outputs, g_cells, own))
    (dh, dc), (dx,) = B.scan(step, (g_h, g_c), xs, (B.transpose(recurrent_kernel),), reverse=not reverse)
    return dx, dh, dc, _product_over_steps(B, _before(B, outputs, initial_h, reverse), dx)


def _gru_vjp(B, g, y, x, initial_state, recurrent_kernel, state_bias=None, *, reverse=False):
    outputs, _, gates = y
    g_outputs, g_h, g_gates = g
    states, g_h = (outputs, gates, initial_state, recurrent_kernel), _or_zeros(B, g_h, initial_state)
    *pulled, d_bias = B.gru_sequence_grad(*states, g_h, g_outputs, g_gates, reverse=reverse)
    return (*pulled, None if state_bias is None else d_bias)


@sequence(samples=_samples(3, 1, bias=True), vjp=Joint(_gru_vjp, sparse=True))
def gru_sequence(B, x, initial_state, recurrent_kernel, state_bias=None, *, reverse=False):
    """The recurrence of a GRU that resets after the product: all outputs, the last state, and all gates.

    See `kcompat.ops.gru`; `gates` holds z, r and the candidate after their activations, and what r multiplies.
    """

    def step(B, carry, x, consts):
        h, inner = carry[0], B.matmul(carry[0], consts[0])
        inner = _gates(B, inner + consts[1] if len(consts) > 1 else inner, 3)
        x = _gates(B, x[0], 3)
        z, r = B.sigmoid(x[0] + inner[0]), B.sigmoid(x[1] + inner[1])
        candidate = B.tanh(x[2] + r * inner[2])
        h = z * h + (1.0 - z) * candidate
        return (h,), (h, B.stack(z, r, candidate, inner[2], axis=0))

    consts = (recurrent_kernel, *_given(state_bias))
    (h,), (outputs, gates) = B.scan(step, (initial_state,), (x,), consts, reverse=reverse)
    return outputs, h, gates


@sequence(samples=_grad_samples(1, 3, 4))
def gru_sequence_grad(
    B, outputs, gates, initial_state, recurrent_kernel, g_h, g_outputs=None, g_gates=None, *, reverse=False
):
    """The cotangents of `x`, the initial state, the recurrent kernel and the state's bias of `gru_sequence`.

    From its outputs and gates, and the cotangents of the last state, outputs and gates.
    """
    z, r, candidate, inner = _kept(B, gates)
    to_z = (_before(B, outputs, initial_state, reverse) - candidate) * _sigmoid_slope(z)
    to_candidate, slope_r = (1.0 - z) * _tanh_slope(candidate), _sigmoid_slope(r)
    own_inner = own_candidate = None
    if g_gates is not None:
        g_z, g_r, g_candidate, g_inner = _kept(B, g_gates)
        own_candidate = g_candidate * _tanh_slope(candidate)
        own_r = (g_r + own_candidate * inner) * slope_r
        own_inner = B.concatenate(g_z * _sigmoid_slope(z), own_r, own_candidate * r + g_inner, axis=-1)
    known = tuple(g is not None for g in (g_outputs, own_inner))

    def step(B, carry, x, consts):
        (dh,), (to_z, to_r, to_inner, z, *more) = carry, x
        at_h, at_inner = (more.pop(0) if given else None for given in known)
        dh = dh if at_h is None else dh + at_h
        d_inner = B.concatenate(dh * to_z, dh * to_r, dh * to_inner, axis=-1)
        d_inner = d_inner if at_inner is None else d_inner + at_inner
        return (dh * z + B.matmul(d_inner, consts[0]),), (dh, d_inner)

    xs = (to_z, to_candidate * inner * slope_r, to_candidate * r, z, *_given(g_outputs, own_inner))
    (dh,), (g, d_inner) = B.scan(step, (g_h,), xs, (B.transpose(recurrent_kernel),), reverse=not reverse)
    d_candidate = g * to_candidate if own_candidate is None else g * to_candidate + own_candidate
    dx = B.concatenate(take_slice(B, d_inner, -1, 0, 2 * z.shape[-1]), d_candidate, axis=-1)
    d_kernel = _product_over_steps(B, _before(B, outputs, initial_state, reverse), d_inner)
    return dx, dh, d_kernel, B.sum(d_inner, axis=(0, 1))
