"""The modules of a folder have an order: none imports one that imports it, at its top or within a function."""

import ast
import graphlib
from pathlib import Path

import pytest

import kcompat

FOLDERS = ["runtime", "ops"]


def imported(path, known):
    """The modules among `known` that a file imports; what only type checkers import does not count."""
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            node.body = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from (name if name in known else node.module for name in names if {name, node.module} & known)


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_circle(folder):
    files = {
        f"kcompat.{folder}.{path.stem}".removesuffix(".__init__"): path
        for path in (Path(kcompat.__file__).parent / folder).glob("*.py")
    }
    graph = {name: set(imported(path, files.keys())) - {name} for name, path in files.items()}
    list(graphlib.TopologicalSorter(graph).static_order())  # raises CycleError with the circle
