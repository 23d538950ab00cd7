"""Mutants of `kcompat.spec.sequences`."""

from kcompat.conformance.mutants.mutation import edited, vjp
from kcompat.spec import OPS, Joint


def _without(part, name):
    """The declared rule, which does not get the cotangent of one result."""
    declared = OPS[name].vjp.rule
    return Joint(
        lambda B, g, y, *args, **attrs: declared(B, (*g[:part], None, *g[part + 1 :]), y, *args, **attrs), True
    )


edited("rnn_sequence", "the state without its activation", "h = B.tanh(x[0] + B.matmul", "h = (x[0] + B.matmul")
edited("rnn_sequence", "not reversed", "reverse=reverse)", "reverse=False)")
edited("rnn_sequence_grad", "the slope as 1 - y", "(1.0 - y) * (1.0 + y)", "1.0 - y")
edited("rnn_sequence_grad", "the steps in the forward order", "reverse=not reverse", "reverse=reverse")
edited("rnn_sequence_grad", "outputs' cotangents left out", "dh + x[1] if len(x) > 1 else dh", "dh")
edited("lstm_sequence", "gates i and f exchanged", "i, f, candidate, o = B.sigmoid", "f, i, candidate, o = B.sigmoid")
edited("lstm_sequence", "the cell before the step comes out", "(h, c, B.stack", "(h, carry[1], B.stack")
edited("lstm_sequence", "output without its activation", "h = o * B.tanh(c)", "h = o * c")
edited("lstm_sequence", "the forget gate's bias of 1 added again", "f * c + i", "B.sigmoid(z[1] + 1.0) * c + i")
edited("lstm_sequence", "the gradient through time cut", "h, c = carry", "h, c = B.stop_gradient(carry[0]), carry[1]")
edited(
    "lstm_sequence",
    "half-precision recurrent weights",
    "B.matmul(h, consts[0])",
    'B.matmul(h, B.cast(B.cast(consts[0], dtype="float16"), dtype=B.dtype(h)))',
)
edited(
    "lstm_sequence_grad",
    "the state after each step, not before",
    "return B.concatenate(first, take_slice(B, states, 0, 0, length - 1), axis=0)",
    "return states",
)
edited("lstm_sequence_grad", "the states before shifted the other way", "if reverse:", "if not reverse:")
edited(
    "lstm_sequence_grad", "the last c's cotangent left out", "B.scan(step, (g_h, g_c)", "B.scan(step, (g_h, g_c * 0.0)"
)
edited("lstm_sequence_grad", "cells' cotangents left out", "dc if at_c is None else dc + at_c", "dc")
edited("lstm_sequence_grad", "gates' cotangents without their slopes", "(g * slope for g, slope", "(g for g, slope")
edited("lstm_sequence_grad", "the forget gate left out of the chain", "dc * f), (dx,)", "dc), (dx,)")
edited(
    "gru_sequence", "z and 1 - z exchanged", "h = z * h + (1.0 - z) * candidate", "h = (1.0 - z) * h + z * candidate"
)
edited("gru_sequence", "z and r exchanged", "z, r = B.sigmoid", "r, z = B.sigmoid")
edited("gru_sequence", "the state's bias left out", "inner + consts[1] if len(consts) > 1 else inner", "inner")
edited(
    "gru_sequence",
    "the state's share after the reset is kept",
    "candidate, inner[2], axis",
    "candidate, r * inner[2], axis",
)
edited("gru_sequence_grad", "the way past the gates cut", "dh * z + B.matmul(d_inner", "B.matmul(d_inner")
edited("gru_sequence_grad", "the reset gate left out", "to_candidate * r, z, *", "to_candidate, z, *")
edited(
    "gru_sequence_grad", "the bias's cotangent of one step", "B.sum(d_inner, axis=(0, 1))", "B.sum(d_inner[0], axis=0)"
)
edited(
    "gru_sequence_grad",
    "cotangents of r through the candidate forgotten",
    "(g_r + own_candidate * inner) * slope_r",
    "g_r * slope_r",
)
vjp("lstm_sequence", "the cotangent of the last c dropped", _without(2, "lstm_sequence"))
vjp("lstm_sequence", "the cotangents of the gates dropped", _without(4, "lstm_sequence"))
vjp("gru_sequence", "the cotangent of the last state dropped", _without(1, "gru_sequence"))
vjp("rnn_sequence", "the cotangents of the outputs dropped", _without(0, "rnn_sequence"))
