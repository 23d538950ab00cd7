"""Mutants of `kcompat.spec.attention`."""

from kcompat.conformance.mutants.mutation import edited

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
