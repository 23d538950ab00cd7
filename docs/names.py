"""The page on Keras's names: which of them are here, how each backend runs them, and which are not here yet."""

from __future__ import annotations

import inspect
import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import support
from tables import code, table

from kcompat import ops
from kcompat.spec import OPS

HERE = Path(__file__).parent
RECORD = json.loads((HERE / "keras_names.json").read_text())
NOT_YET = tomllib.loads((HERE / "not_yet.toml").read_text())
MODULES = {"ops": ops, "ops.image": ops.image}


def page() -> str:
    """What is not here, then every name."""
    here, all_ = (sum(map(len, names)) for names in (map(_here, MODULES), (RECORD["names"][m] for m in MODULES)))
    others = ", ".join(f"`keras.{module}`" for module in RECORD["names"] if module not in MODULES)
    parts = [
        "# Keras's names",
        f"Keras {RECORD['version']} has {all_} public functions in `keras.ops` and `keras.ops.image`; {here} of them "
        "are here, under the same names, with the same order of parameters and the same defaults. "
        f"Those of {others} are the same functions again: here they are in `kcompat.ops` only.",
        "A test compares this page's lists with the installed Keras: a name is in `kcompat` or among those that are "
        "not here yet, with the reason.",
        "## Not here yet",
        table(["name", "reason"], _absent()),
        "These parameters are not taken; giving one is a `TypeError`.",
        table(["name", "parameters"], _lacking()),
        "`where` needs `x1` and `x2`: how large the result of its other form is depends on the data. Modes that are "
        "not here, such as beam search in `ctc_decode`, are refused; the reference of each op lists what it refuses.",
        "## All names",
        "An op is declared in its *family* and runs *native* or *composed* on each backend, as in the "
        "[support matrix](support.md). A *function* is no op: it takes or gives what is no tensor, and is written "
        "once for all backends.",
        support.absent(),
    ]
    for module in MODULES:
        head = ["name", "family", *support.own()]
        parts += [f"### keras.{module}", table(head, (_row(module, name) for name in RECORD["names"][module]))]
    return "\n\n".join(filter(None, parts)) + "\n"


def _here(module: str) -> list[str]:
    return [name for name in RECORD["names"][module] if hasattr(MODULES[module], name)]


def _absent() -> Iterator[list[str]]:
    for module, reasons in NOT_YET.items():
        for name, reason in reasons.items():
            yield [code(f"{module}.{name}"), reason]


def _lacking() -> Iterator[list[str]]:
    for module in MODULES:
        for name in _here(module):
            taken = inspect.signature(getattr(MODULES[module], name)).parameters
            lacking = [p for p in RECORD["names"][module][name].split() if p not in taken and p != "kwargs"]
            if lacking:
                yield [code(f"{module}.{name}"), ", ".join(map(code, lacking))]


def _row(module: str, name: str) -> list[str]:
    """Where a name is found, and how it runs."""
    if name in NOT_YET[module]:
        return [name, "not yet", *("" for _ in support.own())]
    if name not in OPS:
        anchor = _anchor(getattr(MODULES[module], name))
        return [f"[{name}](ops.md#{anchor})", "function", *("" for _ in support.own())]
    op = OPS[OPS[name].alias_of or name]
    page = f"ops/{op.family}.md"
    return [f"[{name}]({page}#{name})", f"[{op.family}]({page})", *support.cells(op)]


def _anchor(function: Any) -> str:
    """Where mkdocstrings describes a function."""
    return f"{function.__module__}.{function.__name__}"
