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

from kcompat.conformance.adapters.target import Target
from kcompat.conformance.cases import layers as layer_cases
from kcompat.conformance.cases import probes, questions
from kcompat.conformance.cases import steps as step_cases
from kcompat.conformance.cases import training as training_cases
from kcompat.conformance.cases.questions import Case, Question
from kcompat.conformance.judge.gate import Verdict
from kcompat.conformance.judge.precision import PROFILES, Profile
from kcompat.spec import OPS, Op, Sample

LEVELS = ("L0", "L1", "L2", "L2s", "L3", "L4", "L5")
MINIMUM = {"L0": 3200, "L1": 3400, "L2": 1950, "L2s": 79, "L3": 229, "L4": 9, "L5": 39}
"""The manifest: how many checks a whole run has at least."""


EQUAL_DRAWS = ("random_bits", "random_uniform", "random_integers", "random_bernoulli", "random_permutation")
"""Draws that are equal to the bit on every backend; normal ones pass through logarithms and cosines."""


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
    """What is held to the oracle's answer, if anything is."""

    def __repr__(self) -> str:
        return self.id


def checks(level: str = "L5", profile: Profile = PROFILES["fp32"]) -> list[Check]:
    """Every check up to a level, under a profile; those of one op follow each other."""
    wanted = LEVELS[: LEVELS.index(level) + 1]
    found = [check for op in OPS.values() for check in of_op(op, profile)]
    found += of_layers(profile)
    found += of_training(profile)
    return [check for check in found if check.level in wanted]


def checks_of(subject: str, profile: Profile) -> list[Check]:
    """The checks of one op, layer, loss, optimizer or training run."""
    if subject in OPS:
        return list(of_op(OPS[subject], profile))
    return [check for check in (*of_layers(profile), *of_training(profile)) if check.subject == subject]


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
    outputs = probes.inferred(case)
    return len(outputs) == 1 and outputs[0].shape == case.sample.args[0].shape


# Checks of an op.


def of_op(op: Op, profile: Profile) -> Iterator[Check]:
    """Levels 0 to 2s, and the bits of random draws."""
    cases = questions.cases_of(op, profile.dtype)

    def check(case: Any, level: str, kind: str, run: Any, named: Iterable[str] = (), question: Any = None) -> Check:
        return Check(f"{case.id}:{kind}", level, kind, op.name, op.family, tuple(named), case, run, question)

    def judged(case: Case, level: str, kind: str, probe: Any, question: Any, named: Iterable[str] = ()) -> Check:
        return check(case, level, kind, partial(probe, profile, case), named, question)

    value, gradient, second = questions.value, questions.gradient, questions.second_derivative
    for case in cases:
        parts = [f"{op.name}.{what}" for what in ("shape", "dtype", "purity")]
        yield check(case, "L0", "surface", partial(probes.surface, case), parts)
        yield judged(case, "L1", "value", probes.value, value, _of_value(case))
    yield check(cases[0], "L0", "dtypes", partial(probes.dtypes, cases[0]), [f"{op.name}.dtype"])
    yield judged(cases[0], "L1", "compiled-value", probes.compiled_value, value)
    for i, refusal in enumerate(op.refusals):
        refused = Case(op, f"refusal-{i}", Sample(refusal.args, refusal.attrs), profile.dtype)
        named = [f"{op.name}.refusal.{i}", *(f"{op.name}.attribute.{name}" for name in refusal.attrs)]
        yield check(refused, "L0", "refusal", partial(probes.refuses, refusal, refused), named)
    for i, (case, point) in enumerate(questions.points_of(op, "specials", profile.dtype)):
        yield check(case, "L1", "special", partial(probes.special, point, case), [f"{op.name}.special.{i}"])
    for case in cases:
        if case.differentiable:
            names = [f"{op.name}.gradient.{name}" for name in _float_names(case)]
            yield judged(case, "L2", "gradient", probes.gradient, gradient, names)
        if _is_smooth_unary(case):
            probe = partial(probes.derivative, second)
            yield judged(case, "L2", "second-derivative", probe, second, [f"{op.name}.gradient.second"])
    if cases[0].differentiable:
        yield judged(cases[0], "L2", "eager-gradient", probes.eager_gradient, gradient)
    at_kink = questions.gradient_of_sum
    for i, (case, point) in enumerate(questions.points_of(op, "kinks", profile.dtype)):
        if case.floats:
            named = [f"{op.name}.kink.{i}"]
            yield check(case, "L2", "kink", partial(probes.admissible, point, case), named)
            yield judged(case, "L2s", "strict-kink", partial(probes.derivative, at_kink), at_kink, named)
    if op.family == "random":
        yield check(cases[0], "L5", "repeat", partial(probes.repeats, cases[0]))
    if op.name in EQUAL_DRAWS:
        for case in cases:
            yield check(case, "L5", "bits", partial(probes.bits, case))


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
            run, named = partial(probes.answer, question, profile, there), (f"{case.name}.{kind}",)
            yield Check(f"{case.id}:{kind}", "L3", kind, case.subject, kind, named, there, run, question)


def of_training(profile: Profile) -> Iterator[Check]:
    """Levels 4 and 5."""
    question = training_cases.trajectory
    for case in training_cases.ALL:
        there = case.in_dtype(profile.dtype)
        for level, kind, run, asked in (
            ("L4", "trajectory", partial(probes.answer, question, profile, there), question),
            ("L5", "repeat", partial(probes.repeats, there), None),
        ):
            named = (f"{case.id}.{kind}",)
            yield Check(f"{case.id}:{kind}", level, kind, case.subject, "training", named, there, run, asked)
