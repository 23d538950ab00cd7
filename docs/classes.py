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
    rows = [[code(part.__name__), _first_line(part), code(str(inspect.signature(part)))] for part in classes]
    return f"\n\n## All classes\n\n{table(['class', 'what it is', 'arguments'], rows)}\n"


def _first_line(part: type) -> str:
    return (inspect.getdoc(part) or "").partition("\n")[0].replace("|", "\\|")
