"""Finding, loading and choosing backends."""

from __future__ import annotations

import contextlib
import difflib
import functools
import importlib
import importlib.util
import os
import pkgutil
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from kcompat.runtime import active
from kcompat.runtime.interpreter import COMPOSED, MISSING, NATIVE, Interpreter
from kcompat.spec import OPS

GROUP = "kcompat.backends"
OURS = "kcompat"
"""The package whose names of backends no other package takes."""
DEFAULT = "numpy"
VARIABLE = "KCOMPAT_BACKEND"


def default_name() -> str:
    """The backend that is used unless one is chosen: `KCOMPAT_BACKEND`, or numpy."""
    return os.environ.get(VARIABLE) or DEFAULT


@functools.cache
def registered() -> dict[str, Any]:
    """The entry points of every backend that is registered, by name.

    Where packages register the same name, that of kcompat stands, else the first package by name; a warning says so.
    """
    from importlib.metadata import entry_points  # takes long, and `import kcompat` does not need it

    entries: dict[str, Any] = {}
    for entry in sorted(
        entry_points(group=GROUP), key=lambda entry: (entry.name, _package(entry) != OURS, _package(entry))
    ):
        first = entries.setdefault(entry.name, entry)
        if first.value != entry.value:
            warnings.warn(
                f"package {_package(entry)!r} registers a backend as {entry.name!r} ({entry.value}), which is that of "
                f"package {_package(first)!r} ({first.value}); it is left out until it takes another name",
                stacklevel=2,
            )
    return entries


def _package(entry: Any) -> str:
    """The name of the package that registers an entry point."""
    return entry.dist.name if entry.dist else OURS


loaded: dict[str, Interpreter] = {}
"""The backends whose frameworks this process has imported."""


@functools.cache
def load(name: str) -> Interpreter:
    """The interpreter of a backend; imports its framework.

    Raises LookupError for a name that is not registered; ImportError with the `pip install` line if the framework is
    not installed, and with what a package raised that is installed but fails.
    """
    entries = registered()
    if name not in entries:
        near = difflib.get_close_matches(str(name), entries, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise LookupError(f"no backend is registered as {name!r}; there are {', '.join(entries)}{hint}")
    try:
        package = entries[name].load()
        interpreter = Interpreter(name, native_ops(package.ops), package.engine)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a plug-in may raise anything, and even `sys.exit` must not end who only looks
        raise ImportError(f"backend {name!r} {_why_unusable(entries[name], error)}") from error
    loaded[name] = interpreter
    return interpreter


def _why_unusable(entry: Any, error: BaseException) -> str:
    if isinstance(error, ModuleNotFoundError) and not _is_installed(error.name):
        package = _package(entry)
        needed = error.name or "a package"
        extra = f"'{OURS}[{entry.name}]'" if package == OURS else package
        return f"needs {needed} that is not installed: pip install {extra}"
    said = f"{type(error).__name__}: {error}".removesuffix(": ")
    return f"is installed, by the package {_package(entry)}, but fails: {said}"


def _is_installed(module: str | None) -> bool:
    """Whether the package of a module can be found, so that it is no `pip install` that is missing."""
    try:
        return module is not None and importlib.util.find_spec(module.partition(".")[0]) is not None
    except (ImportError, ValueError):
        return False


def load_default() -> Interpreter:
    """The interpreter of the backend that is used unless one is chosen."""
    return load(default_name())


active.set_default(load_default)


def native_ops(ops: Any) -> dict[str, Any]:
    """The ops that a backend defines: the public functions of its `ops`, a module, or a package of public modules."""
    if not hasattr(ops, "__path__"):
        return _public_functions(ops)
    natives: dict[str, Any] = {}
    for _, module, _ in pkgutil.iter_modules(ops.__path__):
        if module.startswith("_"):
            continue
        for name, function in _public_functions(importlib.import_module(f"{ops.__name__}.{module}")).items():
            if natives.setdefault(name, function) is not function:
                raise TypeError(f"{ops.__name__}.{module} has another {name!r} than one before it; rename a helper")
    return natives


def _public_functions(module: Any) -> dict[str, Any]:
    """The functions that a module defines, and those that have the name of an op: the others are imports."""
    return {
        name: value
        for name, value in vars(module).items()
        if not name.startswith("_") and callable(value) and not isinstance(value, type)
        if name in OPS or getattr(value, "__module__", None) == module.__name__
    }


def current() -> Interpreter:
    """The active backend's interpreter."""
    B = active.active()
    B.name  # noqa: B018  (loads the default backend, the first time)
    return load(B.name) if B is active.process else B


def get_backend() -> str:
    """The name of the active backend."""
    return current().name


def set_backend(name: str) -> None:
    """Make a backend the active one, in all threads."""
    active.set_process_interpreter(load(name))


@contextlib.contextmanager
def use_backend(name: str) -> Iterator[Interpreter]:
    """Make a backend the active one within a `with` block, in this thread or task."""
    with active.use(load(name)) as interpreter:
        yield interpreter


@dataclass(frozen=True)
class BackendInfo:
    """What `list_backends` knows of one backend; `error` says why it cannot be used."""

    name: str
    version: str | None
    devices: tuple[str, ...]
    native: tuple[str, ...]
    composed: tuple[str, ...]
    missing: tuple[str, ...]
    error: str | None = None

    @property
    def installed(self) -> bool:
        """Whether it can be used."""
        return self.error is None


def list_backends() -> list[BackendInfo]:
    """Every registered backend: version, devices, and which ops are native, composed or missing.

    Imports the framework of each one that is installed.
    """
    return [_describe(name) for name in registered()]


def _describe(name: str) -> BackendInfo:
    try:
        B = load(name)
        version, devices = B.engine.version(), tuple(B.engine.devices())
    except KeyboardInterrupt:
        raise
    except ImportError as error:
        return BackendInfo(name, None, (), (), (), (), str(error))
    except BaseException as error:  # see `load`
        return BackendInfo(name, None, (), (), (), (), f"backend {name!r} {_why_unusable(registered()[name], error)}")
    native, composed, missing = (
        tuple(op for op, support in B.support.items() if support == kind) for kind in (NATIVE, COMPOSED, MISSING)
    )
    return BackendInfo(name, version, devices, native, composed, missing)
