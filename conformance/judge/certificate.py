"""The certificate of an expectation: something outside the code that is judged says the same.

The oracle runs the bodies of ops, and the layers, losses, metrics and optimizers themselves. Were one of them wrong,
the oracle would be, too. So its answer in double precision is held to that of a witness: of an op the function in
`references`, of a gradient differences of that, at a kink the declared gradient, of what is built of ops what Keras
answered, in `records`. A dtype rounds constants, so the certificate is about the function that is computed; what a
dtype makes of it is the oracle's.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from kcompat.conformance.cases import questions
from kcompat.conformance.cases.questions import Case, Question
from kcompat.conformance.judge import expectations, slopes, store
from kcompat.conformance.judge.expectations import LIMIT, Expected
from kcompat.conformance.records import recorded
from kcompat.conformance.references import answers, references
from kcompat.conformance.targets.precision import PROFILES, Profile, smallest_normal, unit_roundoff

SLACK = 2.0**7
"""How many times less carefully than an honest implementation a witness may round: another function is off by 2**20."""


@functools.cache
def objection(case: Any, question: Question, profile: Profile) -> str:
    """What a witness has against an expectation; nothing where they agree, or where there is no witness.

    From memory, else from disk, else computed.
    """
    kept = store.load(case.subject, profile.name).get(store_key(case, question))
    if kept is not None:
        return str(kept)
    return computed(case, question, profile, expectations.expected(case, question, profile))


def store_key(case: Any, question: Question) -> str:
    """The name under which the objection is stored with its subject."""
    return f"{expectations.key_of(case, question)} objection"


def computed(case: Any, question: Question, profile: Profile, wanted: tuple[Expected, ...]) -> str:
    """Ask the witness."""
    if isinstance(case, Case) and question is questions.gradient:
        in_double = [np.asarray(y.value, np.float64) for y in _in_double(case, question)]
        return slopes.objection(questions.in_dtype(case, "float64"), in_double)
    witnessed = answers_of_witness(case, question)
    if witnessed is None:
        return ""
    ours = _in_double(case, question)
    if not len(ours) == len(witnessed) == len(wanted):
        return f"{case!r} has {len(ours)} results, and {len(witnessed)} by its witness"
    triples = zip(ours, witnessed, wanted, strict=True)
    return next(filter(None, (_difference(case, i, *triple, profile) for i, triple in enumerate(triples))), "")


def answers_of_witness(case: Any, question: Question) -> list[np.ndarray] | None:
    """What somebody else gives for a question about a case; None where nobody is asked."""
    if not isinstance(case, Case):
        return recorded(case, question)
    if question is questions.gradient_of_sum:
        return _declared_at_kink(case)
    if question is not questions.value or case.op.name not in references():
        return None
    return answers(case.op.name, questions.in_dtype(case, "float64").arrays, case.sample.attrs)


def _declared_at_kink(case: Case) -> list[np.ndarray] | None:
    """The gradients that the declaration gives at a kink; None for another point."""
    for other, kink in questions.points_of(case.op, "kinks", "float64"):
        if other.index == case.index:
            return [np.broadcast_to(np.asarray(kink.gradients[i], float), case.arrays[i].shape) for i in case.floats]
    return None


def _in_double(case: Any, question: Question) -> Any:
    double = PROFILES["fp64"]
    case = questions.in_dtype(case, "float64") if isinstance(case, Case) else case.in_dtype("float64")
    if expectations.is_bounded(case):
        with expectations.oracle().interpreter.under(double):
            return expectations.oracle().ask(question, case)
    with expectations.envelope(0).interpreter.still(double):
        return expectations.envelope(0).ask(question, case)


def _difference(case: Any, number: int, answer: Any, theirs: Any, wanted: Expected, profile: Profile) -> str:
    ours = np.asarray(answer.value)
    name = f"{case!r}, output {number}"
    if ours.shape != theirs.shape:
        return f"{name} has shape {ours.shape}, and {theirs.shape} by its witness"
    if not ours.size:
        return ""
    if ours.dtype.kind != "f":
        off = (ours != theirs) & wanted.judged
    else:
        with np.errstate(all="ignore"):
            # an output of integers alone stays float32
            finer = unit_roundoff(answer.dtype) / unit_roundoff(profile.dtype)
            sigma = np.where(wanted.judged & (wanted.sigma > 0), wanted.sigma * finer, 0.0)
            sigma = np.maximum(sigma, unit_roundoff("float64") * np.abs(theirs)) + smallest_normal("float64")
            same = (ours == theirs) | ((ours != ours) & (theirs != theirs))
            off = ~same & ~(np.abs(ours - theirs) <= LIMIT * SLACK * sigma)
    if not off.any():
        return ""
    index = tuple(map(int, np.unravel_index(np.argmax(off), off.shape)))
    return f"{name}, element {index}: ours is {ours[index]!r}, and {theirs[index]!r} is right by its witness"
