"""Connectionist temporal classification: labels without an alignment (Graves et al., 2006)."""

import numpy as np

from kcompat.spec._op import Kink, Refusal, Sample, Special, composed, smooth

inf = float("inf")
NEVER = -1e30
"""The logarithm of the probability 0: finite, so that no gradient is NaN."""


def _labelled(rng):
    logits = rng.normal(size=(3, 6, 4))
    labels = np.array([[1, 2, 2], [3, 3, 0], [1, 0, 0]], "int32")
    lengths, times = np.array([3, 2, 1], "int32"), np.array([6, 5, 3], "int32")
    yield Sample((labels, logits, lengths, times))
    yield Sample((labels - 1, logits, np.array([3, 2, 1], "int32"), times), {"mask_index": 3})
    yield Sample((labels, logits * 20.0, lengths, times))
    yield Sample((labels[:, :1], logits[:, :1], np.array([1, 1, 0], "int32"), np.array([1, 1, 1], "int32")))
    yield Sample((labels[:1], logits[:1, :3] + 300.0, np.array([2], "int32"), np.array([3], "int32")))
    yield Sample((labels[:0], logits[:0], lengths[:0], times[:0]))


@composed(
    floating=("output",),
    kinks=smooth,
    specials=[
        Special(
            (np.array([[1, 1]], "int32"), np.zeros((1, 2, 3)), np.array([2], "int32"), np.array([2], "int32")),
            [inf],
        ),
    ],
    samples=_labelled,
    refusals=(
        Refusal((np.ones(2, "int32"), np.ones((2, 3, 4)), np.ones(2, "int32"), np.ones(2, "int32"))),
        Refusal((np.ones((2, 1), "int32"), np.ones((2, 3)), np.ones(2, "int32"), np.ones(2, "int32"))),
        Refusal((np.ones((2, 1), "int32"), np.ones((2, 3, 4)), np.ones(3, "int32"), np.ones(2, "int32"))),
    ),
)
def ctc_loss(B, target, output, target_length, output_length, *, mask_index=0):
    """`-log` of the probability that the logits say the labels, over all alignments in time.

    Shapes: target `(batch, labels)` of class indices, output `(batch, time, classes)`, lengths `(batch,)`, result
    `(batch,)`, float32 or wider. `mask_index` is the class of the blank. A target that does not fit in the time
    there is has the loss inf, and no gradient. Raises ValueError for other shapes.
    """
    if len(target.shape) != 2 or len(output.shape) != 3 or len({target.shape[0], output.shape[0]}) != 1:
        raise ValueError(
            "ctc_loss: target is (batch, labels) and output (batch, time, classes), "
            f"got {tuple(target.shape)} and {tuple(output.shape)}"
        )
    batch, labels = target.shape
    _check_lengths("ctc_loss", batch, target_length=target_length, output_length=output_length)
    times, states, mask_index = output.shape[1], 2 * labels + 1, mask_index % output.shape[2]
    output = B.cast(output, dtype="float32") if B.dtype(output) in ("float16", "bfloat16") else output
    target, target_length = B.cast(target, dtype="int32"), B.cast(target_length, dtype="int32")
    within = B.greater(B.expand_dims(target_length, axis=1), B.expand_dims(B.arange(start=labels), axis=0))
    target = B.where(within, target, mask_index)
    # The states are a blank, the first label, a blank, the second label, ..., a blank.
    blank = B.full(shape=(batch, labels, 1), fill_value=mask_index, dtype="int32")
    pairs = B.reshape(B.concatenate(blank, B.expand_dims(target, axis=2), axis=2), newshape=(batch, 2 * labels))
    classes = B.concatenate(pairs, B.full(shape=(batch, 1), fill_value=mask_index, dtype="int32"), axis=1)
    before = B.concatenate(B.full(shape=(batch, 2), fill_value=mask_index, dtype="int32"), classes, axis=1)
    before = B.strided_slice(before, start=(0, 0), stop=(batch, states), step=(1, 1))
    jump = B.where(B.logical_or(B.equal(classes, mask_index), B.equal(classes, before)), NEVER, 0.0)
    jump = B.cast(jump, dtype=B.dtype(output))
    where_said = B.broadcast_to(B.expand_dims(classes, axis=1), shape=(batch, times, states))
    said = B.transpose(B.take_along_axis(B.log_softmax(output, axis=-1), where_said, axis=2), axes=(1, 0, 2))
    heard = B.greater(
        B.expand_dims(B.cast(output_length, dtype="int32"), axis=0), B.expand_dims(B.arange(start=times), axis=1)
    )
    heard = B.expand_dims(B.cast(heard, dtype=B.dtype(output)), axis=2)

    def step(B, carry, x, consts):
        (alpha,), (said, heard), (jump,) = carry, x, consts
        one = _shifted(B, alpha, 1)
        two = _shifted(B, alpha, 2) + jump
        largest = _larger(B, _larger(B, alpha, one), two)
        ways = B.exp(alpha - largest) + B.exp(one - largest) + B.exp(two - largest)
        new = B.where(largest < NEVER / 2, NEVER, B.log(ways) + largest + said)  # exactly, where nothing leads to
        return (B.where(heard > 0, new, alpha),), ()

    start = B.broadcast_to(B.where(B.equal(B.arange(start=states), 0), 0.0, NEVER), shape=(batch, states))
    start = B.cast(start, dtype=B.dtype(output))
    (alpha,), _ = B.scan(step, (start,), (said, heard), (jump,))
    last = B.expand_dims(target_length * 2, axis=1)
    on_blank = B.squeeze(B.take_along_axis(alpha, last, axis=1), axis=1)
    on_label = B.squeeze(B.take_along_axis(alpha, B.where(last > 0, last - 1, 0), axis=1), axis=1)
    on_label = B.where(target_length > 0, on_label, NEVER)
    largest = _larger(B, on_blank, on_label)
    log_probability = B.log(B.exp(on_blank - largest) + B.exp(on_label - largest)) + largest
    return B.where(log_probability < NEVER / 2, inf, -log_probability)


def _larger(B, x, y):
    """The larger one as a constant; `maximum` takes a mean of equal ones, which may round above both."""
    x, y = B.stop_gradient(x), B.stop_gradient(y)
    return B.where(x > y, x, y)


def _shifted(B, alpha, count):
    """Each state's neighbour `count` before it, of probability 0 where there is none."""
    batch, states = alpha.shape
    padded = B.interior_pad(alpha, low=(0, count), high=(0, 0), interior=(0, 0), value=NEVER)
    return B.strided_slice(padded, start=(0, 0), stop=(batch, states), step=(1, 1))


def _check_lengths(name, batch, **lengths):
    for what, length in lengths.items():
        if tuple(length.shape) != (batch,):
            raise ValueError(f"{name}: {what} has the shape (batch,), {(batch,)}; got {tuple(length.shape)}")


def _spoken(rng):
    scores = rng.permutation(3 * 6 * 4).reshape(3, 6, 4) / 8.0 - 4.0
    scores[0, :3, 1] = scores[1, 1:3, 2] = 9.0
    times = np.array([6, 4, 0], "int32")
    yield Sample((scores, times))
    yield Sample((scores, times), {"merge_repeated": False})
    yield Sample((scores, times), {"mask_index": 2})
    yield Sample((scores, times), {"mask_index": None, "top_paths": 1, "beam_width": 5})
    yield Sample((scores[:, :1], np.array([1, 1, 0], "int32")), {"strategy": "greedy"})
    yield Sample((scores[:0], times[:0]))


@composed(
    floating=("inputs",),
    kinks=[
        Kink(
            (np.array([[[1.0, 1.0, 0.0]]]), np.array([1], "int32")),
            (np.array([[[-0.5, -0.5, 0.0]]]), None),
            (-1.0, 0.0),
        )
    ],
    specials=[
        Special(
            (np.array([[[0.0, 5.0], [0.0, 5.0], [5.0, 0.0], [0.0, 5.0]]]), np.array([4], "int32")),
            ([[[1, 1, -1, -1]]], [[-20.0]]),
        )
    ],
    samples=_spoken,
    refusals=(
        Refusal((np.ones((2, 3)), np.ones(2, "int32"))),
        Refusal((np.ones((2, 3, 4)), np.ones(3, "int32"))),
        Refusal((np.ones((2, 3, 4)), np.ones(2, "int32")), attrs={"strategy": "beam_search"}),
        Refusal((np.ones((2, 3, 4)), np.ones(2, "int32")), attrs={"strategy": "best"}),
        Refusal((np.ones((2, 3, 4)), np.ones(2, "int32")), attrs={"top_paths": 2}),
    ),
)
def ctc_decode(
    B, inputs, sequence_lengths, *, strategy="greedy", beam_width=100, top_paths=1, merge_repeated=True, mask_index=0
):
    """The labels that the most likely class at each time spells, and minus the sum of those scores.

    Shapes: inputs `(batch, time, classes)`, sequence_lengths `(batch,)`; the labels are int32, `(1, batch, time)`, -1
    after the last; the scores `(batch, 1)`. Repeated classes count once with `merge_repeated`, and the blank,
    `mask_index` (None: the last class), not at all. `beam_width` bears on beam search alone.
    Raises ValueError for another strategy than "greedy", and for several paths: beam search is not supported.
    """
    if strategy != "greedy":
        raise ValueError(f"ctc_decode: strategy is 'greedy', got {strategy!r}; beam search is not supported")
    if top_paths != 1:
        raise ValueError(f"ctc_decode: greedy decoding finds one path, top_paths is 1, got {top_paths!r}")
    if len(inputs.shape) != 3:
        raise ValueError(f"ctc_decode: inputs are (batch, time, classes), got {tuple(inputs.shape)}")
    batch, times, classes = inputs.shape
    _check_lengths("ctc_decode", batch, sequence_lengths=sequence_lengths)
    mask_index = classes - 1 if mask_index is None else mask_index % classes
    inputs = B.cast(inputs, dtype="float32") if B.dtype(inputs) in ("float16", "bfloat16") else inputs
    time = B.expand_dims(B.arange(start=times), axis=0)
    heard = B.greater(B.expand_dims(B.cast(sequence_lengths, dtype="int32"), axis=1), time)
    found = B.where(heard, B.argmax(inputs, axis=-1), mask_index)
    scores = -B.sum(B.where(heard, B.max(inputs, axis=-1), 0.0), axis=1, keepdims=True)
    silent = B.equal(found, mask_index)
    if merge_repeated:
        previous = B.interior_pad(found, low=(0, 1), high=(0, 0), interior=(0, 0), value=mask_index)
        previous = B.strided_slice(previous, start=(0, 0), stop=(batch, times), step=(1, 1))
        silent = B.logical_or(silent, B.equal(found, previous))
    order = B.argsort(B.where(silent, times, time), axis=1)
    labels = B.take_along_axis(B.where(silent, -1, found), order, axis=1)
    return B.expand_dims(labels, axis=0), scores
