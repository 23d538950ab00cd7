"""Keras's names: the record is that of the installed Keras, the README's table is current, ops have a reason."""

import importlib.util
import inspect
import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from kcompat import keras_names, ops

DOCS = Path(__file__).parents[2] / "docs"
RECORD = "keras_names.json"
PUBLIC = {"ops": ops, "ops.image": ops.image}

pytestmark = pytest.mark.skipif(not DOCS.exists(), reason="only a checkout has the documentation")


@pytest.fixture(scope="module")
def recorded():
    """The names of `keras.ops` by module, each with its parameters."""
    return json.loads((DOCS / RECORD).read_text())


@pytest.fixture(scope="module")
def not_yet():
    """The reasons by module and name."""
    return tomllib.loads((DOCS / "not_yet.toml").read_text())


@pytest.fixture(scope="module")
def installed():
    """What the installed Keras says, asked in a process of its own: this one stays without Keras."""
    if importlib.util.find_spec("keras") is None:
        pytest.skip("keras is not installed: pip install 'kcompat[dev]'")
    environment = {**os.environ, "KERAS_BACKEND": "numpy"}
    command = [sys.executable, str(DOCS / "record_names.py"), "--print"]
    return json.loads(subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout)


def test_the_records_are_those_of_the_installed_keras(recorded, installed):
    names = json.loads(Path(keras_names.__file__).with_name(RECORD).read_text())
    assert [names, recorded] == installed, (
        "another Keras: KERAS_BACKEND=numpy python docs/record_names.py; "
        "then declare what is new, or give the reason in docs/not_yet.toml"
    )


def test_the_table_of_the_readme_is_current(monkeypatch):
    monkeypatch.syspath_prepend(DOCS)
    names = importlib.import_module("names")
    assert names.in_readme() == names.README.read_text(), "python docs/names.py brings it up to date"


@pytest.mark.parametrize("module", PUBLIC)
def test_each_op_is_here_or_has_a_reason(module, recorded, not_yet):
    missing = {name for name in recorded["names"][module] if not _is_here(module, name)}
    assert missing == not_yet[module].keys(), "each name that is not here has its reason in docs/not_yet.toml"
    assert all(not_yet[module].values())


def test_the_other_modules_have_the_same_functions(recorded):
    everything = recorded["names"]["ops"].items()
    assert all(names.items() <= everything for module, names in recorded["names"].items() if module not in PUBLIC)


def _is_here(module, name):
    return name in PUBLIC[module].__all__ and inspect.isfunction(getattr(PUBLIC[module], name))
