"""Measuring the suite: how mutants are declared, and which check finds each.

A mutant is a wrong implementation of one op in NumPy's backend, or of a function of the package that a layer, a loss
or an optimizer calls. It is killed if a check fails; its margin is how far beyond the limit the worst z is. A mutant
that survives shows an input that the suite lacks.
"""

from __future__ import annotations

import ast
import contextlib
import dataclasses
import importlib
import inspect
import itertools
import pkgutil
import textwrap
import types
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

import numpy as np

from kcompat.conformance.judge import expectations
from kcompat.conformance.judge.expectations import LIMIT
from kcompat.conformance.run import preparation, suite
from kcompat.conformance.run.runner import BAD, run_one
from kcompat.conformance.run.suite import Check
from kcompat.conformance.targets.precision import PROFILES
from kcompat.conformance.targets.target import InterpreterTarget
from kcompat.runtime import registry as backends
from kcompat.runtime.interpreter import Interpreter
from kcompat.spec import OPS


@dataclass(frozen=True)
class Mutant:
    """A named wrong implementation: of an op's value or VJP, or of a function of a layer, loss, metric or optimizer."""

    op: str
    name: str
    native: Callable[..., Any] | None = None
    body: Callable[..., Any] | None = None
    vjp: Any = None
    function: Any = None
    code: Any = None
    edit: tuple[types.FunctionType, str, str] | None = None
    """The function whose text is changed, what stands there, and what is put in its place."""

    @property
    def family(self) -> str:
        """The family of the op."""
        return OPS[self.op].family if self.op in OPS else "layers, losses, metrics and optimizers"


@dataclass(frozen=True)
class Fate:
    """What became of a mutant. `margin` is the worst finite z over the limit; infinite if only exact checks failed."""

    op: str
    name: str
    killed_by: str
    margin: float
    asked: int

    def as_json(self) -> dict[str, Any]:
        """As a dict that JSON can hold."""
        return {**dataclasses.asdict(self), "margin": str(self.margin)}


_mutants: list[Mutant] = []


def value(op: str, name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare a wrong value: a function of NumPy arrays, with the signature of the op."""
    return lambda f: _register(Mutant(op, name, native=f), f)


def body(op: str, name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare a wrong body: a function of the interpreter `B` and tensors, whose gradient is wrong with it."""
    return lambda f: _register(Mutant(op, name, body=f), f)


def vjp(op: str, name: str, rule: Any) -> None:
    """Declare a wrong VJP, as in a declaration: a tuple of rules, or a `Joint`."""
    _register(Mutant(op, name, vjp=rule), rule)


def edited(op: str, name: str, old: str, new: str) -> None:
    """Declare a wrong body: the spec's, with a piece of its text replaced.

    The text stands once in the body, or else in one of the functions that its module knows.
    """
    right = OPS[op].body
    functions = (f for f in right.__globals__.values() if isinstance(f, types.FunctionType))
    ours = [f for f in functions if f.__module__.startswith("kcompat.")]
    holders = [f for f in (right, *ours) if old in source_of(f)]
    counts = [source_of(f).count(old) for f in holders]
    if not holders or (right in holders and counts[0] > 1) or (right not in holders and counts != [1]):
        where = [f"{f.__name__} ({n} times)" for f, n in zip(holders, counts, strict=True)]
        raise LookupError(f"mutant {name!r} of {op}: {old!r} is to stand once in its body or a function, got {where}")
    namespace = dict(right.__globals__)
    neighbours = [f for f in ours if f.__module__ == right.__module__]  # which call the edited one
    namespace |= {f.__name__: _with_globals(f, namespace) for f in neighbours}
    wrong = compile_text(source_of(holders[0]).replace(old, new), holders[0], namespace)
    for name_, table in right.__globals__.items():
        if isinstance(table, dict) and table and all(f in neighbours for f in table.values()):
            namespace[name_] = {key: namespace[f.__name__] for key, f in table.items()}
    wrong_body = wrong if holders[0] is right else _with_globals(right, namespace)
    _register(Mutant(op, name, body=wrong_body, edit=(holders[0], old, new)), None)


def edited_function(subject: str, holder: Any, name: str, old: str, new: str) -> None:
    """Declare a wrong function of the package, judged by the checks of a layer, a loss, a metric or an optimizer.

    The text stands once in the function, or in one method of the class, that is `holder`.
    """
    members = vars(holder).values() if isinstance(holder, type) else (holder,)
    functions = [inspect.unwrap(f) for f in members if isinstance(f, types.FunctionType)]
    holders = [f for f in functions if old in source_of(f)]
    if len(holders) != 1 or source_of(holders[0]).count(old) != 1:
        raise LookupError(f"mutant {name!r} of {subject}: {old!r} is to stand once in {holder.__qualname__}")
    (function,) = holders
    wrong = compile_text(source_of(function).replace(old, new), function, dict(function.__globals__))
    _register(Mutant(subject, name, function=function, code=wrong.__code__, edit=(function, old, new)), None)


def source_of(f: types.FunctionType) -> str:
    """The source of a function without decorators and docstring."""
    source = textwrap.dedent(inspect.getsource(f))
    node = ast.parse(source).body[0]
    assert isinstance(node, ast.FunctionDef)
    lines = source.splitlines()
    if ast.get_docstring(node):
        doc = node.body[0]
        lines[doc.lineno - 1 : doc.end_lineno] = ["    pass"]
    return "\n".join(lines[node.lineno - 1 :])


def compile_text(text: str, f: types.FunctionType, namespace: dict[str, Any]) -> Any:
    """The function that a text defines, in the place of `f`."""
    names = namespace if f.__module__ == namespace["__name__"] else dict(f.__globals__)
    exec(compile(text, f"<mutant of {f.__name__}>", "exec"), names)
    namespace[f.__name__] = names[f.__name__]
    return names[f.__name__]


def _with_globals(f: types.FunctionType, namespace: dict[str, Any]) -> types.FunctionType:
    """The function with other global names."""
    copy = types.FunctionType(f.__code__, namespace, f.__name__, f.__defaults__, f.__closure__)
    copy.__kwdefaults__ = f.__kwdefaults__
    return copy


def _register(mutant: Mutant, f: Any) -> Any:
    if mutant.op not in OPS and mutant.function is None:
        raise LookupError(f"mutant {mutant.name!r} is one of {mutant.op!r}, which the spec does not know")
    if any((m.op, m.name) == (mutant.op, mutant.name) for m in _mutants):
        raise ValueError(f"there are two mutants of {mutant.op} called {mutant.name!r}")
    _mutants.append(mutant)
    return f


def mutants(patterns: Sequence[str] = ()) -> list[Mutant]:
    """The mutants of subjects that match a pattern; all without patterns."""
    from kcompat.conformance import mutants as package

    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{module.name}")
    chosen = [m for m in _mutants if not patterns or any(fnmatchcase(m.op, pattern) for pattern in patterns)]
    if not chosen:
        raise LookupError(f"there is no mutant of an op like {', '.join(patterns)}")
    return chosen


def honest(op: str) -> Callable[..., Any]:
    """NumPy's right implementation of an op, for a mutant to bend."""
    return getattr(backends.load("numpy"), op)


def narrow(x: np.ndarray, bits: int) -> np.ndarray:
    """float32 numbers rounded to so many bits behind the point: 10 are TF32's, 7 bfloat16's."""
    if x.dtype != np.float32:
        return x
    unit = 1 << (23 - bits)
    return ((x.view(np.uint32) + np.uint32(unit // 2)) & np.uint32(-unit & 0xFFFFFFFF)).view(np.float32)


def run(patterns: Sequence[str] = ()) -> list[Fate]:
    """The fates of the mutants. The right ops have to pass first, or a kill would mean nothing.

    Raises RuntimeError where one does not.
    """
    by_subject: dict[str, list[Check]] = {mutant.op: [] for mutant in mutants(patterns)}
    for check in suite.checks():
        by_subject.get(check.subject, []).append(check)
    preparation.prepare(by_subject, PROFILES["fp32"], jobs=2, on_progress=lambda *_: None)
    right = InterpreterTarget(backends.load("numpy"))
    for check in itertools.chain.from_iterable(by_subject.values()):
        result = run_one(right, check)
        if result.status in BAD:
            raise RuntimeError(f"the right {check.subject} does not pass {check.id}: {result.message}")
    return [fate(mutant, by_subject[mutant.op]) for mutant in mutants(patterns)]


def fate(mutant: Mutant, checks: Sequence[Check]) -> Fate:
    """Run the checks of its subject on a mutant."""
    kills = []
    with planted(mutant) as target:
        for check in checks:
            result = run_one(target, check)
            if result.status in BAD:
                kills.append((result.z if result.z is not None else np.inf, check.level, check.id))
    z, _, killed_by = max(kills, key=lambda kill: (np.isfinite(kill[0]), *kill[:2]), default=(0.0, "", ""))
    return Fate(mutant.op, mutant.name, killed_by, float(z) / LIMIT, len(checks))


@contextlib.contextmanager
def planted(mutant: Mutant) -> Iterator[InterpreterTarget]:
    """A target with the mutant: NumPy's backend with one native op, body, VJP or function exchanged."""
    numpy = backends.load("numpy")
    if mutant.function is not None:
        right = mutant.function.__code__
        mutant.function.__code__ = mutant.code
        try:
            yield InterpreterTarget(numpy)
        finally:
            mutant.function.__code__ = right
        return
    op, native = OPS[mutant.op], dict(numpy.native)
    changed = op
    if mutant.native is not None:
        native[op.name] = mutant.native
    if mutant.body is not None:
        native.pop(op.name, None)
        changed = dataclasses.replace(op, body=mutant.body, rule=None, vjp=None)
    if mutant.vjp is not None:
        changed = dataclasses.replace(op, vjp=mutant.vjp)
    expectations.oracle()  # is made of the right ops, even where all expectations so far came from the disk
    OPS[op.name] = changed
    try:
        target = InterpreterTarget(Interpreter("mutant", native, numpy.engine))
        yield target
    finally:
        OPS[op.name] = op
