"""Recurrent cells and the layers that run them over time.

Shapes: inputs `(batch, time, features)`, states `(batch, units)`, outputs `(batch, time, units)`.
The input's share of every gate is one matrix product for the whole sequence; the rest is a scan. With the default
activations and without a mask that is an op of `kcompat.spec.sequences`.

A `mask` is `(batch, time)`: where it is False the states stay what they are, and the output is the state before,
or 0 with `zero_output_for_mask`. An activation is named as in `kcompat.activations`, and has its defaults.
"""

import numpy as np

from kcompat.spec._op import Refusal, Sample, composed, ordinary, smooth
from kcompat.spec.calculus import take_slice
from kcompat.spec.sequences import gate as _gate


def _time_major(B, x):
    return B.transpose(x, axes=(1, 0, 2))


def _projected(B, inputs, kernel, bias):
    """Time-major `inputs @ kernel + bias`."""
    batch, time, features = inputs.shape
    rows = B.reshape(_time_major(B, inputs), newshape=(time * batch, features))
    z = B.matmul(rows, kernel)
    z = z if bias is None else z + bias
    return B.reshape(z, newshape=(time, batch, z.shape[-1]))


def _activate(B, name, x):
    return B.gelu(x, approximate=False) if name == "gelu" else getattr(B, name)(x)


def _run(B, step, init, z, consts, mask, *, reverse, zero_output_for_mask):
    """Scan `step`, which gives the states, over time-major `z`; the outputs are the first state's."""
    if mask is None:

        def run(B, carry, x, consts):
            states = step(B, carry, x[0], consts)
            return states, (states[0],)

        carry, (outputs,) = B.scan(run, init, (z,), consts, reverse=reverse)
        return _time_major(B, outputs), carry
    if tuple(mask.shape) != (z.shape[1], z.shape[0]):
        raise ValueError(f"the mask has the shape (batch, time), {(z.shape[1], z.shape[0])}, got {tuple(mask.shape)}")

    def run_masked(B, carry, x, consts):
        z, seen = x[0], x[1] > 0
        states = tuple(B.where(seen, new, old) for new, old in zip(step(B, carry, z, consts), carry, strict=True))
        return states, (B.where(seen, states[0], 0.0) if zero_output_for_mask else states[0],)

    seen = B.cast(B.transpose(B.cast(mask, dtype="bool"), axes=(1, 0)), dtype=B.dtype(z))
    carry, (outputs,) = B.scan(run_masked, init, (z, B.expand_dims(seen, axis=-1)), consts, reverse=reverse)
    return _time_major(B, outputs), carry


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
        mask = np.array([[True, False, True, True], [False, True, True, False]])
        weights = (inputs, *initial, kernel, recurrent, bias)
        yield Sample((*weights, mask))
        yield Sample((*weights, mask), {"reverse": True, "zero_output_for_mask": True})
        yield Sample((*weights, mask.astype("int32")), {"activation": "gelu"})
        yield Sample(weights, {"activation": "softsign"})
        if gates > 1:
            yield Sample(weights, {"recurrent_activation": "hard_sigmoid"})
        yield Sample((inputs[:, :1], *initial, kernel, recurrent))
        yield Sample((inputs[:0], *(h[:0] for h in initial), kernel, recurrent))

    return make


def _wrong_mask(gates, states):
    """A mask of another length."""
    initial = (np.ones((2, 3)),) * states
    return (
        Refusal(
            (
                np.ones((2, 4, 3)),
                *initial,
                np.ones((3, 3 * gates)),
                np.ones((3, 3 * gates)),
                None,
                np.ones((2, 3), bool),
            )
        ),
    )


@composed(
    floating=("inputs", "initial_state", "kernel", "recurrent_kernel", "bias"),
    kinks=smooth,
    specials=ordinary,
    samples=_sequences(1, 1, lambda n: (n,)),
    refusals=_wrong_mask(1, 1),
)
def simple_rnn(
    B,
    inputs,
    initial_state,
    kernel,
    recurrent_kernel,
    bias=None,
    mask=None,
    *,
    activation="tanh",
    reverse=False,
    zero_output_for_mask=False,
):
    """`h = activation(x @ kernel + h @ recurrent_kernel + bias)` over time; all outputs and the last state."""

    def step(B, carry, x, consts):
        return (_activate(B, activation, x + B.matmul(carry[0], consts[0])),)

    z, options = _projected(B, inputs, kernel, bias), {"reverse": reverse, "zero_output_for_mask": zero_output_for_mask}
    if mask is None and activation == "tanh":
        outputs, h = B.rnn_sequence(z, initial_state, recurrent_kernel, reverse=reverse)
        return _time_major(B, outputs), h
    outputs, (h,) = _run(B, step, (initial_state,), z, (recurrent_kernel,), mask, **options)
    return outputs, h


@composed(
    floating=("inputs", "initial_h", "initial_c", "kernel", "recurrent_kernel", "bias"),
    kinks=smooth,
    specials=ordinary,
    samples=_sequences(4, 2, lambda n: (4 * n,)),
    refusals=_wrong_mask(4, 2),
)
def lstm(
    B,
    inputs,
    initial_h,
    initial_c,
    kernel,
    recurrent_kernel,
    bias=None,
    mask=None,
    *,
    activation="tanh",
    recurrent_activation="sigmoid",
    reverse=False,
    zero_output_for_mask=False,
):
    """Long short-term memory (Hochreiter & Schmidhuber, 1997): all outputs, the last h and the last c.

    The last axis of the weights holds the input, forget, cell and output gates, in this order:
    `c = f * c + i * activation(z_c)`, `h = o * activation(c)`.
    """
    units = recurrent_kernel.shape[0]

    def step(B, carry, x, consts):
        h, c = carry
        z = x + B.matmul(h, consts[0])
        i, f, o = (_activate(B, recurrent_activation, _gate(B, z, n, units)) for n in (0, 1, 3))
        c = f * c + i * _activate(B, activation, _gate(B, z, 2, units))
        return o * _activate(B, activation, c), c

    z, options = _projected(B, inputs, kernel, bias), {"reverse": reverse, "zero_output_for_mask": zero_output_for_mask}
    if mask is None and (activation, recurrent_activation) == ("tanh", "sigmoid"):
        outputs, h, c, *_ = B.lstm_sequence(z, initial_h, initial_c, recurrent_kernel, reverse=reverse)
        return _time_major(B, outputs), h, c
    outputs, (h, c) = _run(B, step, (initial_h, initial_c), z, (recurrent_kernel,), mask, **options)
    return outputs, h, c


def _gru_samples(rng):
    yield from _sequences(3, 1, lambda n: (2, 3 * n))(rng)
    for sample in list(_sequences(3, 1, lambda n: (3 * n,))(rng))[:4]:
        yield Sample(sample.args, {**sample.attrs, "reset_after": False})


@composed(
    floating=("inputs", "initial_state", "kernel", "recurrent_kernel", "bias"),
    kinks=smooth,
    specials=ordinary,
    samples=_gru_samples,
    refusals=_wrong_mask(3, 1),
)
def gru(
    B,
    inputs,
    initial_state,
    kernel,
    recurrent_kernel,
    bias=None,
    mask=None,
    *,
    activation="tanh",
    recurrent_activation="sigmoid",
    reset_after=True,
    reverse=False,
    zero_output_for_mask=False,
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
        (h,), (weights, *rest) = carry, consts
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
        return (z * h + (1.0 - z) * _activate(B, activation, _gate(B, x, 2, units) + recalled),)

    consts = (recurrent_kernel,) if state_bias is None else (recurrent_kernel, state_bias)
    z, options = _projected(B, inputs, kernel, bias), {"reverse": reverse, "zero_output_for_mask": zero_output_for_mask}
    if mask is None and reset_after and (activation, recurrent_activation) == ("tanh", "sigmoid"):
        outputs, h, _ = B.gru_sequence(z, initial_state, recurrent_kernel, state_bias, reverse=reverse)
        return _time_major(B, outputs), h
    outputs, (h,) = _run(B, step, (initial_state,), z, consts, mask, **options)
    return outputs, h
