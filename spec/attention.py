"""Attention: values weighted by how well keys answer queries."""

import math

import numpy as np

from kcompat.spec._op import Refusal, Sample, Special, composed, smooth
from kcompat.spec.rules import broadcast_shapes

MASKED = -1e30
"""The logit of what is masked: beside any other its weight is 0, and where all have it, they share evenly."""


def _heads(rng):
    def tensors(batch=2, queries=3, keys=4, heads=2, shared=2, size=3, width=3):
        q = rng.normal(size=(batch, queries, heads, size))
        return q, rng.normal(size=(batch, keys, shared, size)), rng.normal(size=(batch, keys, shared, width))

    query, key, value = tensors()
    bias, mask = rng.normal(size=(2, 2, 3, 4)), rng.uniform(size=(2, 2, 3, 4)) > 0.4
    mask[..., 0] = True
    yield Sample((query, key, value))
    yield Sample((query, key, value, bias, mask))
    yield Sample((query, key, value, None, mask[:, :1]), {"scale": 0.25, "flash_attention": False})
    yield Sample((query, key, value, bias[:1, :, :1]), {"attn_logits_soft_cap": 0.75})
    yield Sample((query, key, value, None, mask[0, 0]), {"is_causal": True})
    yield Sample((*tensors(queries=4, heads=4, shared=2), bias[:, :1, :1]), {"is_causal": True})
    yield Sample((*tensors(heads=3, shared=1, width=2),))
    mask = mask.copy()
    mask[0, 1, 2] = False
    yield Sample((query, key, value, bias, mask))
    yield Sample((query * 40.0, key, value * 300.0))
    yield Sample((*tensors(batch=0),))
    yield Sample((*tensors(queries=1, keys=1, heads=1, shared=1, size=1, width=1),))


def _unfit():
    q, three = np.ones((1, 2, 4, 3)), np.ones((2, 4, 3))
    yield Refusal((three, three, three))
    yield Refusal((q, q[..., :2], q))
    yield Refusal((q, q[:, :1], q))
    yield Refusal((q, q[:, :, :3], q[:, :, :3]))
    yield Refusal((q, q, q, np.ones((3, 2))))
    yield Refusal((q, q, q, None, np.ones((5, 2, 2), bool)))
    yield Refusal((q, q, q), attrs={"flash_attention": True})


@composed(
    floating=("query", "key", "value", "bias"),
    kinks=smooth,
    specials=[
        Special(
            ([[[[1.0]]]], [[[[2.0]], [[3.0]]]], [[[[4.0]], [[8.0]]]], [[[[0.0]]]], np.array([[[[False, False]]]])),
            [[[[6.0]]]],
        ),
        Special(
            ([[[[1.0]]]], [[[[2.0]], [[3.0]]]], [[[[4.0]], [[8.0]]]], [[[[0.0]]]], np.array([[[[True, False]]]])),
            [[[[4.0]]]],
        ),
    ],
    samples=_heads,
    refusals=tuple(_unfit()),
)
def dot_product_attention(
    B,
    query,
    key,
    value,
    bias=None,
    mask=None,
    *,
    scale=None,
    is_causal=False,
    flash_attention=None,
    attn_logits_soft_cap=None,
):
    """`softmax(query @ key * scale + bias) @ value` for each head (Vaswani et al., 2017).

    Shapes: query `(batch, queries, heads, size)`, key `(batch, keys, shared, size)`, value
    `(batch, keys, shared, width)`, result `(batch, queries, heads, width)`; each key head serves
    `heads / shared` neighbouring query heads (Ainslie et al., 2023). `bias` and `mask` broadcast to
    `(batch, heads, queries, keys)`; where the mask is False, and with `is_causal` where a key comes after the query,
    there is no attention. A query that may attend to nothing attends to all keys evenly, as in Keras on JAX,
    NumPy and TensorFlow. `scale=None` is `1 / sqrt(size)`. With `attn_logits_soft_cap` the scaled logits become
    `cap * tanh(logits / cap)`, before the bias. float16 and bfloat16 logits are float32. `flash_attention` may be
    None or False: which kernel computes this is up to the backend. Raises ValueError for shapes that do not fit.
    """
    if flash_attention:
        raise ValueError(
            "dot_product_attention: flash_attention is None or False, got True; a backend chooses its kernel"
        )
    batch, queries, heads, size, keys, shared = _sizes(query, key, value)
    logits_shape = (batch, heads, queries, keys)
    for name, x in (("bias", bias), ("mask", mask)):
        if x is not None and broadcast_shapes(tuple(x.shape), logits_shape) != logits_shape:
            raise ValueError(
                f"dot_product_attention: {name} broadcasts to (batch, heads, queries, keys), {logits_shape}; "
                f"got {tuple(x.shape)}"
            )
    grouped = B.transpose(
        B.reshape(query, newshape=(batch, queries, shared, heads // shared, size)), axes=(0, 2, 3, 1, 4)
    )
    logits = B.matmul(grouped, B.expand_dims(B.transpose(key, axes=(0, 2, 3, 1)), axis=2))
    if B.dtype(logits) in ("float16", "bfloat16"):
        logits = B.cast(logits, dtype="float32")
    logits = B.reshape(logits, newshape=logits_shape) * (1.0 / math.sqrt(size) if scale is None else scale)
    if attn_logits_soft_cap is not None:
        logits = B.tanh(logits / attn_logits_soft_cap) * attn_logits_soft_cap
    if bias is not None:
        logits = logits + B.cast(bias, dtype=B.dtype(logits))
    if mask is not None:
        logits = B.where(B.cast(mask, dtype="bool"), logits, MASKED)
    if is_causal:
        rows, columns = B.arange(start=queries), B.arange(start=keys)
        seen = B.greater_equal(B.expand_dims(rows, axis=1), B.expand_dims(columns, axis=0))
        logits = B.where(seen, logits, MASKED)
    weights = B.cast(B.softmax(logits, axis=-1), dtype=B.dtype(value))
    weights = B.reshape(weights, newshape=(batch, shared, heads // shared, queries, keys))
    mixed = B.matmul(weights, B.expand_dims(B.transpose(value, axes=(0, 2, 1, 3)), axis=2))
    mixed = B.transpose(mixed, axes=(0, 3, 1, 2, 4))
    return B.reshape(mixed, newshape=(batch, queries, heads, value.shape[-1]))


def _sizes(query, key, value):
    q, k, v = (tuple(x.shape) for x in (query, key, value))
    if not len(q) == len(k) == len(v) == 4:
        raise ValueError(f"dot_product_attention: query, key and value have rank 4, got shapes {q}, {k} and {v}")
    if k[:3] != v[:3] or q[0] != k[0] or q[3] != k[3] or k[2] == 0 or q[2] % k[2]:
        raise ValueError(
            "dot_product_attention: key and value agree in (batch, keys, shared heads), query and key in batch and "
            f"size, and the key's heads divide the query's; got shapes {q}, {k} and {v}"
        )
    return *q, *k[1:3]
