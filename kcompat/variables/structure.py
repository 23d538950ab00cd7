"""Whether anything changed that decides which variables a model has and which of them are trained.

One count for the process: a model compares it before a step, which costs next to nothing, and looks at its layers
only if it has moved.
"""

from __future__ import annotations

import itertools

_changes = itertools.count(1)
_version = 0


def note_change() -> None:
    """A layer or variable was added somewhere, or is trained from now on, or not any more."""
    global _version
    _version = next(_changes)


def version() -> int:
    """A number that is another after each change."""
    return _version
