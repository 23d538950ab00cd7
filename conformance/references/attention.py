"""Attention."""

import math
from typing import Any

import numpy as np
import scipy.special

from kcompat.conformance.references import reference


@reference("dot_product_attention")
def dot_product_attention(
    query: Any,
    key: Any,
    value: Any,
    bias: Any = None,
    mask: Any = None,
    scale: Any = None,
    is_causal: bool = False,
    flash_attention: Any = None,
    attn_logits_soft_cap: Any = None,
) -> Any:
    """One query at a time, over the keys that it may attend to; Vaswani et al. (2017), section 3.2.1."""
    assert not flash_attention, "a backend chooses its kernel"
    batch, queries, heads, size = query.shape
    keys, shared = key.shape[1:3]
    bias, seen = (
        np.broadcast_to(default if x is None else x, (batch, heads, queries, keys))
        for x, default in ((bias, 0.0), (mask, True))
    )
    y = np.zeros((*query.shape[:3], value.shape[-1]))
    for b, i, h in np.ndindex(batch, queries, heads):
        of = h * shared // heads
        logits = key[b, :, of] @ query[b, i, h] * (1 / math.sqrt(size) if scale is None else scale)
        if attn_logits_soft_cap is not None:
            logits = attn_logits_soft_cap * np.tanh(logits / attn_logits_soft_cap)
        attended = [j for j in range(keys) if seen[b, h, i, j] and not (is_causal and j > i)]
        weights = scipy.special.softmax((logits + bias[b, h, i])[attended]) if attended else 1 / keys
        y[b, i, h] = np.sum(np.reshape(weights, (-1, 1)) * value[b, attended or slice(None), of], axis=0)
    return y
