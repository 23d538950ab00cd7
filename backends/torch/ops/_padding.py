"""Padding of the last axes, as torch's kernels for convolution and pooling take it."""

import torch


def split_padding(padding):
    """What torch's kernels pad, the same before and after each axis, and the rest, which is padded before them."""
    both = [a if a < b else b for a, b in padding]
    return both, [(a - n, b - n) for (a, b), n in zip(padding, both, strict=True)]


def pad_last(x, pairs, value=0.0):
    """Pad the last axes of `x`, one pair (before, after) for each; `x` itself where there is nothing to do."""
    if not any(a or b for a, b in pairs):
        return x
    return torch.constant_pad_nd(x, [n for pair in reversed(pairs) for n in pair], value)
