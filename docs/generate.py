"""An MkDocs hook that writes the pages which the spec determines: the op reference and the support matrix."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import declarations
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

from kcompat import backend as backends
from kcompat.ops import public_signature
from kcompat.spec import OPS, Kink, Op, Special

ROOT = Path(__file__).parents[1]
FAMILIES = sorted({op.family for op in OPS.values()})
OWN = "kcompat"


def on_config(config: MkDocsConfig) -> None:
    """Put a page for each family of ops into the navigation."""
    reference = next(part["Reference"] for part in config.nav or () if "Reference" in part)
    ops = next(part for part in reference if "Ops" in part)
    ops["Ops"] = [{title(family): page_of(family)} for family in FAMILIES]


def on_files(files: Files, config: MkDocsConfig) -> None:
    """Add the pages."""
    pages = {page_of(family): family_page(family) for family in FAMILIES}
    pages["reference/support.md"] = support_page()
    pages["contributing.md"] = (ROOT / "CONTRIBUTING.md").read_text()
    for path, content in pages.items():
        files.append(File.generated(config, path, content=content))


def page_of(family: str) -> str:
    """Where the ops of a family are described."""
    return f"reference/ops/{family}.md"


def title(family: str) -> str:
    """The name of a family, as a heading."""
    return family.capitalize()


def family_page(family: str) -> str:
    """The ops of one family: the public ones, then those that only interpreters call."""
    ops = sorted((op for op in OPS.values() if op.family == family), key=lambda op: (not op.public, op.name))
    parts = [f"# {title(family)}", declarations.module_docstring(family)]
    for op in ops:
        parts += describe(op)
    return "\n\n".join(parts) + "\n"


def describe(op: Op) -> Iterable[str]:
    """Signature, docstring, body or derivative, kinks and specials."""
    name = f"kcompat.ops.{op.name}" if op.public else f"B.{op.name}"
    yield f"## {op.name} {{ #{op.name} }}"
    yield python(f"{name}{public_signature(op) if op.public else op.signature}")
    yield op.doc
    if op.alias_of:
        return
    if op.primitive:
        assert op.error is not None
        ulps = f", to {op.error.k:g} ulps" if op.error.kind == "unary" else ""
        yield f"**Primitive.** Error class: {op.error.kind}{ulps}."
    else:
        yield "**Composed.** Its body, on any backend `B`:"
        yield python(declarations.body(op))
    yield from derivative(op)
    if op.alternatives:
        yield "Other formulas that honest libraries use:"
        yield python("\n\n\n".join(inspect.getsource(f).strip() for f in op.alternatives))
    if op.kinks:
        yield 'Kinks: the gradient there, and the interval that a backend at level "core" may answer from.'
        yield table(["at", "gradient", "admissible"], map(kink_row, op.kinks))
    if op.specials:
        yield table(["special input", "result"], map(special_row, op.specials))
    yield "Internal: interpreters and the spec call it; it is not in `kcompat.ops`." if not op.public else ""


def derivative(op: Op) -> Iterable[str]:
    """The VJP rule, or why there is none."""
    if not op.differentiable:
        yield "No gradient passes."
    elif op.vjp:
        yield "VJP, with the cotangent `g` and the result `y`:"
        yield python(declarations.vjp(op))
    else:
        yield "Differentiated through its body."


def python(source: str) -> str:
    """A code block."""
    return f"```python\n{source}\n```"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def call(args: Sequence[Any], attrs: dict[str, Any]) -> str:
    """The arguments of a kink or special, as code."""
    return f"`{', '.join([*map(repr, args), *(f'{name}={value!r}' for name, value in attrs.items())])}`"


def kink_row(kink: Kink) -> list[str]:
    """At, gradient, admissible interval."""
    low, high = kink.admissible
    return [call(kink.args, kink.attrs), call(kink.gradients, {}), f"[{low:g}, {high:g}]"]


def special_row(special: Special) -> list[str]:
    """Input and result."""
    return [call(special.args, special.attrs), f"`{special.result!r}`"]


def support_page() -> str:
    """Which op is native, composed or missing on each of the project's own backends."""
    own = [name for name, entry in backends.registered().items() if entry.dist and entry.dist.name == OWN]
    support, absent = {}, []
    for name in sorted(own, key=lambda name: name != "torch"):  # before tensorflow, whose libraries can clash with it
        try:
            support[name] = backends.load(name).support
        except ImportError:
            absent.append(name)
    rows = [
        [
            f"[{op.name}](ops/{op.family}.md#{op.name})",
            "primitive" if op.primitive else "composed",
            *(cell(support[name][op.name]) if name in support else "not installed" for name in own),
        ]
        for op in sorted(OPS.values(), key=lambda op: (op.family, op.name))
    ]
    counts = ["", "", *(summary(support[name]) if name in support else "" for name in own)]
    parts = [
        "# Support matrix",
        "How each backend runs each op: with code of its own (native), through the op's body (composed), or not "
        "at all. A native op has the same meaning as the body; `kcompat backends --ops` prints this table for what is "
        "installed, plug-ins included.",
    ]
    if absent:
        parts.append(f"This site was built without {', '.join(absent)}: what that covers is not known here.")
    parts.append(table(["op", "declared", *own], [*rows, counts]))
    return "\n\n".join(parts) + "\n"


def cell(how: str) -> str:
    """One entry of the matrix."""
    return f'<span class="{how}">{how}</span>'


def summary(support: dict[str, str]) -> str:
    """How many ops are native."""
    return f"{list(support.values()).count('native')} of {len(support)} native"
