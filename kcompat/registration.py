"""One table of names for every kind of part: layers, losses, metrics, optimizers, initializers and so on.

`register` puts a class or function into it, `get` finds one by what a user passes, and `serialize` and `deserialize`
turn objects into configs, dicts of plain values in Keras 3's format, and back. A config names a class; it never
holds code, and nothing is imported to read one.
"""

from __future__ import annotations

import contextlib
import contextvars
import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np

from kcompat import keras_names, ops
from kcompat.naming import snake_case

T = TypeVar("T")
PLAIN = (str, int, float, bool, type(None))


@dataclass
class Kind:
    """Parts of one kind, by their names. `module` stands in configs as Keras writes it."""

    name: str
    module: str
    names: dict[str, Any] = field(default_factory=dict)
    """Class names, snake-case names and aliases, each with the class or function that it means."""


KINDS = {
    name: Kind(name, f"keras.{plural}".removesuffix("."))
    for name, plural in {
        "activation": "activations",
        "callback": "callbacks",
        "constraint": "constraints",
        "initializer": "initializers",
        "layer": "layers",
        "loss": "losses",
        "metric": "metrics",
        "model": "",
        "optimizer": "optimizers",
        "regularizer": "regularizers",
        "schedule": "optimizers.schedules",
    }.items()
}

_kind_of: dict[Any, Kind] = {}
"""The kind of each class and function that `register` was given."""

_custom: dict[str, Any] = {}
"""Classes and functions of users, by registered name: `package>name`."""

_scope: contextvars.ContextVar[Mapping[str, Any] | None] = contextvars.ContextVar("custom_objects", default=None)


def register(kind: str, *aliases: str) -> Callable[[T], T]:
    """Make a class or function of the library known by its name, by its name in snake case, and by `aliases`."""

    def decorate(part: T) -> T:
        name = part.__name__  # type: ignore[attr-defined]
        for known_as in (name, snake_case(name), *aliases):
            KINDS[kind].names.setdefault(known_as, part)
        _kind_of[part] = KINDS[kind]
        return part

    return decorate


def register_serializable(package: str = "Custom", name: str | None = None) -> Callable[[T], T]:
    """Make a class or function of yours known to configs as `package>name`; the name is its own if None.

    Known to Keras's users as `keras.saving.register_keras_serializable`.
    """

    def decorate(part: T) -> T:
        registered = f"{package}>{name or part.__name__}"  # type: ignore[attr-defined]
        if isinstance(part, type) and not hasattr(part, "get_config"):
            raise ValueError(
                f"{part.__name__} has no get_config(), so its arguments cannot be stored; "
                "inherit from a class of kcompat such as Layer, or define get_config"
            )
        _custom[registered] = part
        return part

    return decorate


def registered_name(part: Any) -> str:
    """The name that `register_serializable` gave a class or function; else its own name."""
    return next((name for name, known in _custom.items() if known is part), part.__name__)


def registered_object(name: str, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """The class or function of a registered name: of `custom_objects`, the scope or the registry; None if unknown."""
    for table in (custom_objects or {}, _scope.get() or {}, _custom):
        if name in table:
            return table[name]
    return None


@contextlib.contextmanager
def custom_object_scope(custom_objects: Mapping[str, Any]) -> Iterator[None]:
    """Within the block configs and names may also mean these classes and functions."""
    token = _scope.set({**(_scope.get() or {}), **custom_objects})
    try:
        yield
    finally:
        _scope.reset(token)


def is_registered(part: Any) -> bool:
    """Whether a class or function is one of the library's own."""
    return part in _kind_of


def registered_classes(kind: str) -> dict[str, type]:
    """The library's classes of a kind, by class name."""
    return {
        part.__name__: part for part, its_kind in _kind_of.items() if its_kind.name == kind and isinstance(part, type)
    }


def registered_functions(kind: str) -> dict[str, Callable[..., Any]]:
    """The library's functions of a kind, by name."""
    return {
        part.__name__: part
        for part, its_kind in _kind_of.items()
        if its_kind.name == kind and not isinstance(part, type)
    }


def get(kind: str, identifier: Any) -> Any:
    """A part of this kind from what a user passes.

    Args:
        kind: one of `KINDS`.
        identifier: a name, a config, a class (an instance is made without arguments), an object or a function. None
            stays None.

    Raises:
        ValueError: for an unknown name; it suggests the nearest one.
        TypeError: for what can be none.
    """
    if identifier is None:
        return None
    if isinstance(identifier, dict):
        return deserialize(identifier, kind=kind)
    if isinstance(identifier, str):
        identifier = registered_object(identifier) or by_name(kind, identifier, KINDS[kind].names)
    if isinstance(identifier, type):
        return identifier()
    if not callable(identifier):
        raise TypeError(f"{kind}: expected a name, a config, an object or a function; got {identifier!r}")
    return identifier


def by_name(kind: str, name: Any, known: Mapping[str, T]) -> T:
    """`known[name]`. Raises ValueError for an unknown name, suggesting the nearest; TypeError for what is no name."""
    if not isinstance(name, str):
        raise TypeError(
            f"{kind}: expected a name, such as {next(iter(known))!r}, or an object that is one; got {name!r}"
        )
    if name in known:
        return known[name]
    missing = keras_names.not_yet(KINDS[kind].module.removeprefix("keras."), name) if kind in KINDS else None
    if missing is not None:
        raise ValueError(f"unknown {kind} {name!r}; {missing}")
    near = difflib.get_close_matches(name.lower(), known, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(sorted(known))}"
    raise ValueError(f"unknown {kind} {name!r}; {hint}")


def refuse(owner: str, default: Any = None, /, **arguments: Any) -> None:
    """Raise for each argument of Keras's signature that is not supported and not at its default."""
    for name, value in arguments.items():
        if value is not None if default is None else value != default:
            raise NotImplementedError(f"{owner}: {name} is not supported yet, got {value!r}; leave it at {default!r}")


def rebuild(like: Any, items: Iterable[Any]) -> Any:
    """A list, tuple or named tuple of other items."""
    return type(like)(*items) if hasattr(like, "_fields") else type(like)(items)


def serialize(value: Any) -> Any:
    """A value as plain data: an object becomes its config, a function its name, containers are gone through.

    Raises TypeError for what has no name or config, such as a lambda: a config holds no code.
    """
    if isinstance(value, PLAIN):
        return value
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return {"class_name": "__numpy__", "config": {"value": value.tolist(), "dtype": value.dtype.name}}
    if isinstance(value, (list, tuple)):
        return rebuild(value, map(serialize, value))
    if isinstance(value, dict):
        return {key: serialize(item) for key, item in value.items()}
    if hasattr(value, "get_config"):
        return _serialize_object(value)
    if callable(value):
        return _serialize_function(value)
    raise TypeError(f"a config holds plain values, objects with get_config() and named functions; got {value!r}")


def _serialize_object(value: Any) -> dict[str, Any]:
    cls = type(value)
    kind = _kind_of.get(cls)
    return {
        "module": kind.module if kind else None if cls in _custom.values() else cls.__module__,
        "class_name": cls.__name__,
        "config": value.get_config(),
        "registered_name": None if kind else registered_name(cls),
    }


def _serialize_function(function: Any) -> Any:
    name = getattr(function, "__name__", "")
    kind = _kind_of.get(function)
    if kind is not None and kind.name == "activation":
        return name
    if not name.isidentifier():
        raise TypeError(
            f"{function!r} has no name that a config could hold; define it with `def` and, so that a config can be "
            "read again, put @kcompat.saving.register_keras_serializable() above"
        )
    of_ops = getattr(function, "__module__", "") == ops.__name__ and getattr(ops, name, None) is function
    return {
        "module": "keras.ops" if of_ops else "builtins",
        "class_name": "function",
        "config": name,
        "registered_name": "function" if kind or of_ops else registered_name(function),
    }


def deserialize(config: Any, custom_objects: Mapping[str, Any] | None = None, kind: str | None = None) -> Any:
    """The object of a config, or what a name means among the parts of `kind`; other values stay as they are.

    Raises ValueError for a class or function that is not known: it is to be given in `custom_objects` or registered.
    """
    if isinstance(config, str) and kind is not None:
        with custom_object_scope(custom_objects or {}):
            return get(kind, config)
    if isinstance(config, (list, tuple)):
        return rebuild(config, (deserialize(item, custom_objects) for item in config))
    if not isinstance(config, dict):
        return config
    if "class_name" not in config or "config" not in config:
        return {key: deserialize(item, custom_objects) for key, item in config.items()}
    name, inner = config["class_name"], config["config"]
    if name == "__numpy__":
        return np.array(inner["value"], inner["dtype"])
    if name == "__tuple__":
        return tuple(deserialize(item, custom_objects) for item in inner["value"])
    if name == "DTypePolicy":  # which is its name, until there are policies that mix dtypes
        return inner["name"]
    if name == "function":
        return _find(inner, config, custom_objects, kind)
    cls = _find(name, config, custom_objects, kind)
    with custom_object_scope(custom_objects or {}):
        return cls.from_config(inner)


def _find(name: str, config: dict[str, Any], custom_objects: Mapping[str, Any] | None, kind: str | None) -> Any:
    """The class or function that a config names."""
    if config.get("class_name") == "function" and config.get("module") in ("keras.ops", "kcompat.ops"):
        return getattr(ops, name)
    for known_as in filter(None, (config.get("registered_name"), name)):
        part = registered_object(known_as, custom_objects)
        if part is not None:
            return part
    module = str(config.get("module") or "").replace("kcompat", "keras", 1)
    own = [k for k in KINDS.values() if k.name == kind or k.module == module or module in ("", "builtins", "keras")]
    for table in own:
        if name in table.names:
            return table.names[name]
    raise ValueError(
        f"the config names {name!r} of module {config.get('module')!r}, which is not known; pass "
        f"custom_objects={{{name!r}: ...}}, or put @kcompat.saving.register_keras_serializable() above its definition"
    )
