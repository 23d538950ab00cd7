"""Connectionist temporal classification, by enumeration of all paths; Graves et al. (2006)."""

import itertools
from typing import Any

import numpy as np
import scipy.special

from kcompat.conformance.references import reference


def _spelled(path: Any, blank: int, merge_repeated: bool = True) -> list[int]:
    """The map B of section 3.1: repeated labels are merged, then blanks are removed."""
    labels = [label for label, _ in itertools.groupby(path)] if merge_repeated else path
    return [int(label) for label in labels if label != blank]


@reference("ctc_loss")
def ctc_loss(target: Any, output: Any, target_length: Any, output_length: Any, mask_index: int = 0) -> Any:
    """Equations 2 and 3: the probability of labels is the sum of those of all paths that spell them."""
    losses = []
    for labels, logits, count, times in zip(target, output, target_length, output_length, strict=True):
        scores, wanted = scipy.special.log_softmax(logits[:times], axis=-1), labels[:count].tolist()
        paths = itertools.product(range(output.shape[2]), repeat=int(times))
        said = [
            sum(scores[t, label] for t, label in enumerate(path))
            for path in paths
            if _spelled(path, mask_index % output.shape[2]) == wanted
        ]
        losses.append(-scipy.special.logsumexp(said) if said else np.inf)
    return np.array(losses)


@reference("ctc_decode")
def ctc_decode(
    inputs: Any,
    sequence_lengths: Any,
    strategy: str = "greedy",
    beam_width: int = 100,
    top_paths: int = 1,
    merge_repeated: bool = True,
    mask_index: Any = 0,
) -> Any:
    """What the most active outputs spell: best path decoding, section 3.2."""
    assert (strategy, top_paths) == ("greedy", 1), f"beams of {beam_width}"
    batch, times, classes = inputs.shape
    labels, scores = np.full((1, batch, times), -1), np.zeros((batch, 1))
    for i, length in enumerate(sequence_lengths):
        path = [max(range(classes), key=frame.__getitem__) for frame in inputs[i, :length]]
        found = _spelled(path, classes - 1 if mask_index is None else mask_index % classes, merge_repeated)
        labels[0, i, : len(found)] = found
        scores[i, 0] = -sum(frame[label] for frame, label in zip(inputs[i], path, strict=False))
    return labels, scores
