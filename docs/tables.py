"""Pieces of Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

FITS = 6
"""How many elements of an array a cell shows."""


def python(source: str) -> str:
    """A code block."""
    return f"```python\n{source}\n```"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def code(text: str) -> str:
    """Text as code; within one, a bar does not end a cell."""
    return f"`{text}`"


def call(args: Sequence[Any], attrs: dict[str, Any]) -> str:
    """Arguments, as code."""
    arguments = [*map(shown, args), *(f"{name}={shown(value)}" for name, value in attrs.items())]
    return code(", ".join(arguments)) if arguments else "no tensors"


def shown(x: Any) -> str:
    """A value; of an array that does not fit into a cell, the dtype and the shape."""
    if isinstance(x, np.generic):
        return repr(x.item())
    if not isinstance(x, np.ndarray):
        return f"({', '.join(map(shown, x))})" if isinstance(x, tuple) and len(x) > 1 else repr(x)
    return repr(x.tolist()) if x.size <= FITS else f"{x.dtype}{list(x.shape)}"


def styled(how: str) -> str:
    """How an op is supported, in its colour."""
    return f'<span class="{how}">{how}</span>'
