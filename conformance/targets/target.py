"""Targets: libraries under test.

A target gives the library's functions for ops of the spec, and the ways in and out of its arrays. With a `vjp` its
gradients are judged too. An adapter is a function that makes a target; see `docs/pages/guide/adapters.md`.
"""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from kcompat.conformance.targets.dialect import Dialect, write_public_call
from kcompat.conformance.targets.precision import Profile
from kcompat.runtime import registry as backends
from kcompat.runtime.active import active, use
from kcompat.runtime.engine import Engine
from kcompat.runtime.interpreter import MISSING
from kcompat.spec import Op

PRELUDE = 'import kcompat\nimport numpy as np\nfrom kcompat import ops\nkcompat.set_backend("{}")'


class Unsupported(Exception):  # noqa: N818  (no error: a target need not have every op)
    """Raised by a target for what it does not offer."""


class NotApplicable(Exception):  # noqa: N818
    """Raised by a check that has nothing to ask of a target, such as one of compiled code where nothing compiles."""


class Target:
    """A library under test.

    Args:
        name: how reports call it.
        functions: for names of ops, functions that take tensors by position and attributes by keyword, with the
            spec's names.
        asarray: makes a tensor of a NumPy array, and keeps its dtype (which may be `ml_dtypes.bfloat16`).
        to_numpy: makes a NumPy array of a tensor.
        vjp: `vjp(f, tensors)` gives the tuple of results of `f(*tensors)`, and a function from a tuple of cotangents to
            those of the tensors.
        compile: gives a compiled function.
        compiles_ops: running an op eagerly compiles it, which takes time.
        version: of the library.
        device: on which it computes.
        answers: for questions that only backends of ours can be asked, such as `cases.layers.forward`, functions of the
            case.
        dialect: how scripts are written for it.
    """

    interpreter: Any = None
    """The interpreter of a backend of ours, on which layers and training can be run."""

    def __init__(
        self,
        name: str,
        functions: Mapping[str, Callable[..., Any]],
        *,
        asarray: Callable[[np.ndarray], Any],
        to_numpy: Callable[[Any], np.ndarray],
        vjp: Callable[..., Any] | None = None,
        compile: Callable[..., Any] | None = None,  # noqa: A002  (the field's word)
        compiles_ops: bool = False,
        version: str = "",
        device: str = "cpu",
        answers: Mapping[Callable[..., Any], Callable[[Any], Any]] | None = None,
        dialect: Dialect | None = None,
    ):
        self.name, self.functions, self.version, self.device = name, functions, version, device
        self.asarray, self.to_numpy, self.vjp, self.compile = asarray, to_numpy, vjp, compile
        self.answers, self.dialect = answers or {}, dialect
        self.compiles_ops, self.hurried = compiles_ops, False
        self.latest: tuple[Any, Any] | None = None
        """The last case with its results and tensors, which two checks look at."""

    def __repr__(self) -> str:
        return f"<target {self.name} {self.version} on {self.device}>"

    def function(self, op: Op) -> Callable[..., Any]:
        """The library's function for an op. Raises `Unsupported` where it has none."""
        if op.name not in self.functions:
            raise Unsupported(f"{self.name} has no {op.name}")
        return self.functions[op.name]

    def use(self, device: str, profile: Profile) -> None:
        """Go to a device, if one is named, and compute as the profile says. An adapter may override it."""
        if device not in ("", "cpu"):
            raise ValueError(f"{self.name} cannot be put on {device!r}: its adapter has no `use`")

    def result(self, y: Any) -> Any:
        """A result as it is judged."""
        return self.to_numpy(y)

    def signed(self, y: Any, sign: Any) -> Any:
        """A result times the sign that makes it unique."""
        return y * sign

    def trained(self, program: Any) -> list[Any]:
        """The weights that a program of the interpreter's engine has now."""
        return list(program.state().params.values())

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """The context of each call."""
        with np.errstate(all="ignore"):
            yield

    def ask(self, question: Callable[..., Any], case: Any) -> Any:
        """The answer to a question of the suite, such as `cases.questions.value`."""
        with self.running():
            return self.answers[question](case) if question in self.answers else question(self, case)

    def call(self, case: Any) -> str:
        """The call of a case as code, its tensors under their names; for a script that shows a failure."""
        return write_public_call(f"ops.{case.op.name}", case)

    def built(self, case: Any) -> list[str]:
        """The code that makes `y` of the case of a layer or loss; nothing where the library has none."""
        return []


class InterpreterTarget(Target):
    """A backend of kcompat, built in or a plug-in; or another interpreter with an engine."""

    def __init__(self, interpreter: Any):
        engine = self.engine = interpreter.engine
        self.interpreter = interpreter
        super().__init__(
            interpreter.name,
            {},
            asarray=lambda x: engine.asarray(x, x.dtype.name),
            to_numpy=engine.to_numpy,
            vjp=lambda f, tensors: engine.vjp(active(), f, tensors),
            compile=None if type(engine).jit is Engine.jit else engine.jit,
            compiles_ops=engine.compiles_ops,
            version=engine.version(),
            device=", ".join(engine.devices()),
            dialect=Dialect(
                PRELUDE.format(interpreter.name),
                "ops.convert_to_tensor({})",
                "ops.convert_to_numpy({})",
                "y, pull = ops.vjp(lambda {xs}: {f}, {xs})\ng = pull({ct})",
            ),
        )

    def use(self, device: str, profile: Profile) -> None:
        self.engine.use_tf32(profile.factor_bits is not None)
        if device:
            self.engine.use_device(device)
            self.device = device

    def function(self, op: Op) -> Callable[..., Any]:
        if self.interpreter.support[op.name] == MISSING:
            raise Unsupported(f"{self.name} does not implement the primitive {op.name}")
        # Within `vjp` the active interpreter is the tape.
        return lambda *args, **attrs: getattr(active(), op.name)(*args, **attrs)

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        with use(self.interpreter), np.errstate(all="ignore"):
            yield


def load(name: str) -> Target:
    """A target by name: a backend's, `keras3:torch`, `raw:jax`, or `module:factory` for an adapter.

    Raises LookupError for an unknown name, ImportError for a package that is not installed.
    """
    module, separator, factory = name.partition(":")
    if not separator:
        return InterpreterTarget(backends.load(name))
    if module in ("keras3", "raw"):
        shipped = importlib.import_module(f"kcompat.conformance.adapters.{module}")
        return shipped.target(factory)
    make = getattr(importlib.import_module(module), factory, None)
    if not callable(make):
        raise LookupError(f"module {module!r} has no function {factory!r} that makes a target")
    target = make()
    if not isinstance(target, Target):
        raise LookupError(f"{name} gives a {type(target).__name__}; an adapter makes a {Target.__module__}.Target")
    return target
