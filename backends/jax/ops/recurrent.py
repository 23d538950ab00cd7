"""Recurrences by `lax.scan` (recurrent, sequences).

What is differentiated has the declared pullback, for XLA's own adds up the kernel's gradient step by step. What is not
keeps no gates, and on a CPU it multiplies the inputs within the loop, too: their shares of the gates of all steps, made
before it, would have to be fetched from memory again.
"""

import jax
import jax.numpy as jnp
from jax.custom_derivatives import SymbolicZero, custom_vjp_primal_tree_values

from kcompat.backends.jax.declared import by_body
from kcompat.backends.jax.interpreter import interpreter, run_body
from kcompat.backends.jax.platform import on_cpu
from kcompat.spec import OPS

rnn_sequence, lstm_sequence, gru_sequence = map(by_body, ("rnn_sequence", "lstm_sequence", "gru_sequence"))

_DEFAULTS = {"activation": "tanh", "recurrent_activation": "sigmoid", "reset_after": True}


def _affine(B, x, kernel, bias):
    y = B.matmul(x, kernel)
    return y if bias is None else y + bias


def _time_first(x):
    return jnp.swapaxes(x, 0, 1)


def _shares(inputs, kernel, bias):
    """The inputs' shares of the gates; an axis for time and batch makes the kernel's gradient one product."""
    x = _time_first(inputs)
    return _affine(interpreter(), x.reshape(-1, x.shape[-1]), kernel, bias).reshape(*x.shape[:2], kernel.shape[-1])


def _one_product(cell):
    """The loop of a `cell`, which has the gates and the states but h; the next input joins h for one product."""

    def loop(B, x, states, kernel, bias, recurrent, *, reverse):
        def step(B, carry, ahead, weights):
            joint, *others = carry
            h, *others = cell(B, _affine(B, joint, *weights), *others)
            return (B.concatenate(ahead[0], h, axis=-1), *others), (h,)

        h, *others = states
        first, ahead = x[-1 if reverse else 0], jnp.roll(x, 1 if reverse else -1, axis=0)
        carry, weights = (B.concatenate(first, h, axis=-1), *others), (B.concatenate(kernel, recurrent, axis=0), bias)
        (joint, *others), (outputs,) = B.scan(step, carry, (ahead,), weights, reverse=reverse)
        return outputs, joint[:, x.shape[-1] :], *others

    return loop


def _rnn(B, gates):
    return (B.tanh(gates),)


def _lstm(B, gates, c):
    i, f, candidate, o = jnp.split(gates, 4, axis=-1)
    c = B.sigmoid(f) * c + B.sigmoid(i) * B.tanh(candidate)
    return B.sigmoid(o) * B.tanh(c), c


def _gru_loop(B, x, states, kernel, bias, recurrent, state_bias=None, *, reverse):
    """The loop of a GRU, which multiplies inputs and state apart: the reset gate weighs the state's share alone."""

    def step(B, carry, x, weights):
        (h,), (kernel, bias, recurrent, state_bias) = carry, weights
        of_x, of_h = (
            jnp.split(y, 3, axis=-1) for y in (_affine(B, x[0], kernel, bias), _affine(B, h, recurrent, state_bias))
        )
        z, r = (B.sigmoid(a + b) for a, b in zip(of_x[:2], of_h[:2], strict=True))
        h = z * h + (1.0 - z) * B.tanh(of_x[2] + r * of_h[2])
        return (h,), (h,)

    (h,), (outputs,) = B.scan(step, states, (x,), (kernel, bias, recurrent, state_bias), reverse=reverse)
    return outputs, h


def _lean(name, sequence, loop, states):
    """The op of that name by a `loop` over so many states, unless it is differentiated or has options."""
    op = OPS[name]

    def call(inputs, *tensors, **attrs):
        *initial, kernel, recurrent = tensors[: states + 2]
        bias, mask = (*tensors[states + 2 :], None, None)[:2]
        plain = mask is None and all(attrs.get(key, value) == value for key, value in _DEFAULTS.items())
        same = all(t is None or t.dtype == inputs.dtype for t in tensors)
        if not (plain and same and inputs.shape[1] and on_cpu()):
            return run_body(name, inputs, *tensors, **attrs)
        bias, *state_bias = (bias,) if bias is None or bias.ndim == 1 else bias
        run = _with_rule(OPS[sequence], loop, states, attrs.get("reverse", False))
        outputs, *last = run(inputs, kernel, bias, *initial, recurrent, *state_bias)
        return _time_first(outputs), *last

    call.__name__, call.__doc__ = name, op.doc
    vars(call)["__signature__"] = op.signature
    return call


def _with_rule(sequence, loop, states, reverse):
    """`(inputs, kernel, bias, *states, recurrent kernel, ...) -> (outputs, *last states)`, outputs with time first."""

    def lean(inputs, kernel, bias, *rest):
        initial, weights = rest[:states], (kernel, bias, *rest[states:])
        return tuple(loop(interpreter(), _time_first(inputs), initial, *weights, reverse=reverse))

    def forward(*tensors):
        inputs, kernel, bias, *rest = custom_vjp_primal_tree_values(tensors)
        shares, project = jax.vjp(_shares, inputs, kernel, bias)
        y = getattr(interpreter(), sequence.name)(shares, *rest, reverse=reverse)
        return tuple(y[: states + 1]), (y, shares, rest, project)

    def backward(saved, g):
        y, shares, rest, project = saved
        g = [None if isinstance(part, SymbolicZero) else part for part in g]
        g += [None] * (len(y) - len(g))
        first, *others = sequence.vjp.rule(interpreter(), g, y, shares, *rest, reverse=reverse)
        return *project(first), *others[: len(rest)]

    apply = jax.custom_vjp(lean)
    apply.defvjp(forward, backward, symbolic_zeros=True)
    return apply


simple_rnn = _lean("simple_rnn", "rnn_sequence", _one_product(_rnn), 1)
lstm = _lean("lstm", "lstm_sequence", _one_product(_lstm), 2)
gru = _lean("gru", "gru_sequence", _gru_loop, 1)
