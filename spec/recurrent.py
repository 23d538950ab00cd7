"""Recurrent cells and the layers that run them over time.

Shapes: inputs `(batch, time, features)`, states `(batch, units)`, outputs `(batch, time, units)`.
The input's share of every gate is one matrix product for the whole sequence; the rest is a scan.
"""

from kcompat.spec._calculus import take_slice
from kcompat.spec._op import Sample, composed, ordinary, smooth


def _gate(B, z, i, units):
    return take_slice(B, z, -1, i * units, (i + 1) * units)


def _time_major(B, x):
    return B.transpose(x, axes=(1, 0, 2))


def _projected(B, inputs, kernel, bias):
    """Time-major `inputs @ kernel + bias`."""
    z = B.matmul(_time_major(B, inputs), kernel)
    return z if bias is None else z + bias


def _activate(B, name, x):
    return getattr(B, name)(x)


def _sequences(gates, states, bias_shape):
    """Samples with inputs, states and weights of a cell with that many gates and states."""

    def make(rng):
        batch, time, features, units = 2, 4, 3, 2
        initial = [rng.normal(size=(batch, units)) for _ in range(states)]
        kernel, recurrent = rng.normal(size=(features, gates * units)), rng.normal(size=(units, gates * units))
        bias = rng.normal(size=bias_shape(units))
        inputs = rng.normal(size=(batch, time, features))
        yield Sample((inputs, *initial, kernel, recurrent, bias))
        yield Sample((inputs, *initial, kernel, recurrent, None), {"reverse": True})

    return make


@composed(floating=True, kinks=smooth, specials=ordinary, samples=_sequences(1, 1, lambda n: (n,)))
def simple_rnn(B, inputs, initial_state, kernel, recurrent_kernel, bias=None, *, activation="tanh", reverse=False):
    """`h = activation(x @ kernel + h @ recurrent_kernel + bias)` over time; all outputs and the last state."""

    def step(B, carry, x, consts):
        h = _activate(B, activation, x[0] + B.matmul(carry[0], consts[0]))
        return (h,), (h,)

    z = _projected(B, inputs, kernel, bias)
    (h,), (outputs,) = B.scan(step, (initial_state,), (z,), (recurrent_kernel,), reverse=reverse)
    return _time_major(B, outputs), h


@composed(floating=True, kinks=smooth, specials=ordinary, samples=_sequences(4, 2, lambda n: (4 * n,)))
def lstm(
    B,
    inputs,
    initial_h,
    initial_c,
    kernel,
    recurrent_kernel,
    bias=None,
    *,
    activation="tanh",
    recurrent_activation="sigmoid",
    reverse=False,
):
    """Long short-term memory (Hochreiter & Schmidhuber, 1997): all outputs, the last h and the last c.

    The last axis of the weights holds the input, forget, cell and output gates, in this order:
    `c = f * c + i * activation(z_c)`, `h = o * activation(c)`.
    """
    units = recurrent_kernel.shape[0]

    def step(B, carry, x, consts):
        h, c = carry
        z = x[0] + B.matmul(h, consts[0])
        i, f, o = (_activate(B, recurrent_activation, _gate(B, z, n, units)) for n in (0, 1, 3))
        c = f * c + i * _activate(B, activation, _gate(B, z, 2, units))
        h = o * _activate(B, activation, c)
        return (h, c), (h,)

    z = _projected(B, inputs, kernel, bias)
    (h, c), (outputs,) = B.scan(step, (initial_h, initial_c), (z,), (recurrent_kernel,), reverse=reverse)
    return _time_major(B, outputs), h, c


def _gru_samples(rng):
    yield from _sequences(3, 1, lambda n: (2, 3 * n))(rng)
    for sample in _sequences(3, 1, lambda n: (3 * n,))(rng):
        yield Sample(sample.args, {**sample.attrs, "reset_after": False})


@composed(floating=True, kinks=smooth, specials=ordinary, samples=_gru_samples)
def gru(
    B,
    inputs,
    initial_state,
    kernel,
    recurrent_kernel,
    bias=None,
    *,
    activation="tanh",
    recurrent_activation="sigmoid",
    reset_after=True,
    reverse=False,
):
    """Gated recurrent unit (Cho et al., 2014): all outputs and the last state.

    The last axis of the weights holds the update, reset and candidate gates, in this order:
    `h = z * h + (1 - z) * candidate`. With `reset_after` the reset gate multiplies the candidate's matrix
    product and the bias is `(2, 3 * units)`: one row for the input, one for the state; else it multiplies
    the state before the product and the bias is `(3 * units,)`.
    """
    units = recurrent_kernel.shape[0]
    state_bias = None
    if bias is not None and reset_after:
        bias, state_bias = (B.reshape(row, newshape=(-1,)) for row in B.split(bias, indices_or_sections=2, axis=0))

    def step(B, carry, x, consts):
        (h,), (x,), (weights, *rest) = carry, x, consts
        if reset_after:
            inner = B.matmul(h, weights)
            inner = inner + rest[0] if rest else inner
        else:
            inner = B.matmul(h, take_slice(B, weights, -1, 0, 2 * units))
        z, r = (_activate(B, recurrent_activation, _gate(B, x, n, units) + _gate(B, inner, n, units)) for n in (0, 1))
        if reset_after:
            recalled = r * _gate(B, inner, 2, units)
        else:
            recalled = B.matmul(r * h, _gate(B, weights, 2, units))
        h = z * h + (1.0 - z) * _activate(B, activation, _gate(B, x, 2, units) + recalled)
        return (h,), (h,)

    consts = (recurrent_kernel,) if state_bias is None else (recurrent_kernel, state_bias)
    z = _projected(B, inputs, kernel, bias)
    (h,), (outputs,) = B.scan(step, (initial_state,), (z,), consts, reverse=reverse)
    return _time_major(B, outputs), h
