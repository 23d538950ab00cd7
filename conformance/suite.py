"""Every check of the suite: what is asked, at which level, under which clauses of the spec.

| level | what it says of a target |
|---|---|
| L0 | its functions are there, with the declared shapes and dtypes; they refuse what is invalid and change no input |
| L1 | values are right to within rounding, special values exactly |
| L2 | gradients are right to within rounding, second ones of smooth functions too; those at kinks are admissible |
| L2s | gradients at kinks are the normative ones |
| L3 | layers, losses and optimizers are right, step by step |
| L4 | training runs are: the loss of every step and the last weights |
| L5 | the same seed gives the same bits, from run to run and on every backend |
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from kcompat import shapes
from kcompat.conformance import layer_cases, questions, step_cases, training_cases
from kcompat.conformance.gate import Verdict, judge
from kcompat.conformance.precision import PROFILES, Profile, unit_roundoff
from kcompat.conformance.questions import Case
from kcompat.conformance.target import NotApplicable, Target, Unsupported
from kcompat.spec import FLOATS, OPS, Op, Refusal, Sample, TensorSpec

LEVELS = ("L0", "L1", "L2", "L2s", "L3", "L4", "L5")
MINIMUM = {"L0": 1300, "L1": 1500, "L2": 1000, "L2s": 40, "L3": 130, "L4": 9, "L5": 15}
"""The manifest: how many checks a whole run has at least."""


@dataclass(frozen=True, eq=False)
class Check:
    """One thing asked of a target. `run(target)` gives a verdict, or raises what the target raised."""

    id: str
    level: str
    kind: str
    subject: str
    family: str
    clauses: tuple[str, ...]
    case: Any
    run: Callable[[Target], Verdict]

    def __repr__(self) -> str:
        return self.id


def checks(level: str = "L5", profile: Profile = PROFILES["fp32"]) -> list[Check]:
    """Every check up to a level, under a profile; those of one op follow each other."""
    wanted = LEVELS[: LEVELS.index(level) + 1]
    found = [check for op in OPS.values() for check in of_op(op, profile)]
    found += of_layers(profile)
    found += of_training(profile)
    return [check for check in found if check.level in wanted]


def quick(found: Iterable[Check]) -> list[Check]:
    """A subset that names every clause that all of them do, the cheap kinds first."""
    named: set[str] = set()
    chosen = []
    for check in sorted(found, key=lambda check: (LEVELS.index(check.level), -len(check.clauses))):
        if not named.issuperset(check.clauses):
            named.update(check.clauses)
            chosen.append(check)
    return chosen


# Clauses.


def clauses(op: Op) -> list[str]:
    """What the declaration of an op says, as names: each is tested by a check that names it."""
    found = [f"{op.name}.{what}" for what in ("value", "shape", "dtype", "purity")]
    found += [f"{op.name}.attribute.{p.name}" for p in op.attributes]
    found += [f"{op.name}.tensor.{p.name}" for p in op.tensors if p.default is None]
    if op.differentiable:
        cases = questions.cases_of(op)
        found += [f"{op.name}.gradient.{name}" for name in sorted({n for case in cases for n in _float_names(case)})]
        found += [f"{op.name}.gradient.second"] if any(map(_is_smooth_unary, cases)) else []
    for points in ("kink", "special", "refusal"):
        found += [f"{op.name}.{points}.{i}" for i, _ in enumerate(getattr(op, f"{points}s"))]
    return found


def coverage(found: Iterable[Check]) -> tuple[list[str], list[str]]:
    """The clauses of the spec, and those of them that no check names."""
    declared = [clause for op in OPS.values() for clause in clauses(op)]
    named = {clause for check in found for clause in check.clauses}
    return declared, [clause for clause in declared if clause not in named]


def _of_value(case: Case) -> list[str]:
    """A case tests the attributes that it sets to something else than their default, and the tensors that may lack."""
    name, found = case.op.name, [f"{case.op.name}.value"]
    for p in case.op.attributes:
        if p.name in case.sample.attrs and not _same(case.sample.attrs[p.name], p.default):
            found.append(f"{name}.attribute.{p.name}")
    given = [tensor for tensor, x in zip(case.tensor_names, case.sample.args, strict=True) if x is not None]
    return found + [f"{name}.tensor.{p.name}" for p in case.op.tensors if p.default is None and p.name in given]


def _same(x: Any, default: Any) -> bool:
    return default is not inspect.Parameter.empty and type(x) is type(default) and x == default


def _float_names(case: Case) -> list[str]:
    """The tensors of a case that have a gradient."""
    return [case.tensor_names[i] for i in case.floats] if case.differentiable else []


def _is_smooth_unary(case: Case) -> bool:
    """Whether a second derivative is asked for: at the ordinary and the extreme arguments of smooth functions."""
    elementwise = case.sample.args and len(case.sample.args) == 1 and getattr(case.sample.args[0], "ndim", 2) == 1
    smooth = not case.op.kinks and case.differentiable and not case.op.alias_of
    return bool(smooth and elementwise and case.index in (0, 4) and case.sample.args[0].size and _same_shape(case))


def _same_shape(case: Case) -> bool:
    outputs = inferred(case)
    return len(outputs) == 1 and outputs[0].shape == case.sample.args[0].shape


# Checks of an op.


def of_op(op: Op, profile: Profile) -> Iterator[Check]:
    """Levels 0 to 2s, and the bits of random draws."""
    cases = questions.cases_of(op, profile.dtype)

    def check(case: Any, level: str, kind: str, run: Any, named: Iterable[str]) -> Check:
        return Check(f"{case.id}:{kind}", level, kind, op.name, op.family, tuple(named), case, run)

    for case in cases:
        parts = [f"{op.name}.{what}" for what in ("shape", "dtype", "purity")]
        yield check(case, "L0", "surface", partial(surface, case), parts)
        yield check(case, "L1", "value", partial(value, profile, case), _of_value(case))
    yield check(cases[0], "L0", "dtypes", partial(dtypes, cases[0]), [f"{op.name}.dtype"])
    yield check(cases[0], "L1", "compiled-value", partial(compiled_value, profile, cases[0]), [])
    for i, refusal in enumerate(op.refusals):
        refused = Case(op, f"refusal-{i}", Sample(refusal.args, refusal.attrs), profile.dtype)
        yield check(refused, "L0", "refusal", partial(refuses, refusal, refused), [f"{op.name}.refusal.{i}"])
    for i, (case, point) in enumerate(questions.points_of(op, "specials", profile.dtype)):
        yield check(case, "L1", "special", partial(special, point, case), [f"{op.name}.special.{i}"])
    for case in cases:
        if case.differentiable:
            names = [f"{op.name}.gradient.{name}" for name in _float_names(case)]
            yield check(case, "L2", "gradient", partial(gradient, profile, case), names)
        if _is_smooth_unary(case):
            second = partial(second_derivative, profile, case)
            yield check(case, "L2", "second-derivative", second, [f"{op.name}.gradient.second"])
    if cases[0].differentiable:
        yield check(cases[0], "L2", "eager-gradient", partial(eager_gradient, profile, cases[0]), [])
    for i, (case, point) in enumerate(questions.points_of(op, "kinks", profile.dtype)):
        if case.floats:
            yield check(case, "L2", "kink", partial(admissible, point, case), [f"{op.name}.kink.{i}"])
            yield check(case, "L2s", "strict-kink", partial(strict_kink, profile, case), [f"{op.name}.kink.{i}"])
    if op.family == "random":
        yield check(cases[0], "L5", "repeat", partial(repeats, cases[0]), [])


def inferred(case: Case) -> tuple[TensorSpec, ...]:
    """The shapes and dtypes that the spec's rules give for a case."""
    specs = [TensorSpec(x.shape, x.dtype.name) if isinstance(x, np.ndarray) else x for x in case.arrays]
    found = getattr(shapes.interpreter, case.op.name)(*specs, **case.sample.attrs)
    return found if isinstance(found, tuple) else (found,)


def surface(case: Case, target: Target) -> Verdict:
    """Shapes and dtypes are those inferred; no input is changed."""

    def question(target: Target, case: Case) -> Any:
        args = questions.arguments(target, case)
        y = target.function(case.op)(*args, **case.sample.attrs)
        pairs = zip(args, case.arrays, strict=True)
        kept = [(target.to_numpy(x), given) for x, given in pairs if isinstance(given, np.ndarray)]
        return tuple(target.to_numpy(part) for part in (y if isinstance(y, (tuple, list)) else (y,))), kept

    outputs, inputs = target.ask(question, case)
    wanted = [(tuple(spec.shape), spec.dtype) for spec in inferred(case)]
    actual = [(y.shape, y.dtype.name) for y in outputs]
    if actual != wanted:
        return wrong(case, f"expected shapes and dtypes {wanted}, got {actual}")
    if any(x.tobytes() != given.tobytes() for x, given in inputs):
        return wrong(case, "an input is changed in place; an op gives a new tensor")
    return Verdict(count=len(outputs))


def dtypes(case: Case, target: Target) -> Verdict:
    """Results in every float dtype have the dtype that the promotion rule gives."""
    off, asked = [], 0
    for dtype in FLOATS if case.floats else ():
        there = questions.in_dtype(case, dtype)
        wanted = [spec.dtype for spec in inferred(there)]
        actual = [y.dtype.name for y in target.ask(questions.value, there)]
        asked += 1
        if actual != wanted:
            off.append(f"of {dtype}: expected {wanted}, got {actual}")
    return wrong(case, "; ".join(off)) if off else Verdict(count=asked)


def refuses(refusal: Refusal, case: Case, target: Target) -> Verdict:
    """An invalid call raises: on backends of ours the declared error."""
    try:
        target.ask(questions.value, case)
    except Unsupported:
        raise
    except Exception as error:
        if target.interpreter is not None and not isinstance(error, refusal.error):
            return wrong(case, f"expected {refusal.error.__name__}, raised {type(error).__name__}: {error}")
        return Verdict(count=1)
    return wrong(case, f"expected {refusal.error.__name__}, but the call gave a result")


def wrong(case: Any, message: str) -> Verdict:
    """A verdict on what is not a matter of distance."""
    return Verdict(np.inf, count=1, message=f"{case!r}: {message}")


def _answer(question: Any, profile: Profile, case: Any, target: Target) -> Verdict:
    return judge(case, question, target.ask(question, case), profile)


def value(profile: Profile, case: Case, target: Target) -> Verdict:
    """The results."""
    return _answer(questions.value, profile, case, target)


def compiled_value(profile: Profile, case: Case, target: Target) -> Verdict:
    """The results where the target compiles."""
    if target.compile is None:
        raise NotApplicable(f"{target.name} has no compiler")
    return judge(case, questions.value, target.ask(questions.compiled_value, case), profile)


def gradient(profile: Profile, case: Case, target: Target) -> Verdict:
    """The gradients, compiled where that is possible: as training computes them."""
    _needs_vjp(target)
    question = questions.compiled_gradient if target.compile else questions.gradient
    return judge(case, questions.gradient, target.ask(question, case), profile)


def eager_gradient(profile: Profile, case: Case, target: Target) -> Verdict:
    """The gradients without a compiler."""
    _needs_vjp(target)
    if target.compile is None:
        raise NotApplicable(f"{target.name} has no compiler: its gradients are judged already")
    return _answer(questions.gradient, profile, case, target)


def second_derivative(profile: Profile, case: Case, target: Target) -> Verdict:
    """The gradient of the gradient."""
    _needs_vjp(target)
    return _answer(questions.second_derivative, profile, case, target)


def _needs_vjp(target: Target) -> None:
    if target.vjp is None:
        raise Unsupported(f"{target.name} has no gradients")


def special(point: Any, case: Case, target: Target) -> Verdict:
    """A special input gives exactly the declared result; zeros keep their sign where one is declared."""
    got = target.ask(questions.value, case)
    declared = point.result if isinstance(point.result, tuple) else (point.result,)
    for y, e in zip(got, declared, strict=True):
        wanted = np.broadcast_to(np.asarray(e, y.dtype if y.dtype.kind != "f" else np.float64), y.shape)
        same = (y == wanted.astype(y.dtype)) | ((y != y) & (wanted != wanted))
        minus = np.signbit(wanted) & (wanted == 0) if wanted.dtype.kind == "f" else np.zeros(y.shape, bool)
        if not np.all(same) or not np.all(np.signbit(y[minus].astype(np.float64))):
            said = f"{point.args} gives {np.asarray(e).tolist()} by declaration"
            return wrong(case, f"{said}, got {y.ravel()[:9].tolist()}")
    return Verdict(count=sum(y.size for y in got))


def admissible(point: Any, case: Case, target: Target) -> Verdict:
    """At a kink a gradient is finite and of the Clarke interval, whose ends may be rounded."""
    _needs_vjp(target)
    low, high = point.admissible
    slack = 4 * unit_roundoff(case.dtype) * max(abs(low), abs(high))
    for got, declared in zip(target.ask(questions.gradient_of_sum, case), _declared(point, case), strict=True):
        inside = (got >= low - slack) & (got <= high + slack) | (got == np.asarray(declared).astype(got.dtype))
        if not np.all(inside):
            return wrong(case, f"at {point.args} a gradient is in [{low:g}, {high:g}], got {got.ravel()[:9].tolist()}")
    return Verdict(count=len(case.floats))


def _declared(point: Any, case: Case) -> list[Any]:
    return [point.gradients[i] for i in case.floats]


def strict_kink(profile: Profile, case: Case, target: Target) -> Verdict:
    """At a kink the gradient is the normative one."""
    _needs_vjp(target)
    return _answer(questions.gradient_of_sum, profile, case, target)


def repeats(case: Any, target: Target) -> Verdict:
    """Asked twice, the bits are the same."""
    question = training_cases.trajectory if isinstance(case, training_cases.TrainingCase) else questions.value
    first, second = (target.ask(question, case) for _ in range(2))
    if any(a.tobytes() != b.tobytes() for a, b in zip(first, second, strict=True)):
        return wrong(case, "two runs from the same seed differ")
    return Verdict(count=sum(y.size for y in first))


# Checks of what is built of ops.


def of_layers(profile: Profile) -> Iterator[Check]:
    """Level 3: a case joins by being declared in `layer_cases` or `step_cases`."""
    for kind, question, cases in (
        ("layer", layer_cases.forward, layer_cases.ALL),
        ("loss", step_cases.loss_value, step_cases.LOSSES),
        ("optimizer", step_cases.optimizer_steps, step_cases.OPTIMIZERS),
    ):
        for case in cases:
            there = case.in_dtype(profile.dtype)
            run = partial(_answer, question, profile, there)
            yield Check(f"{case.id}:{kind}", "L3", kind, case.name, kind, (f"{case.name}.{kind}",), there, run)


def of_training(profile: Profile) -> Iterator[Check]:
    """Levels 4 and 5."""
    for case in training_cases.ALL:
        there = case.in_dtype(profile.dtype)
        named = f"{case.id}.trajectory"
        run = partial(_answer, training_cases.trajectory, profile, there)
        yield Check(f"{case.id}:trajectory", "L4", "trajectory", case.id, "training", (named,), there, run)
        again = partial(repeats, there)
        yield Check(f"{case.id}:repeat", "L5", "repeat", case.id, "training", (f"{case.id}.repeat",), there, again)
