"""An MkDocs hook that writes the pages which the spec determines: op reference, support matrix, Keras's names."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import classes
import declarations
import families
import names
import support
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from tables import call, code, python, shown, table

from kcompat import ops
from kcompat.conformance.run import suite
from kcompat.ops.generated import public_signature
from kcompat.spec import OPS, ErrorClass, Kink, Op, Refusal, Special

ROOT = Path(__file__).parents[1]
ERRORS = {
    "arithmetic": "one rounding of the result",
    "cast": "one rounding of the result",
    "sum": "that of adding blocks: log2(n) / 2 roundings of the sum of magnitudes, for n terms",
    "scatter": "that of adding blocks: log2(n) / 2 roundings of the sum of magnitudes, for n terms",
    "cumsum": "sqrt(n) roundings of the sum of magnitudes, for n terms",
    "matmul": "two roundings of the product of magnitudes",
    "structure": "none, elements move",
    "select": "none, elements are chosen",
    "order": "none, indices",
    "compare": "none, bools",
    "exact": "none, results are exact",
}
"""What an application of a primitive may be off, by error class; `kcompat.conformance.judge.rounding` has the rules."""


def on_config(config: MkDocsConfig) -> None:
    """Put a page for each family of ops into the navigation."""
    reference = next(part["Reference"] for part in config.nav or () if "Reference" in part)
    place = next(part for part in reference if "Ops" in part)
    place["Ops"] = [
        {group: [{families.title(family): families.page_of(family)} for family in members]}
        for group, members in families.grouped().items()
    ]


def on_files(files: Files, config: MkDocsConfig) -> None:
    """Add the pages."""
    pages = {families.page_of(family): family_page(family) for family in families.ALL}
    pages["reference/support.md"] = support.page()
    pages["reference/names.md"] = names.page()
    pages["contributing.md"] = (ROOT / "CONTRIBUTING.md").read_text()
    for path, content in pages.items():
        files.append(File.generated(config, path, content=content))


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
    """End the pages of losses and metrics with a table of their classes."""
    del config, files
    module = classes.MODULES.get(page.file.src_uri)
    return markdown if module is None else markdown + classes.section(module)


def family_page(family: str) -> str:
    """The ops of one family: the public ones, then those that only interpreters call."""
    members = sorted((op for op in OPS.values() if op.family == family), key=lambda op: (not op.public, op.name))
    parts = [f"# {families.title(family)}", declarations.module_docstring(family)]
    for op in members:
        parts += describe(op)
    return "\n\n".join(filter(None, parts)) + "\n"


def describe(op: Op) -> Iterator[str]:
    """Signature, docstring, body or derivative, and what the suite holds backends to."""
    yield f"## {op.name} {{ #{op.name} }}"
    yield python(f"{path_of(op)}{public_signature(op) if op.public or op.name in ops.image.__all__ else op.signature}")
    yield op.doc
    if op.alias_of:
        yield f"[{op.alias_of}](#{op.alias_of}) has its body, its derivative and its clauses."
        return
    yield f"Other names: {listed(others)}." if (others := names_beside(op)) else ""
    if op.primitive:
        yield f"**Primitive.** Rounding error of one application: {error_of(op.error)}."
    else:
        yield "**Composed.** Its body, on any backend `B`:"
        yield python(declarations.body(op))
    yield from derivative(op)
    if op.alternatives:
        yield "Other formulas that honest libraries use; where they round more, the tolerance is wider:"
        yield python("\n\n\n".join(inspect.getsource(f).strip() for f in op.alternatives))
    if op.signs:
        yield "A sign is free here: suites multiply each result by what makes it comparable."
    yield from points(op)
    yield internal(op)


def path_of(op: Op) -> str:
    """How an op is called."""
    if op.public:
        return f"kcompat.ops.{op.name}"
    return f"kcompat.ops.image.{op.name}" if op.name in ops.image.__all__ else f"B.{op.name}"


def internal(op: Op) -> str:
    """Why an op is not in `kcompat.ops`."""
    if op.public or op.name in ops.image.__all__:
        return ""
    return "Internal: interpreters and the spec call it; it is not in `kcompat.ops`."


def names_beside(op: Op) -> list[str]:
    """The aliases of an op."""
    return [other.name for other in OPS.values() if other.alias_of == op.name]


def error_of(error: ErrorClass | None) -> str:
    """What one application of a primitive may be off."""
    assert error is not None
    if error.kind == "unary":
        return f"{error.k:g} ulps of the result"
    if error.kind == "backward":
        return f"that of exact results for matrices moved by {error.k:g} roundings of their largest element"
    return ERRORS[error.kind]


def derivative(op: Op) -> Iterator[str]:
    """The VJP rule, or why there is none."""
    if not op.differentiable:
        yield "No gradient passes."
    elif op.vjp:
        yield "VJP, with the cotangent `g` and the result `y`:"
        yield python(declarations.vjp(op))
    else:
        yield "Differentiated through its body."


def points(op: Op) -> Iterator[str]:
    """Kinks, special values and refusals, each a clause; then the clauses that are no single point."""
    if op.kinks:
        yield "Kinks: the gradient there, which level L2s asks for, and the interval from which L2 takes any."
        yield table(["clause", "at", "gradient", "admissible"], rows_of(op, "kink", kink_cells))
    if op.specials:
        yield table(["clause", "special input", "result"], rows_of(op, "special", special_cells))
    if op.refusals:
        yield table(["clause", "invalid call", "raises"], rows_of(op, "refusal", refusal_cells))
    at_points = tuple(f"{op.name}.{kind}." for kind in ("kink", "special", "refusal"))
    yield f"Other clauses: {listed(name for name in suite.clauses(op) if not name.startswith(at_points))}."


def rows_of(op: Op, kind: str, cells: Any) -> list[list[str]]:
    """A row a point, with its clause."""
    return [[code(f"{op.name}.{kind}.{i}"), *cells(point)] for i, point in enumerate(getattr(op, f"{kind}s"))]


def kink_cells(kink: Kink) -> list[str]:
    """At, gradient, admissible interval."""
    low, high = kink.admissible
    return [call(kink.args, kink.attrs), call(kink.gradients, {}), f"[{low:g}, {high:g}]"]


def special_cells(special: Special) -> list[str]:
    """Input and result."""
    return [call(special.args, special.attrs), code(shown(special.result))]


def refusal_cells(refusal: Refusal) -> list[str]:
    """Call and error."""
    return [call(refusal.args, refusal.attrs), code(refusal.error.__name__)]


def listed(words: Iterable[str]) -> str:
    """Names, as code."""
    return ", ".join(map(code, words))
