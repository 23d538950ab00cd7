"""Finding something by name, with an error that helps; and refusing what is not supported."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any


def by_name(kind: str, name: Any, known: Mapping[str, Any]) -> Any:
    """`known[name]`; a ValueError for an unknown name suggests the nearest, a TypeError says what is no name."""
    if not isinstance(name, str):
        raise TypeError(
            f"{kind}: expected a name, such as {next(iter(known))!r}, or an object that is one; got {name!r}"
        )
    if name in known:
        return known[name]
    near = difflib.get_close_matches(str(name).lower(), known, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(sorted(known))}"
    raise ValueError(f"unknown {kind} {name!r}; {hint}")


def refuse(owner: str, default: Any = None, /, **arguments: Any) -> None:
    """Raise for each argument of Keras's signature that is not supported and not at its default."""
    for name, value in arguments.items():
        if value is not None if default is None else value != default:
            raise NotImplementedError(f"{owner}: {name} is not supported yet, got {value!r}; leave it at {default!r}")
