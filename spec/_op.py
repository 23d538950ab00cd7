"""How an op is declared: everything there is to know about it, in one place."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

OPS: dict[str, Op] = {}

MISSING: Any = inspect.Parameter.empty
smooth: tuple[Kink, ...] = ()
"""The kinks of an op that has none."""
ordinary: tuple[Special, ...] = ()
"""The specials of an op that treats NaN, infinity and zero as its formula does."""


@dataclass(frozen=True)
class Sample:
    """One valid call: tensors (float ones as float64) and Python scalars in `args`, the rest in `attrs`.

    `differentiable=False` marks a sample at which differences say nothing: it sits on a kink. `halves=False` marks one
    that says nothing in float16 and bfloat16, such as a matrix that is singular there.
    """

    args: tuple[Any, ...]
    attrs: dict[str, Any] = field(default_factory=dict)
    differentiable: bool = True
    halves: bool = True


@dataclass(frozen=True)
class Kink:
    """A point without a derivative, the value the spec gives it, and what a backend may answer instead.

    `gradients` has one entry an argument (None: not differentiated); `admissible` is the
    Clarke interval of each gradient's elements.
    """

    args: tuple[Any, ...]
    gradients: tuple[Any, ...]
    admissible: tuple[float, float]
    attrs: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Special:
    """An input outside the ordinary range and the exact result there; with `dtype`, in this float dtype only."""

    args: tuple[Any, ...]
    result: Any
    attrs: dict[str, Any] = field(default_factory=dict)
    dtype: str | None = None


@dataclass(frozen=True)
class Refusal:
    """An invalid call and the error that it raises, before anything is computed."""

    args: tuple[Any, ...]
    error: type[Exception] = ValueError
    attrs: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ErrorClass:
    """How the rounding error of one application is bounded: the kind of op, and the factor `k` of the bound."""

    kind: str
    k: float = 1.0


ARITHMETIC = ErrorClass("arithmetic")
SUM, MATMUL, CUMSUM, SCATTER = (ErrorClass(kind) for kind in ("sum", "matmul", "cumsum", "scatter"))
STRUCTURE, SELECT, ORDER = (ErrorClass(kind) for kind in ("structure", "select", "order"))
COMPARE, CAST, EXACT = (ErrorClass(kind) for kind in ("compare", "cast", "exact"))


def unary(k: float) -> ErrorClass:
    """A unary function that honest libraries compute to `k` ulps."""
    return ErrorClass("unary", k)


def backward(k: float) -> ErrorClass:
    """A stable algorithm: its result is exact for matrices moved by up to `k` roundings of their largest element."""
    return ErrorClass("backward", k)


@dataclass(frozen=True)
class Op:
    """One entry of the spec. A primitive has a `rule`, a composed op a `body`: functions, and None in the other.

    `vjp` is a tuple with a function or None for each tensor, a `Joint`, or None.
    `floating` names the tensors (True: all) that the op takes as floats: `kcompat.ops` casts integers to floatx.
    `order` is the public order of parameters, where Keras puts an attribute before a tensor; with `variadic` a
    list of tensors is public as `*tensors` too. `listed` names tensors of integers that may also come one by one,
    as a tuple of ints and scalar tensors: ints in it are known before anything runs. `refusals` are invalid calls.
    `signs` takes the results, as NumPy arrays, and gives the factor of +1 or -1 of each: where the sign is free,
    suites judge the product.
    """

    name: str
    family: str
    doc: str
    signature: inspect.Signature
    samples: Callable[[np.random.Generator], Iterable[Sample]]
    kinks: tuple[Kink, ...]
    specials: tuple[Special, ...]
    rule: Any = None
    error: ErrorClass | None = None
    body: Any = None
    vjp: Any = None
    alternatives: tuple[Callable[..., Any], ...] = ()
    public: bool = True
    floating: tuple[str, ...] | bool = False
    order: tuple[str, ...] | None = None
    variadic: bool = False
    listed: tuple[str, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    signs: Callable[..., tuple[Any, ...]] | None = None
    alias_of: str | None = None

    @property
    def primitive(self) -> bool:
        return self.rule is not None

    @property
    def differentiable(self) -> bool:
        """Whether gradients pass: through the op's own VJP, or through the body of a composed op."""
        return bool(self.vjp) if self.primitive else self.vjp != ()

    @property
    def tensors(self) -> tuple[inspect.Parameter, ...]:
        """The parameters that take tensors: all that are not keyword-only."""
        return tuple(p for p in self.signature.parameters.values() if p.kind is not p.KEYWORD_ONLY)

    @property
    def floats(self) -> tuple[str, ...]:
        """The names of the tensors that are taken as floats."""
        return tuple(p.name for p in self.tensors) if self.floating is True else tuple(self.floating or ())

    @property
    def attributes(self) -> tuple[inspect.Parameter, ...]:
        return tuple(p for p in self.signature.parameters.values() if p.kind is p.KEYWORD_ONLY)


@dataclass(frozen=True)
class Joint:
    """A VJP that gives the cotangents of all tensor arguments at once, as a tuple.

    Where it is `sparse`, the cotangent of a result that nothing depends on is None; zeros come where an
    interpreter cannot tell.
    """

    rule: Callable[..., tuple[Any, ...]]
    sparse: bool = False


def primitive(
    *,
    rule: Callable[..., Any] = MISSING,
    vjp: Any = MISSING,
    error: ErrorClass = MISSING,
    kinks: Iterable[Kink] = MISSING,
    specials: Any = MISSING,
    samples: Any = MISSING,
    **options: Any,
) -> Callable[[Callable[..., Any]], Op]:
    """Declare an op that every backend implements.

    `rule(*specs, **attrs)` gives the `TensorSpec` of the result; `vjp` is one rule
    `(B, cotangent, result, *args, **attrs)` for each tensor argument (None: no gradient), a single
    one where there is a single argument, a `Joint`, or None for an op without gradients.
    """
    parts = {"rule": rule, "vjp": vjp, "error": error, "kinks": kinks, "specials": specials, "samples": samples}

    def declare(fn: Callable[..., Any]) -> Op:
        return _declare(fn, inspect.signature(fn), parts, options)

    return declare


def composed(
    *,
    kinks: Iterable[Kink] = MISSING,
    specials: Any = MISSING,
    samples: Any = MISSING,
    vjp: Any = None,
    **options: Any,
) -> Callable[[Callable[..., Any]], Op]:
    """Declare an op by its body, whose first parameter `B` is the interpreter that runs it.

    `vjp` is given only where the body's own derivative is slower or is not what libraries compute; that
    derivative is right all the same, since frameworks differentiate the body;
    `()` says that no gradient passes. `alternatives` are other bodies that honest libraries use.
    """
    parts = {"kinks": kinks, "specials": specials, "samples": samples, "vjp": vjp}

    def declare(fn: Callable[..., Any]) -> Op:
        first, *rest = inspect.signature(fn).parameters.values()
        if first.name != "B":
            raise TypeError(f"op {fn.__name__!r}: the first parameter of a composed op is B, got {first.name!r}")
        return _declare(fn, inspect.Signature(rest), {**parts, "body": fn}, options)

    return declare


def alias(name: str, op: Op) -> Op:
    """Declare another public name of an op."""
    if name in OPS:
        raise TypeError(f"op {name!r}, an alias of {op.name!r}, is declared already, in family {OPS[name].family!r}")

    def body(B: Any, *args: Any, **attrs: Any) -> Any:
        return getattr(B, op.name)(*args, **attrs)

    doc = f"Another name of `{op.name}`: {op.doc[0].lower()}{op.doc[1:]}"
    vjp = None if op.differentiable else ()
    other: dict[str, Any] = {
        "rule": None,
        "error": None,
        "body": body,
        "vjp": vjp,
        "alternatives": (),
        "alias_of": op.name,
    }
    OPS[name] = replace(op, name=name, doc=doc, public=True, **other)
    return OPS[name]


def _declare(fn: Callable[..., Any], signature: inspect.Signature, parts: dict, options: dict) -> Op:
    name = fn.__name__.rstrip("_")
    lacking = [part for part, value in parts.items() if value is MISSING]
    if not fn.__doc__:
        lacking.append("docstring")
    if lacking:
        raise TypeError(f"op {name!r} in {fn.__module__}: the declaration lacks {', '.join(lacking)}")
    if name in OPS:
        raise TypeError(f"op {name!r} in {fn.__module__} is declared already, in family {OPS[name].family!r}")
    op = Op(
        name=name,
        family=fn.__module__.rpartition(".")[2],
        doc=inspect.cleandoc(fn.__doc__ or ""),
        signature=signature,
        **{
            **parts,
            "kinks": tuple(parts["kinks"]),
            "specials": _specials(parts["specials"]),
            "vjp": _vjp(parts["vjp"]),
            **options,
        },
    )
    if isinstance(op.vjp, tuple) and op.vjp and len(op.vjp) != len(op.tensors):
        raise TypeError(f"op {name!r}: {len(op.vjp)} VJP rules for {len(op.tensors)} tensor arguments")
    OPS[name] = op
    return op


def _specials(specials: Any) -> tuple[Special, ...]:
    """A mapping from input to result is short for a unary op's specials."""
    if isinstance(specials, Mapping):
        return tuple(Special((x,), y) for x, y in specials.items())
    return tuple(specials)


def _vjp(vjp: Any) -> Any:
    return (vjp,) if callable(vjp) and not isinstance(vjp, Joint) else vjp
