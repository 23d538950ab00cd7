"""Keras's names: which of them are here and which are not yet, as a page of the site and as a table of the README.

python docs/names.py      # bring the table of the README up to date
"""

from __future__ import annotations

import importlib
import inspect
import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import support
from tables import code, table

from kcompat import keras_names, ops
from kcompat.spec import OPS

HERE = Path(__file__).parent
README = HERE.parent / "README.md"
BEGIN, END = "<!-- what is here: python docs/names.py -->\n", "<!-- end -->\n"
RECORD = json.loads((HERE / "keras_names.json").read_text())
NOT_YET = tomllib.loads((HERE / "not_yet.toml").read_text())
MODULES = {"ops": ops, "ops.image": ops.image}


class Namespace(NamedTuple):
    """The names of one namespace of Keras."""

    path: str
    here: list[str]
    missing: list[str]

    @property
    def title(self) -> str:
        """The namespace as Keras's users know it."""
        return ".".join(filter(None, ("keras", self.path)))


def namespaces() -> list[Namespace]:
    """All namespaces of Keras, in alphabetical order."""
    return [_divided(path, sorted(names, key=str.lower)) for path, names in sorted(keras_names.names().items())]


def _divided(path: str, names: list[str]) -> Namespace:
    module = _module(path)
    here = [name for name in names if name in keras_names.public(module)] if module else []
    return Namespace(path, here, [name for name in names if name not in here])


def _module(path: str) -> Any:
    """The module of kcompat for a namespace of Keras, or None."""
    module = ".".join(filter(None, ("kcompat", path)))
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError:
        return None


def summary() -> str:
    """How many names of each namespace are here, those within others counted with them."""
    counts: dict[str, list[int]] = {}
    for namespace in namespaces():
        count = counts.setdefault(namespace.path.partition(".")[0], [0, 0])
        count[0] += len(namespace.here)
        count[1] += len(namespace.here) + len(namespace.missing)
    rows = [[code(f"keras.{path}".rstrip(".")), f"{here} of {all_}"] for path, (here, all_) in counts.items() if here]
    none = ", ".join(code(f"keras.{path}") for path, (here, _) in counts.items() if not here)
    return f"{table(['namespace', 'names here'], rows)}\n\nNothing is here yet of {none}.\n"


def in_readme() -> str:
    """The README with its table brought up to date."""
    before, _, rest = README.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{summary()}\n{END}{after}"


def page() -> str:
    """How many, then every name by namespace, then more on the ops."""
    others = ", ".join(f"`keras.{module}`" for module in RECORD["names"] if module not in MODULES)
    parts = [
        "# Keras's names",
        f"What is here and what is missing of Keras {RECORD['version']}, by namespace. An op that is here takes the "
        "parameters of Keras's, in the same order and with the same defaults. "
        f"{others} name functions of `keras.ops` again, here as there.",
        "Asked for a name that is missing, kcompat says so: `kcompat.layers has no 'X'; Keras 3 has X, kcompat does "
        "not yet`.",
        summary(),
        *_lists(),
        *_ops(),
    ]
    return "\n\n".join(filter(None, parts)) + "\n"


def _lists() -> Iterator[str]:
    for namespace in namespaces():
        yield f"## {namespace.title}"
        rows = {"here": namespace.here, "not yet": namespace.missing}
        yield table(["", "names"], [[kind, ", ".join(map(code, names))] for kind, names in rows.items() if names])


def _ops() -> Iterator[str]:
    """Why an op is missing, which parameters are, and how each backend runs those that are here."""
    yield "## Ops that are missing, and why"
    yield "A test holds this list to be complete."
    yield table(["name", "reason"], _absent())
    yield "These parameters are not taken; giving one is a `TypeError`."
    yield table(["name", "parameters"], _lacking())
    yield (
        "`where` needs `x1` and `x2`: how large the result of its other form is depends on the data. Modes that are "
        "not here, such as beam search in `ctc_decode`, are refused; the reference of each op lists what it refuses."
    )
    yield "## How each op runs"
    yield (
        "An op is declared in its *family* and runs *native* or *composed* on each backend, as in the "
        "[support matrix](support.md). A *function* is no op: it takes or gives what is no tensor, and is written "
        "once for all backends."
    )
    yield support.absent()
    for module in MODULES:
        head = ["name", "family", *support.own()]
        yield f"### How keras.{module} runs"
        yield table(head, (_row(module, name) for name in RECORD["names"][module]))


def _absent() -> Iterator[list[str]]:
    for module, reasons in NOT_YET.items():
        for name, reason in reasons.items():
            yield [code(f"{module}.{name}"), reason]


def _lacking() -> Iterator[list[str]]:
    for module, public in MODULES.items():
        for name in filter(public.__all__.__contains__, RECORD["names"][module]):
            taken = inspect.signature(getattr(public, name)).parameters
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


if __name__ == "__main__":
    README.write_text(in_readme())
