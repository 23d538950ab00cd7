"""Wrong normalization, losses, attention and recurrent layers."""

from kcompat.conformance.mutants.mutation import edited, vjp
from kcompat.spec.calculus import unbroadcast

edited("batch_normalization", "epsilon outside the root", "B.sqrt(variance + epsilon)", "(B.sqrt(variance) + epsilon)")
edited("batch_normalization", "epsilon 1e-5", "variance + epsilon", "variance + 1e-5")
edited(
    "batch_normalization",
    "the mean folded into the offset, which cancels",
    "y = (x - B.reshape(mean, newshape=shape)) * B.reshape(factor, newshape=shape)",
    "y = x * B.reshape(factor, newshape=shape) - B.reshape(mean * factor, newshape=shape)",
)
edited(
    "batch_normalization",
    "the standard deviation for the variance",
    "1.0 / B.sqrt(variance + epsilon)",
    "1.0 / (variance + epsilon)",
)
edited(
    "batch_normalization",
    "scale and offset exchanged",
    "factor = factor * scale",
    "factor = factor * (scale if offset is None else offset)",
)
edited(
    "batch_normalization",
    "variance a constant to differentiation",
    "B.sqrt(variance + epsilon)",
    "B.sqrt(B.stop_gradient(variance) + epsilon)",
)
edited(
    "layer_normalization", "epsilon 1e-3 by default", "default_epsilon() if epsilon is None", "1e-3 if epsilon is None"
)
edited(
    "layer_normalization",
    "epsilon outside the root",
    "B.sqrt(B.mean(distance * distance, axis=axes, keepdims=True) + epsilon)",
    "(B.sqrt(B.mean(distance * distance, axis=axes, keepdims=True)) + epsilon)",
)
edited(
    "layer_normalization",
    "one pass",
    "B.mean(distance * distance, axis=axes, keepdims=True)",
    "(B.mean(x * x, axis=axes, keepdims=True) - B.square(B.mean(x, axis=axes, keepdims=True)))",
)
edited(
    "layer_normalization",
    "statistics are constants to differentiation",
    "distance = x - B.mean(x, axis=axes, keepdims=True)",
    "distance = x - B.stop_gradient(B.mean(x, axis=axes, keepdims=True))",
)
edited(
    "layer_normalization",
    "beta before gamma",
    "y = y if gamma is None else y * gamma\n    return y if beta is None else y + beta",
    "y = y if beta is None else y + beta\n    return y if gamma is None else y * gamma",
)
edited(
    "rms_normalization",
    "the mean taken off",
    "root = B.sqrt(",
    "x = x - B.mean(x, axis=axes, keepdims=True)\n    root = B.sqrt(",
)
edited("rms_normalization", "epsilon 1e-6", "default_epsilon() if epsilon is None", "1e-6 if epsilon is None")
edited(
    "rms_normalization",
    "the sum for the mean",
    "B.mean(x * x, axis=axes, keepdims=True)",
    "B.sum(x * x, axis=axes, keepdims=True)",
)
edited(
    "group_normalization",
    "groups interleaved",
    "grouped = B.reshape(x,",
    "grouped = B.reshape(B.roll(x, shift=1, axis=axis),",
)
edited("group_normalization", "over the batch too", "range(1, len(shape) + 1)", "range(0, len(shape) + 1)")
edited(
    "group_normalization",
    "each place by itself: over the channels alone",
    "tuple(i for i in range(1, len(shape) + 1) if i != axis)",
    "(axis + 1,)",
)
edited("normalize", "epsilon added, not the least", "B.where(norm <= least, least, norm)", "(norm + least)")
edited("normalize", "NaN of zeros", "B.where(norm <= least, least, norm)", "norm")
edited(
    "normalize",
    "of order 2, whatever is asked",
    "z / B.where(norm <= least, least, norm)",
    "z / B.where(norm <= least, least, B.sqrt(B.sum(z * z, axis=axes, keepdims=True)))",
)
edited("psnr", "10 times the logarithm of the peak", "20.0 * math.log10", "10.0 * math.log10")
edited("psnr", "natural", "(10.0 / math.log(10.0))", "10.0")

edited(
    "categorical_crossentropy",
    "from_logits ignored",
    "if from_logits:\n        return B.log_softmax(output, axis=axis)\n    share",
    "share",
)
edited(
    "categorical_crossentropy",
    "clipped at 1e-8",
    "B.clip(share, epsilon(), 1.0 - epsilon())",
    "B.clip(share, 1e-8, 1.0 - epsilon())",
)
edited(
    "categorical_crossentropy",
    "log(softmax + 1e-7)",
    "B.log_softmax(output, axis=axis)",
    "B.log(B.softmax(output, axis=axis) + 1e-7)",
)
edited(
    "categorical_crossentropy",
    "labels smoothed by 1e-4",
    "return -B.sum(target *",
    "return -B.sum((target * 0.9999 + 1e-4 / target.shape[axis]) *",
)
edited("categorical_crossentropy", "the mean over the classes", "-B.sum(", "-B.mean(")
edited(
    "sparse_categorical_crossentropy",
    "classes from 1",
    'B.expand_dims(B.cast(target, dtype="int32"), axis=axis)',
    'B.expand_dims(B.maximum(B.cast(target, dtype="int32") - 1, 0), axis=axis)',
)
edited(
    "sparse_categorical_crossentropy",
    "from_logits ignored",
    "if from_logits:\n        return B.log_softmax(output, axis=axis)\n    share",
    "share",
)
edited(
    "binary_crossentropy",
    "through the sigmoid, clipped",
    "if from_logits:\n        positive",
    "if from_logits:\n        return _of_probabilities(B, target, B.sigmoid(output))\n        positive",
)
edited(
    "binary_crossentropy",
    "log(1 + exp(-|x|))",
    "B.log1p(B.exp(B.where(positive, -output, output)))",
    "B.log(B.exp(B.where(positive, -output, output)) + 1.0)",
)
edited(
    "binary_crossentropy",
    "the negative class left out",
    "-(target * B.log(p) + (1.0 - target) * B.log(1.0 - p))",
    "-(target * B.log(p))",
)
vjp(
    "binary_crossentropy",
    "the sign of logits",
    (
        None,
        lambda B, g, y, target, output, *, from_logits=False: unbroadcast(
            B,
            g * (target - B.sigmoid(output))
            if from_logits
            else g * ((1.0 - target) / (1.0 - output) - target / output),
            output,
        ),
    ),
)

edited("ctc_loss", "the blank is the last class", "mask_index % output.shape[2]", "(mask_index - 1) % output.shape[2]")
edited(
    "ctc_loss",
    "equal labels in a row may do without a blank",
    "B.logical_or(B.equal(classes, mask_index), B.equal(classes, before))",
    "B.equal(classes, mask_index)",
)
edited("ctc_loss", "no way around a blank", "two = _shifted(B, alpha, 2) + jump", "two = _shifted(B, alpha, 2) + NEVER")
edited("ctc_loss", "lengths in time ignored", "B.where(heard > 0, new, alpha)", "new")
edited(
    "ctc_loss",
    "must end in a blank",
    "B.exp(on_blank - largest) + B.exp(on_label - largest)",
    "B.exp(on_blank - largest)",
)
edited(
    "ctc_loss",
    "divided by the number of labels",
    "inf, -log_probability)",
    "inf, -log_probability / B.cast(B.maximum(target_length, 1), dtype=B.dtype(output)))",
)
edited("ctc_loss", "logits taken for log probabilities", "B.log_softmax(output, axis=-1)", "output")
edited("ctc_decode", "merge_repeated ignored", "if merge_repeated:", "if True:")
edited("ctc_decode", "the blank is class 0", "classes - 1 if mask_index is None else mask_index % classes", "0")
edited("ctc_decode", "the sign of the score", "scores = -B.sum(", "scores = B.sum(")

edited(
    "dot_product_attention",
    "without scale",
    "(1.0 / math.sqrt(size) if scale is None else scale)",
    "(1.0 if scale is None else scale)",
)
edited("dot_product_attention", "1 / size", "1.0 / math.sqrt(size)", "1.0 / size")
edited(
    "dot_product_attention",
    "the scale given ignored",
    "(1.0 / math.sqrt(size) if scale is None else scale)",
    "(1.0 / math.sqrt(size))",
)
edited(
    "dot_product_attention",
    "causal off by one: not itself",
    "B.greater_equal(B.expand_dims(rows, axis=1)",
    "B.greater(B.expand_dims(rows, axis=1)",
)
edited(
    "dot_product_attention",
    "causal from the last query: aligned at the end",
    "B.arange(start=queries), B.arange",
    "B.arange(start=queries) + (keys - queries), B.arange",
)
edited(
    "dot_product_attention",
    "the mask says what is hidden",
    'B.where(B.cast(mask, dtype="bool"), logits, MASKED)',
    'B.where(B.cast(mask, dtype="bool"), MASKED, logits)',
)
edited(
    "dot_product_attention",
    "the mask as -1e4, added",
    'B.where(B.cast(mask, dtype="bool"), logits, MASKED)',
    "logits + (1.0 - B.cast(mask, dtype=B.dtype(logits))) * -10.0",
)
edited(
    "dot_product_attention",
    "-inf: NaN where all is masked",
    'B.where(B.cast(mask, dtype="bool"), logits, MASKED)',
    'B.where(B.cast(mask, dtype="bool"), logits, -math.inf)',
)
edited(
    "dot_product_attention",
    "nothing where all is masked",
    "weights = B.cast(B.softmax(logits, axis=-1), dtype=B.dtype(value))",
    "weights = B.softmax(logits, axis=-1) * B.cast(logits > MASKED, dtype=B.dtype(value))",
)
edited("dot_product_attention", "softmax over the queries", "B.softmax(logits, axis=-1)", "B.softmax(logits, axis=-2)")
edited(
    "dot_product_attention",
    "the bias after the softmax",
    "logits = logits + B.cast(bias, dtype=B.dtype(logits))",
    "logits = logits * B.cast(bias, dtype=B.dtype(logits))",
)
edited(
    "dot_product_attention",
    "key heads in turns, not in groups",
    "newshape=(batch, queries, shared, heads // shared, size)), axes=(0, 2, 3, 1, 4)",
    "newshape=(batch, queries, heads // shared, shared, size)), axes=(0, 3, 2, 1, 4)",
)
edited(
    "dot_product_attention",
    "the cap after the bias",
    "B.tanh(logits / attn_logits_soft_cap) * attn_logits_soft_cap",
    "B.clip(logits, -attn_logits_soft_cap, attn_logits_soft_cap)",
)
edited(
    "dot_product_attention",
    "half-precision weights",
    "B.cast(B.softmax(logits, axis=-1), dtype=B.dtype(value))",
    'B.cast(B.cast(B.softmax(logits, axis=-1), dtype="float16"), dtype=B.dtype(value))',
)
edited(
    "dot_product_attention",
    "half-precision queries and keys",
    "logits = B.matmul(grouped,",
    'logits = B.matmul(B.cast(B.cast(grouped, dtype="float16"), dtype=B.dtype(grouped)),',
)

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
