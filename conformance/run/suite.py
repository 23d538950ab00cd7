"""Every check of the suite: what is asked, at which level, under which clauses of the spec.

| level | what it says of a target |
|---|---|
| L0 | its functions are there, with the declared shapes and dtypes; they refuse what is invalid and change no input |
| L1 | values are right to within rounding, special values exactly |
| L2 | gradients are right to within rounding, second ones of smooth functions too; those at kinks are admissible |
| L2s | gradients at kinks are the normative ones |
| L3 | layers, losses, metrics and optimizers are right, step by step |
| L4 | training runs are: the loss of every step and the last weights |
| L5 | the same seed gives the same bits, from run to run and on every backend |
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from kcompat.conformance.cases import layers, losses, metrics, optimizers, questions, training
from kcompat.conformance.cases.questions import Case, Question
from kcompat.conformance.judge.gate import Verdict
from kcompat.conformance.run import probes
from kcompat.conformance.targets.precision import PROFILES, Profile
from kcompat.conformance.targets.target import Target
from kcompat.spec import OPS, Op, Sample

LEVELS = ("L0", "L1", "L2", "L2s", "L3", "L4", "L5")
MINIMUM = {"L0": 3300, "L1": 3500, "L2": 2070, "L2s": 79, "L3": 508, "L4": 9, "L5": 39}
"""The manifest: how many checks a whole run has at least."""
EQUAL_DRAWS = ("random_bits", "random_uniform", "random_integers", "random_bernoulli", "random_permutation")
"""Draws with the same bits on every backend; normal ones pass through logarithms and cosines, which differ."""


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
    question: Question | None = None
    """The question whose answer the gate judges; None where another probe judges."""

    def __repr__(self) -> str:
        return self.id


def checks(level: str = "L5", profile: Profile = PROFILES["fp32"]) -> list[Check]:
    """Every check up to a level, under a profile; those of one op follow each other."""
    wanted = LEVELS[: LEVELS.index(level) + 1]
    every = [check for op in OPS.values() for check in of_op(op, profile)]
    every += of_classes(profile)
    every += of_training(profile)
    return [check for check in every if check.level in wanted]


def checks_of(subject: str, profile: Profile) -> list[Check]:
    """The checks of one op, layer, loss, metric, optimizer or training run."""
    if subject in OPS:
        return list(of_op(OPS[subject], profile))
    return [check for check in (*of_classes(profile), *of_training(profile)) if check.subject == subject]


def quick(every: Iterable[Check]) -> list[Check]:
    """A subset of checks that names the same clauses as all of them; cheap kinds come first."""
    named: set[str] = set()
    chosen = []
    for check in sorted(every, key=lambda check: (LEVELS.index(check.level), -len(check.clauses))):
        if not named.issuperset(check.clauses):
            named.update(check.clauses)
            chosen.append(check)
    return chosen


# Clauses.


def clauses(op: Op) -> list[str]:
    """The names of what the declaration of an op says; each is tested by a check that names it."""
    names = [f"{op.name}.{what}" for what in ("value", "shape", "dtype", "purity")]
    names += [f"{op.name}.attribute.{p.name}" for p in op.attributes]
    names += [f"{op.name}.tensor.{p.name}" for p in op.tensors if p.default is None]
    if op.differentiable:
        cases = questions.cases_of(op)
        names += [f"{op.name}.gradient.{name}" for name in sorted({n for case in cases for n in _float_names(case)})]
        names += [f"{op.name}.gradient.second"] if any(map(is_smooth_unary, cases)) else []
    for points in ("kink", "special", "refusal"):
        names += [f"{op.name}.{points}.{i}" for i, _ in enumerate(getattr(op, f"{points}s"))]
    return names


def coverage(every: Iterable[Check]) -> tuple[list[str], list[str]]:
    """The clauses of the spec, and those of them that no check names."""
    declared = [clause for op in OPS.values() for clause in clauses(op)]
    named = {clause for check in every for clause in check.clauses}
    return declared, [clause for clause in declared if clause not in named]


def _value_clauses(case: Case) -> list[str]:
    """The clauses that a value tests: attributes that are not at their default, and optional tensors that are there."""
    op, attrs = case.op, case.sample.attrs
    tensors = [name for name, x in zip(case.tensor_names, case.sample.args, strict=True) if x is not None]
    changed = [p.name for p in op.attributes if p.name in attrs and not _same(attrs[p.name], p.default)]
    optional = [p.name for p in op.tensors if p.default is None and p.name in tensors]
    names = [f"{op.name}.attribute.{name}" for name in changed] + [f"{op.name}.tensor.{name}" for name in optional]
    return [f"{op.name}.value", *names]


def _same(x: Any, default: Any) -> bool:
    return default is not inspect.Parameter.empty and type(x) is type(default) and x == default


def _float_names(case: Case) -> list[str]:
    """The tensors of a case that have a gradient."""
    return [case.tensor_names[i] for i in case.floats] if case.differentiable else []


def is_smooth_unary(case: Case) -> bool:
    """Whether a second derivative is asked for: at the ordinary and the extreme arguments of smooth functions."""
    elementwise = case.sample.args and len(case.sample.args) == 1 and getattr(case.sample.args[0], "ndim", 2) == 1
    smooth = not case.op.kinks and case.differentiable and not case.op.alias_of
    return bool(smooth and elementwise and case.index in (0, 4) and case.sample.args[0].size and keeps_shape(case))


def keeps_shape(case: Case) -> bool:
    """Whether the one result of a case has the shape of its first argument."""
    outputs = questions.inferred(case)
    return len(outputs) == 1 and outputs[0].shape == case.sample.args[0].shape


# Checks of an op.


def of_op(op: Op, profile: Profile) -> Iterator[Check]:
    """Levels 0 to 2s, and the bits of random draws."""
    cases = questions.cases_of(op, profile.dtype)
    yield from _value_checks(op, cases, profile)
    yield from _gradient_checks(op, cases, profile)
    if op.family == "random":
        yield _check(cases[0], "L5", "repeat", partial(probes.repeats, cases[0]))
    if op.name in EQUAL_DRAWS:
        for case in cases:
            yield _check(case, "L5", "bits", partial(probes.bits, case))


def _check(case: Case, level: str, kind: str, run: Any, named: Iterable[str] = (), question: Any = None) -> Check:
    op = case.op
    return Check(f"{case.id}:{kind}", level, kind, op.name, op.family, tuple(named), case, run, question)


def _value_checks(op: Op, cases: Sequence[Case], profile: Profile) -> Iterator[Check]:
    """Levels 0 and 1."""
    for case in cases:
        parts = [f"{op.name}.{what}" for what in ("shape", "dtype", "purity")]
        yield _check(case, "L0", "surface", partial(probes.surface, case), parts)
        run = partial(probes.value, profile, case)
        yield _check(case, "L1", "value", run, _value_clauses(case), questions.value)
    first = cases[0]
    yield _check(first, "L0", "dtypes", partial(probes.dtypes, first), [f"{op.name}.dtype"])
    run = partial(probes.compiled_value, profile, first)
    yield _check(first, "L1", "compiled-value", run, question=questions.value)
    for i, refusal in enumerate(op.refusals):
        refused = Case(op, f"refusal-{i}", Sample(refusal.args, refusal.attrs), profile.dtype)
        named = [f"{op.name}.refusal.{i}", *(f"{op.name}.attribute.{name}" for name in refusal.attrs)]
        yield _check(refused, "L0", "refusal", partial(probes.refuses, refusal, refused), named)
    for i, (case, point) in enumerate(questions.points_of(op, "specials", profile.dtype)):
        yield _check(case, "L1", "special", partial(probes.special, point, case), [f"{op.name}.special.{i}"])


def _gradient_checks(op: Op, cases: Sequence[Case], profile: Profile) -> Iterator[Check]:
    """Levels 2 and 2s."""
    for case in cases:
        if case.differentiable:
            names = [f"{op.name}.gradient.{name}" for name in _float_names(case)]
            run = partial(probes.gradient, profile, case)
            yield _check(case, "L2", "gradient", run, names, questions.gradient)
        if is_smooth_unary(case):
            second = questions.second_derivative
            run = partial(probes.derivative, second, profile, case)
            yield _check(case, "L2", "second-derivative", run, [f"{op.name}.gradient.second"], second)
    first = cases[0]
    if first.differentiable:
        run = partial(probes.eager_gradient, profile, first)
        yield _check(first, "L2", "eager-gradient", run, question=questions.gradient)
    at_kink = questions.gradient_of_sum
    for i, (case, point) in enumerate(questions.points_of(op, "kinks", profile.dtype)):
        if case.floats:
            named = [f"{op.name}.kink.{i}"]
            yield _check(case, "L2", "kink", partial(probes.admissible, point, case), named)
            run = partial(probes.derivative, at_kink, profile, case)
            yield _check(case, "L2s", "strict-kink", run, named, at_kink)


# Checks of what is built of ops.

CLASSES: tuple[tuple[str, Question, Sequence[Any]], ...] = (
    ("layer", layers.forward, layers.ALL),
    ("layer-gradient", layers.gradients, layers.ALL),
    ("loss", losses.loss_value, losses.ALL),
    ("loss-gradient", losses.gradients, losses.ALL),
    ("metric", metrics.metric_values, metrics.ALL),
    ("optimizer", optimizers.optimizer_steps, optimizers.ALL),
)
"""The kinds of classes that level 3 judges: the question about them, and their cases."""


def of_classes(profile: Profile) -> Iterator[Check]:
    """Level 3."""
    for kind, question, cases in CLASSES:
        for case in cases:
            in_profile = case.in_dtype(profile.dtype)
            run, named = partial(probes.answer, question, profile, in_profile), (f"{case.name}.{kind}",)
            yield Check(f"{case.id}:{kind}", "L3", kind, case.subject, kind, named, in_profile, run, question)


def of_training(profile: Profile) -> Iterator[Check]:
    """Levels 4 and 5."""
    for case in training.ALL:
        in_profile = case.in_dtype(profile.dtype)

        def check(level: str, kind: str, run: Any, question: Any = None, case: Any = in_profile) -> Check:
            named = (f"{case.id}.{kind}",)
            return Check(f"{case.id}:{kind}", level, kind, case.subject, "training", named, case, run, question)

        run = partial(probes.answer, training.trajectory, profile, in_profile)
        yield check("L4", "trajectory", run, training.trajectory)
        yield check("L5", "repeat", partial(probes.repeats, in_profile))
