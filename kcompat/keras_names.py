"""Which public names Keras has, and what a module answers when it is asked for one that is not here.

`keras_names.json` beside this file holds the names by namespace, as `docs/record_names.py` found them.
"""

from __future__ import annotations

import functools
import importlib
import json
import sys
from collections.abc import Callable, Collection
from pathlib import Path
from types import ModuleType
from typing import Any

PAGE = 'the page "Keras\'s names" of the documentation lists what is here and what is missing'
SUGGESTIONS, LIKENESS = 3, 0.7


@functools.cache
def names() -> dict[str, frozenset[str]]:
    """The names of each namespace: `""` is `keras` itself, `"optimizers.schedules"` one within another."""
    record = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))
    return {namespace: frozenset(listed.split()) for namespace, listed in record["names"].items()}


def public(module: ModuleType) -> list[str]:
    """The names that a module of kcompat gives out."""
    return list(getattr(module, "__all__", dir(module)))


def explain_missing() -> None:
    """Let each public module that is loaded say what is known of a name that it does not have.

    It gets a `__getattr__` that raises. If the module defined one, type checkers would believe that it has every name.
    """
    for namespace in names():
        module = sys.modules.get(_module_of(namespace))
        if module is not None and "__getattr__" not in vars(module):
            module.__getattr__ = _missing(namespace, module)  # type: ignore[method-assign]


def _missing(namespace: str, module: ModuleType) -> Callable[[str], Any]:
    def missing(name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(f"module {module.__name__!r} has no attribute {name!r}")
        message = f"{module.__name__} has no {name!r}; {hint(namespace, name, public(module))}"
        # Python replaces the AttributeError that a `from` import meets by an error without the hint.
        if sys._getframe(1).f_code.co_name == "_handle_fromlist" and name in names()[namespace]:
            raise ImportError(message, name=module.__name__)
        raise AttributeError(message, name=name, obj=module)

    return missing


def hint(namespace: str, name: str, here: Collection[str]) -> str:
    """What a user may have meant by a name that is not here, to end an error message with.

    Args:
        namespace: where the name was looked for, such as "layers".
        name: what was asked for: a name of Keras that is not here yet, one of another namespace, or a misspelt one.
        here: the names that this namespace of kcompat has.
    """
    keras = names().get(namespace, frozenset()) | _namespaces_within(namespace)
    if name in keras:
        return _not_yet(name)
    elsewhere = [_path(other, name) for other, known in names().items() if name in known]
    if elsewhere:
        return _suggestion(elsewhere)
    near = nearest(name, keras.union(here))
    if not near:
        return f"nor has Keras 3: {PAGE}"
    if _plain(near[0]) == _plain(name) and near[0] not in here:
        return _not_yet(near[0])
    return _suggestion([other if other in here else f"{other} (not here yet)" for other in near])


def not_yet(namespace: str, name: str) -> str | None:
    """That Keras has a name in this namespace, in any spelling, and kcompat does not yet; None if Keras has none."""
    spelt = [known for known in names().get(namespace, frozenset()) if _plain(known) == _plain(name)]
    return _not_yet(spelt[0]) if spelt else None


def _namespaces_within(namespace: str) -> set[str]:
    start = f"{namespace}." if namespace else ""
    return {other.removeprefix(start).partition(".")[0] for other in names() if other.startswith(start)} - {""}


def _not_yet(name: str) -> str:
    return f"Keras 3 has {name}, kcompat does not yet: {PAGE}"


def _suggestion(likely: list[str]) -> str:
    return f"did you mean {' or '.join(likely[:SUGGESTIONS])}?"


def nearest(name: str, known: Collection[str]) -> list[str]:
    """The names that are nearest to a misspelt one, nearest first; capitals and underscores do not count."""
    from difflib import SequenceMatcher  # slow to import, and needed for errors only

    likeness = {other: SequenceMatcher(None, _plain(other), _plain(name)).ratio() for other in known if other[0] != "_"}
    likely = sorted(likeness, key=lambda other: (-likeness[other], other))
    least = max(LIKENESS, likeness[likely[0]] - 0.1) if likely else 1
    return [other for other in likely if likeness[other] >= least]


def _plain(name: str) -> str:
    return name.replace("_", "").lower()


def _module_of(namespace: str) -> str:
    return ".".join(filter(None, ("kcompat", namespace)))


def _path(namespace: str, name: str) -> str:
    """Where a name of Keras's stands, and whether it is here."""
    path = _module_of(namespace)
    try:
        here = hasattr(importlib.import_module(path), name)
    except ModuleNotFoundError:
        here = False
    return f"{path}.{name}" + ("" if here else " (not here yet)")
