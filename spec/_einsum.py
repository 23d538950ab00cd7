"""The notation of einsum: from a string and shapes to labels."""

from __future__ import annotations

from typing import Any, NamedTuple

from kcompat.spec.rules import broadcast_shapes

Label = Any
"""A letter, or, for an axis that `...` stands for, its distance from the last of them, as an integer."""


class Contraction(NamedTuple):
    """One tuple of labels for each operand, and that of the result."""

    inputs: tuple[tuple[Label, ...], ...]
    output: tuple[Label, ...]


def parse(subscripts: str, shapes: list[tuple[int, ...]]) -> Contraction:
    """The labels of every axis. Raises ValueError where the string and the shapes do not fit."""
    if not isinstance(subscripts, str):
        raise ValueError(f"einsum: subscripts are a string such as 'ij,jk->ik', got {subscripts!r}")
    left, arrow, right = subscripts.replace(" ", "").partition("->")
    terms = left.split(",")
    if len(terms) != len(shapes):
        raise ValueError(f"einsum: {subscripts!r} names {len(terms)} operands, got {len(shapes)}")
    inputs = tuple(_labels(subscripts, term, shape) for term, shape in zip(terms, shapes, strict=True))
    wide = sorted({label for labels in inputs for label in labels if isinstance(label, int)}, reverse=True)
    if arrow:
        output = _output(subscripts, right, wide)
    else:
        letters = [label for labels in inputs for label in labels if isinstance(label, str)]
        output = (*wide, *sorted(letter for letter in set(letters) if letters.count(letter) == 1))
    _check(subscripts, inputs, output, shapes)
    return Contraction(inputs, output)


def _split(subscripts: str, term: str) -> tuple[str, bool, str]:
    before, ellipsis, after = term.partition("...")
    if not all(c.isascii() and c.isalpha() for c in before + after):
        raise ValueError(f"einsum: {term!r} in {subscripts!r} is not made of letters and at most one '...'")
    return before, bool(ellipsis), after


def _labels(subscripts: str, term: str, shape: tuple[int, ...]) -> tuple[Label, ...]:
    before, ellipsis, after = _split(subscripts, term)
    count = len(shape) - len(before) - len(after)
    if count < 0 or (count and not ellipsis):
        raise ValueError(f"einsum: {term!r} in {subscripts!r} does not have the rank of shape {shape}")
    return (*before, *reversed(range(count)), *after)


def _output(subscripts: str, term: str, wide: list[int]) -> tuple[Label, ...]:
    before, ellipsis, after = _split(subscripts, term)
    if wide and not ellipsis:
        raise ValueError(f"einsum: {subscripts!r} has axes under '...', so its output needs '...' too")
    return (*before, *wide, *after)


def _check(subscripts: str, inputs: Any, output: tuple[Label, ...], shapes: list[tuple[int, ...]]) -> None:
    if len(set(output)) != len(output):
        raise ValueError(f"einsum: a label comes twice in the output of {subscripts!r}")
    sizes: dict[Label, int] = {}
    for labels, shape in zip(inputs, shapes, strict=True):
        for label, size in zip(labels, shape, strict=True):
            if isinstance(label, int):
                broadcast_shapes((sizes.get(label, 1),), (size,))
                sizes[label] = size if sizes.get(label, 1) == 1 else sizes[label]
            elif sizes.setdefault(label, size) != size:
                raise ValueError(f"einsum: {label!r} in {subscripts!r} is {sizes[label]} and {size}, shapes {shapes}")
    unknown = [label for label in output if label not in sizes]
    if unknown:
        raise ValueError(f"einsum: {unknown} in the output of {subscripts!r} are in no operand")
