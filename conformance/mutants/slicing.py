"""Mutants of `kcompat.spec.slicing`."""

from kcompat.conformance.mutants.mutation import edited

edited(
    "slice",
    "out of range: cut off, not moved",
    'B.clip(B.cast(start, dtype="int32"), 0, n - m)',
    'B.clip(B.cast(start, dtype="int32"), 0, n)',
)
edited(
    "slice",
    "negative starts count from the end",
    'B.clip(B.cast(start, dtype="int32"), 0, n - m)',
    'B.clip(B.mod(B.cast(start, dtype="int32"), n + 1), 0, n - m)',
)
edited(
    "slice_update",
    "added, not replaced",
    "B.where(inside, updates, inputs)",
    "B.where(inside, updates + inputs, inputs)",
)
edited(
    "slice_update",
    "the rest is 0",
    "B.where(inside, updates, inputs)",
    "B.where(inside, updates, B.zeros_like(inputs))",
)
edited(
    "extract_sequences",
    "transposed",
    "B.add(first, B.arange(start=sequence_length)), axis=-1)",
    "B.reshape(B.transpose(B.add(first, B.arange(start=sequence_length))), newshape=(count, -1)), axis=-1)",
)
edited("extract_sequences", "the stride ignored", "B.add(first, B", "B.add(B.floor_divide(first, sequence_stride), B")
