"""Pieces of Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any


def python(source: str) -> str:
    """A code block."""
    return f"```python\n{source}\n```"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def code(text: str) -> str:
    """Text as code, within a table too."""
    return f"`{text.replace('|', chr(92) + '|')}`"


def call(args: Sequence[Any], attrs: dict[str, Any]) -> str:
    """Arguments, as code."""
    return code(", ".join([*map(repr, args), *(f"{name}={value!r}" for name, value in attrs.items())]))


def styled(how: str) -> str:
    """How an op is supported, in its colour."""
    return f'<span class="{how}">{how}</span>'
