"""Mutants of `kcompat.spec.recurrent`."""

from kcompat.conformance.mutants.mutation import edited

edited("simple_rnn", "the bias left out", "z if bias is None else z + bias", "z")
edited(
    "simple_rnn",
    "the bias twice: in the state's share too",
    "z if bias is None else z + bias",
    "z if bias is None else z + bias + bias",
)
edited(
    "simple_rnn",
    "the state transposed weights",
    "B.matmul(carry[0], consts[0])",
    "B.matmul(carry[0], B.transpose(consts[0]))",
)
edited("lstm", "gates f and i exchanged", "for n in (0, 1, 3)", "for n in (1, 0, 3)")
edited(
    "lstm",
    "gates i, f, o, c",
    "for n in (0, 1, 3))\n        c = f * c + i * _activate(B, activation, _gate(B, z, 2, units))",
    "for n in (0, 1, 2))\n        c = f * c + i * _activate(B, activation, _gate(B, z, 3, units))",
)
edited(
    "lstm", "the forget bias of 1 added again", "c = f * c + i", "c = B.sigmoid(_gate(B, z, 1, units) + 1.0) * c + i"
)
edited("lstm", "output without its activation", "return o * _activate(B, activation, c), c", "return o * c, c")
edited("lstm", "the gradient through time cut", "h, c = carry", "h, c = B.stop_gradient(carry[0]), carry[1]")
edited(
    "lstm", "a bias of 1e-4 more", "z if bias is None else z + bias", "z + 1e-4 if bias is None else z + bias + 1e-4"
)
edited(
    "lstm",
    "half-precision recurrent weights",
    "z = x + B.matmul(h, consts[0])",
    'z = x + B.matmul(h, B.cast(B.cast(consts[0], dtype="float16"), dtype=B.dtype(h)))',
)
edited("lstm", "masked steps forget", "B.where(seen, new, old)", "B.where(seen, new, 0.0)")
edited(
    "lstm",
    "the state after the mask comes out, not 0",
    "B.where(seen, states[0], 0.0) if zero_output_for_mask else states[0]",
    "states[0]",
)
edited("gru", "z and 1 - z exchanged", "z * h + (1.0 - z) * _activate(", "(1.0 - z) * h + z * _activate(")
edited(
    "gru", "z and r exchanged", "for n in (0, 1))\n        if reset_after", "for n in (1, 0))\n        if reset_after"
)
edited(
    "gru",
    "reset before the product, whatever is asked",
    "recalled = r * _gate(B, inner, 2, units)",
    "recalled = B.matmul(r * h, _gate(B, weights, 2, units))",
)
edited("gru", "the second bias left out", "inner = inner + rest[0] if rest else inner", "inner = inner")
edited("gru", "not reversed", "mask, **options)", 'mask, **{**options, "reverse": False})')
edited(
    "simple_rnn",
    "the outputs of reverse in reverse order",
    "return outputs, h",
    "return B.flip(outputs, axis=1) if reverse else outputs, h",
)
