"""The house: who may import whom, no circles, nothing private across folders, each class in the file of its family."""

import ast
import importlib
import inspect
import re
from functools import cache
from pathlib import Path

import pytest

from kcompat.naming import snake_case

ROOT = Path(__file__).parents[2]
FOLDERS = ("spec", "kcompat", "backends", "conformance", "bench")
STOREYS = [
    "spec",
    "config runtime keras_names",
    "ops",
    "variables random naming registration configurable",
    "activations initializers regularizers constraints dtype_policies",
    "layers losses optimizers",
    "metrics",
    "data callbacks",
    "saving",
    "training",
    "models",
    "distribution utils",
    "kcompat",
    "backends",
    "conformance",
    "bench",
    "cli __main__",
    "tests",
]
"""From the ground up: a room may import from lower storeys, and from its own unless it says `apart`."""

APART = {"layers", "losses", "optimizers"}
"""Rooms of one storey that do not import each other."""

FRAMEWORK_ROOMS = {"spec", "config", "runtime", "backends"}
"""What a backend may import."""

pytestmark = pytest.mark.skipif(not (ROOT / "pyproject.toml").exists(), reason="only a checkout has the folders")


@cache
def modules():
    """The path of each module, by its name."""
    named = {}
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            if "toy_backend" in parts:
                continue
            parts = parts if folder == "kcompat" else ("kcompat", *parts)
            named[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return named


@cache
def imports(module, typing=False):
    """The modules that a module imports, each with the names taken from it; without those for types alone."""
    tree = ast.parse(modules()[module].read_text())
    skipped = {
        id(node)
        for guard in ast.walk(tree)
        if isinstance(guard, ast.If) and ast.unparse(guard.test) == "TYPE_CHECKING" and not typing
        for node in ast.walk(guard)
    }
    found = []
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.Import):
            found += [(alias.name, None) for alias in node.names if alias.name.partition(".")[0] == "kcompat"]
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "kcompat":
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                found.append((inner, None) if inner in modules() else (node.module, alias.name))
    return found


def room(module):
    """`layers` for `kcompat.layers.dense`; the package itself, and the tests, are rooms of their own."""
    if ".tests" in module:
        return "tests"
    return module.split(".")[1] if "." in module else "kcompat"


def storey(module):
    name = room(module)
    for height, names in enumerate(STOREYS):
        if name in names.split():
            return height
    raise AssertionError(f"{module}: give the room {name!r} a storey in STOREYS")


def test_a_room_imports_from_below():
    wrong = []
    for module in modules():
        for target, _ in imports(module):
            here, there = room(module), room(target)
            up = storey(target) > storey(module)
            beside = here != there and storey(target) == storey(module) and {here, there} <= APART
            foreign = here == "backends" and there not in FRAMEWORK_ROOMS
            if up or beside or foreign:
                wrong.append(f"{module} imports {target}")
    assert not wrong, "these stand below, or beside, what they import; see STOREYS, and architecture.md for the reason"


def test_no_import_is_a_circle():
    """Modules only: a package's `__init__` that exports a module is imported before it by nature."""
    graph = {m: {t for t, _ in imports(m) if t != m and not m.startswith(f"{t}.")} for m in modules()}
    done, path, circles = set(), [], []

    def visit(module):
        if module in path:
            circles.append(" -> ".join([*path[path.index(module) :], module]))
        elif module not in done and module in graph:
            path.append(module)
            for target in sorted(graph[module]):
                visit(target)
            path.pop()
            done.add(module)

    for module in sorted(graph):
        visit(module)
    assert not circles


def folder(module):
    return modules()[module].parent if module in modules() else None


def test_no_underscore_name_crosses_a_folder():
    private = re.compile(r"^_[^_]")
    crossing = []
    for module in modules():
        for target, name in imports(module, typing=True):
            parts = target.split(".")
            hidden = [i for i, part in enumerate(parts) if private.match(part)]
            owner = ".".join(parts[: hidden[0]]) if hidden else target
            is_private = hidden or (name and private.match(name))
            if is_private and owner in modules() and not modules()[module].is_relative_to(modules()[owner].parent):
                crossing.append(f"{module}: {target} {name or ''}")
    assert not crossing, "what another folder needs has a public name"


KINDS = {"layers": "Layer", "losses": "Loss", "metrics": "Metric", "optimizers": "Optimizer"}
FAMILIES = {
    "kcompat.layers.convolution": "Conv",
    "kcompat.layers.pooling": "Pooling",
    "kcompat.layers.normalization": "Normalization",
    "kcompat.layers.reshaping": "Flatten|Reshape|Permute|RepeatVector",
    "kcompat.layers.input": "Input",
    "kcompat.training.diagnosis": "NonFiniteLoss",
}
"""Files of a family, and what the names of its classes have in common."""


def public_classes(name):
    package = importlib.import_module(f"kcompat.{name}")
    for attribute in package.__all__:
        part = getattr(package, attribute)
        if inspect.isclass(part):
            yield part


@pytest.mark.parametrize("name", ["layers", "models", "optimizers", "callbacks"])
def test_a_class_stands_in_the_file_of_its_name_or_family(name):
    lost = []
    for part in public_classes(name):
        file = part.__module__.rpartition(".")[2]
        own = {snake_case(part.__name__), part.__name__.lower()}
        if file not in own and not re.search(FAMILIES.get(part.__module__, "$^"), part.__name__):
            lost.append(f"{part.__name__} in {part.__module__}")
    assert not lost


def test_public_methods_that_override_nothing_have_docstrings():
    bare = []
    for module in modules():
        if room(module) not in ("conformance", "tests", "bench", "backends", "__main__"):
            for _, cls in inspect.getmembers(importlib.import_module(module), inspect.isclass):
                if cls.__module__ == module and not cls.__name__.startswith("_"):
                    bare += [
                        f"{module}.{cls.__name__}.{name}"
                        for name, method in vars(cls).items()
                        if not name.startswith("_") and inspect.isfunction(method) and not method.__doc__
                        if not any(hasattr(base, name) for base in cls.__mro__[1:])
                    ]
    assert not bare
