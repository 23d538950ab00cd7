"""The support matrix: which op is native, composed or missing on each of the project's own backends."""

from __future__ import annotations

import functools

from tables import styled, table

from kcompat.runtime import registry as backends
from kcompat.spec import OPS, Op

OWN = "kcompat"
NOT_INSTALLED = "not installed"


@functools.cache
def own() -> dict[str, dict[str, str]]:
    """The project's own backends, and how each runs each op; nothing is known of one that is not installed."""
    names = [name for name, entry in backends.registered().items() if entry.dist and entry.dist.name == OWN]
    support: dict[str, dict[str, str]] = {name: {} for name in names}
    for name in sorted(names, key=lambda name: name != "torch"):  # before tensorflow, whose libraries can clash with it
        try:
            support[name] = backends.load(name).support
        except ImportError:
            continue
    return support


def cells(op: Op) -> list[str]:
    """How each backend runs an op."""
    return [styled(support[op.name]) if support else NOT_INSTALLED for support in own().values()]


def absent() -> str:
    """A sentence on the backends that could not be asked."""
    names = ", ".join(name for name, support in own().items() if not support)
    return f"This site was built without {names}: what that covers is not known here." if names else ""


def page() -> str:
    """A row an op."""
    rows = [
        [f"[{op.name}](ops/{op.family}.md#{op.name})", declared(op), *cells(op)]
        for op in sorted(OPS.values(), key=lambda op: (op.family, op.name))
    ]
    parts = [
        "# Support matrix",
        "How each backend runs each op: with code of its own (native), through the op's body (composed), or not "
        "at all. A native op has the same meaning as the body; `kcompat backends --ops` prints this table for what is "
        "installed, plug-ins included.",
        absent(),
        table(["op", "declared", *own()], [*rows, ["", "", *map(_summary, own().values())]]),
    ]
    return "\n\n".join(filter(None, parts)) + "\n"


def declared(op: Op) -> str:
    """What kind of op it is."""
    return f"alias of {op.alias_of}" if op.alias_of else "primitive" if op.primitive else "composed"


def _summary(support: dict[str, str]) -> str:
    """How many ops are native."""
    return f"{list(support.values()).count('native')} of {len(support)} native" if support else ""
