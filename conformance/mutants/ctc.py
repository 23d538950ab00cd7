"""Mutants of `kcompat.spec.ctc`."""

from kcompat.conformance.mutants.mutation import edited

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
