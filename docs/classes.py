"""Tables of classes that one line makes of a function: their arguments stand in no source that a reader could open."""

from __future__ import annotations

import inspect
from types import ModuleType

from tables import code, table

from kcompat import losses, metrics

MODULES = {"reference/losses.md": losses, "reference/metrics.md": metrics}
"""The pages that such a table ends, and the module of its classes."""


def section(module: ModuleType) -> str:
    """The classes that a module gives out, each with what it computes and its arguments."""
    classes = [part for part in map(vars(module).get, sorted(module.__all__)) if inspect.isclass(part)]
    rows = [[code(_called(part)), (inspect.getdoc(part) or "").partition("\n")[0]] for part in classes]
    return f"\n\n## All classes\n\n{table(['class and arguments', 'what it computes'], rows)}\n"


def _called(part: type) -> str:
    """The class with its arguments, without their types."""
    parameters = [p.replace(annotation=inspect.Parameter.empty) for p in inspect.signature(part).parameters.values()]
    return f"{part.__name__}{inspect.Signature(parameters)}"
