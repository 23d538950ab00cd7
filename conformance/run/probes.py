"""Probes: what each kind of check asks of a target, and how the answer is judged."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from kcompat.conformance.cases import questions
from kcompat.conformance.cases.questions import Case, Question, inferred
from kcompat.conformance.cases.training import TrainingCase, trajectory
from kcompat.conformance.judge.gate import Verdict, judge
from kcompat.conformance.targets.precision import Profile, unit_roundoff
from kcompat.conformance.targets.target import InterpreterTarget, NotApplicable, Target, Unsupported
from kcompat.runtime.registry import load
from kcompat.spec import FLOATS, Refusal


def value_of(target: Target, case: Case) -> tuple[tuple[Any, ...], bool]:
    """The results of a case, and whether an input was changed; two checks look at them, the target is asked once.

    Where running an op eagerly compiles it, most cases are compiled as a whole, which takes half of the time. The first
    two cases run eagerly, unless the target is in a hurry.
    """
    if target.latest is None or target.latest[0] is not case:
        whole = target.compiles_ops and target.compile and (target.hurried or case.index not in (0, 1))
        arrays = [x for x in case.arrays if isinstance(x, np.ndarray)]
        before = [x.copy() for x in arrays]  # a tensor may share its memory with the array
        try:
            outputs, tensors = target.ask(_called_whole if whole else questions.called, case)
            changed = any(target.to_numpy(x).tobytes() != y.tobytes() for x, y in zip(tensors, before, strict=True))
        finally:
            written = [_restore(x, original) for x, original in zip(arrays, before, strict=True)]
        target.latest = (case, (outputs, changed or any(written)))
    return target.latest[1]


def _restore(x: np.ndarray, original: np.ndarray) -> bool:
    """Put back what an input was, for the checks that follow, and give whether it had been changed."""
    changed = x.tobytes() != original.tobytes()
    if changed:
        x[...] = original
    return changed


def _called_whole(target: Target, case: Case) -> Any:
    return questions.called(target, case, target.compile)


def surface(case: Case, target: Target) -> Verdict:
    """Shapes and dtypes are those inferred; no input is changed."""
    outputs, changed = value_of(target, case)
    wanted = [(tuple(spec.shape), spec.dtype) for spec in inferred(case)]
    actual = [(y.shape, y.dtype.name) for y in outputs]
    if actual != wanted:
        return wrong(case, f"expected shapes and dtypes {wanted}, got {actual}")
    if changed:
        return wrong(case, "an input is changed in place; an op gives a new tensor")
    return Verdict(count=len(outputs))


def dtypes(case: Case, target: Target) -> Verdict:
    """Results in every float dtype have the dtype that the promotion rule gives."""
    off, asked = [], 0
    question = questions.compiled_value if target.compiles_ops and target.compile else questions.value
    for dtype in FLOATS if case.floats else ():
        if dtype == case.dtype:  # `surface` looks at it
            continue
        case_in_dtype = questions.in_dtype(case, dtype)
        wanted = [spec.dtype for spec in inferred(case_in_dtype)]
        actual = [y.dtype.name for y in target.ask(question, case_in_dtype)]
        asked += 1
        if actual != wanted:
            off.append(f"of {dtype}: expected {wanted}, got {actual}")
    return wrong(case, "; ".join(off)) if off else Verdict(count=asked)


def refuses(refusal: Refusal, case: Case, target: Target) -> Verdict:
    """An invalid call raises; on a backend of ours, what the spec declares."""
    try:
        target.ask(questions.value, case)
    except (Unsupported, NotImplementedError):  # what is not there refuses nothing
        raise
    except Exception as error:
        if target.interpreter is not None and not isinstance(error, refusal.error):
            return wrong(case, f"expected {refusal.error.__name__}, raised {type(error).__name__}: {error}")
        return Verdict(count=1)
    return wrong(case, f"expected {refusal.error.__name__}, but the call gave a result")


def wrong(case: Any, message: str) -> Verdict:
    """The verdict on an answer that is wrong, whatever the distance."""
    return Verdict(np.inf, count=1, message=f"{case!r}: {message}")


def answer(question: Question, profile: Profile, case: Any, target: Target) -> Verdict:
    """The answer to a question."""
    return judge(case, question, target.ask(question, case), profile)


def value(profile: Profile, case: Case, target: Target) -> Verdict:
    """The results."""
    return judge(case, questions.value, value_of(target, case)[0], profile)


def compiled_value(profile: Profile, case: Case, target: Target) -> Verdict:
    """The results where the target compiles."""
    if target.compile is None:
        raise NotApplicable(f"{target.name} has no compiler")
    return judge(case, questions.value, target.ask(questions.compiled_value, case), profile)


def gradient(profile: Profile, case: Case, target: Target) -> Verdict:
    """The gradients: compiled, as training computes them. Where compiling is slow, the first two cases alone are."""
    compiled = target.compile and (target.compiles_ops or case.index in (0, 1))
    question = questions.compiled_gradient if compiled else questions.gradient
    return judge(case, questions.gradient, target.ask(question, case), profile)


def eager_gradient(profile: Profile, case: Case, target: Target) -> Verdict:
    """The gradients without a compiler."""
    questions.vjp_of(target)
    if target.compile is None:
        raise NotApplicable(f"{target.name} has no compiler: its gradients are judged already")
    return answer(questions.gradient, profile, case, target)


def derivative(question: Question, profile: Profile, case: Case, target: Target) -> Verdict:
    """Gradients of gradients, and those at kinks."""
    return answer(question, profile, case, target)


def special(point: Any, case: Case, target: Target) -> Verdict:
    """A special input gives exactly the declared result; zeros keep their sign where one is declared."""
    got = target.ask(questions.value, case)
    declared = point.result if isinstance(point.result, tuple) else (point.result,)
    for y, result in zip(got, declared, strict=True):
        wanted = np.broadcast_to(np.asarray(result, y.dtype if y.dtype.kind != "f" else np.float64), y.shape)
        same = (y == wanted.astype(y.dtype)) | ((y != y) & (wanted != wanted))
        minus = np.signbit(wanted) & (wanted == 0) if wanted.dtype.kind == "f" else np.zeros(y.shape, bool)
        if not np.all(same) or not np.all(np.signbit(y[minus].astype(np.float64))):
            declaration = f"{point.args} gives {np.asarray(result).tolist()} by declaration"
            return wrong(case, f"{declaration}, got {y.ravel()[:9].tolist()}")
    return Verdict(count=sum(y.size for y in got))


def admissible(point: Any, case: Case, target: Target) -> Verdict:
    """At a kink a gradient is in the Clarke interval, whose ends may be rounded."""
    low, high = point.admissible
    slack = 4 * unit_roundoff(case.dtype) * max(abs(low), abs(high))
    for got, declared in zip(target.ask(questions.gradient_of_sum, case), _declared(point, case), strict=True):
        inside = (got >= low - slack) & (got <= high + slack) | (got == np.asarray(declared).astype(got.dtype))
        if not np.all(inside):
            return wrong(case, f"at {point.args} a gradient is in [{low:g}, {high:g}], got {got.ravel()[:9].tolist()}")
    return Verdict(count=len(case.floats))


def _declared(point: Any, case: Case) -> list[Any]:
    return [point.gradients[i] for i in case.floats]


def bits(case: Case, target: Target) -> Verdict:
    """Draws have the same bits as on the NumPy backend; compiled, too."""
    wanted = numpy_target().ask(questions.value, case)
    asked = [questions.value, *([questions.compiled_value] if target.compile else [])]
    for question in asked:
        got = target.ask(question, case)
        if any(y.dtype != x.dtype or y.tobytes() != x.tobytes() for x, y in zip(wanted, got, strict=True)):
            return wrong(case, f"the same key gives other bits than on NumPy ({question.__name__})")
    return Verdict(count=sum(y.size for y in wanted))


@functools.cache
def numpy_target() -> InterpreterTarget:
    """NumPy's backend: known-answer tests hold its draws."""
    return InterpreterTarget(load("numpy"))


def repeats(case: Any, target: Target) -> Verdict:
    """The same question twice gives the same bits."""
    question = trajectory if isinstance(case, TrainingCase) else questions.value
    first, second = (target.ask(question, case) for _ in range(2))
    if any(a.tobytes() != b.tobytes() for a, b in zip(first, second, strict=True)):
        return wrong(case, "two runs from the same seed differ")
    return Verdict(count=sum(y.size for y in first))
