"""The rooms of the suite: each imports those before it alone, and its docstring lists its modules."""

import ast
import importlib
import re
from pathlib import Path

import pytest

from kcompat import conformance

HOME = Path(next(iter(conformance.__path__)))
STOREYS = ("targets", "cases", "references", "records", "judge", "run", "report")
MAY_IMPORT = {
    **{room: set(STOREYS[: i + 1]) for i, room in enumerate(STOREYS)},
    "adapters": {"adapters", "targets", "cases"},
    "mutants": {"mutants", *STOREYS},
}


def modules(room):
    return sorted(path for path in (HOME / room).glob("*.py") if path.stem != "__init__")


def imported_rooms(path):
    """The rooms that a module imports from."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("kcompat.conformance"):
            parts = node.module.split(".")[2:]
            yield from parts[:1] or [alias.name for alias in node.names]


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_a_room_imports_those_before_it_alone(room):
    for path in modules(room):
        assert set(imported_rooms(path)) <= MAY_IMPORT[room], f"{room}/{path.name} imports a later room"


@pytest.mark.parametrize("room", [room for room in (*STOREYS, "adapters") if room != "references"])
def test_a_docstring_lists_the_modules_of_a_room(room):
    docstring = importlib.import_module(f"kcompat.conformance.{room}").__doc__
    listed = [name for line in docstring.splitlines() if line.startswith("- ") for name in quoted(line)]
    assert sorted(listed) == sorted(path.stem for path in modules(room)), f"list each module in {room}/__init__.py"


def quoted(line):
    """The names before the colon."""
    return re.findall(r"`(\w+)`", line.partition(":")[0])


def test_the_package_lists_its_rooms():
    listed = [name for line in conformance.__doc__.splitlines() if line.startswith("- ") for name in quoted(line)]
    assert listed == [*STOREYS, "adapters", "mutants", "record", "cli", "plugin"]
