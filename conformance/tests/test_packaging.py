"""The folders, the imports and the size of the files are what pyproject.toml and the design promise."""

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("kcompat", "spec", "backends", "conformance", "bench")
FRAMEWORKS = {"tensorflow", "jax", "jaxlib", "torch", "keras"}
LONGEST = 400

pytestmark = pytest.mark.skipif(not (ROOT / "pyproject.toml").exists(), reason="only a checkout has the folders")


def sources(*folders):
    """The modules in these folders, without those of nested distributions."""
    for folder in folders:
        nested = [path.parent for path in (ROOT / folder).rglob("pyproject.toml")]
        for path in sorted((ROOT / folder).rglob("*.py")):
            if not any(path.is_relative_to(other) for other in nested):
                yield path


def trees(*folders):
    return [(path.relative_to(ROOT), ast.parse(path.read_text())) for path in sources(*folders)]


def test_every_folder_with_code_is_packaged():
    config = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    folders = {path.parent.relative_to(ROOT).parts for path in sources(*FOLDERS)}
    found = {".".join(parts if parts[0] == "kcompat" else ("kcompat", *parts)) for parts in folders}
    assert found == set(config["packages"]), "make [tool.setuptools] packages in pyproject.toml equal to the tree"


def test_library_and_spec_import_no_framework():
    found = []
    for path, tree in trees("kcompat", "spec"):
        for node in ast.walk(tree):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            found += [f"{path}:{node.lineno} {name}" for name in names if name.partition(".")[0] in FRAMEWORKS]
    assert not found, "only backends/<name>/ imports a framework"


def test_library_and_spec_never_ask_which_backend_runs():
    found = []
    for path, tree in trees("kcompat", "spec"):
        for node in ast.walk(tree):
            if isinstance(node, ast.Compare):
                operands = [node.left, *node.comparators]
                found += [f"{path}:{node.lineno} {ast.unparse(node)}" for x in operands if is_backend_name(x)]
    assert not found, "put the difference into the backend, behind an op or a method of its engine"


def is_backend_name(node):
    """A constant such as "jax", `B.name`, `engine.name` or `get_backend()`."""
    if isinstance(node, ast.Constant):
        return node.value in {"numpy", "jax", "torch", "tensorflow"}
    if isinstance(node, ast.Attribute) and node.attr == "name":
        return ast.unparse(node.value).rpartition(".")[2] in {"B", "backend", "engine", "interpreter"}
    return isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == "get_backend"


def test_no_module_is_too_long():
    lengths = {str(path.relative_to(ROOT)): path.read_text().count("\n") for path in sources(*FOLDERS)}
    long = {path: n for path, n in lengths.items() if n > LONGEST}
    assert not long, f"past {LONGEST} lines a module has a second concern: move it to a module of its own"


def test_importing_kcompat_imports_no_framework():
    program = "import sys, kcompat, kcompat.ops, kcompat.runtime.shapes; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert not loaded & FRAMEWORKS, "a framework is imported when its backend is first asked for, not before"
