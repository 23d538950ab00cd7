"""The suite is measured: it finds every planted bug, by a named check."""

import json
import pkgutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from kcompat.conformance import mutants
from kcompat.conformance.mutants import mutation, planting
from kcompat.spec import OPS


@pytest.fixture(scope="module")
def fates():
    return {(fate.op, fate.name): fate for fate in mutation.run()}


@pytest.mark.parametrize("mutant", mutation.mutants(), ids=lambda mutant: f"{mutant.op}: {mutant.name}")
def test_mutant_is_killed(fates, mutant):
    fate = fates[mutant.op, mutant.name]
    assert fate.killed_by, (
        f"{mutant.op} with {mutant.name!r} passes all {fate.asked} checks: add the input that shows it"
    )


def test_there_are_enough_of_them():
    """At least a hundred, five for every family that computes anything."""
    families = Counter(mutant.family for mutant in mutation.mutants())
    assert sum(families.values()) >= 100
    lacking = {op.family for op in OPS.values()} - {family for family, n in families.items() if n >= 5}
    assert not lacking, f"families with fewer than five mutants: {sorted(lacking)}"


def test_files_are_called_after_families():
    families = {op.family for op in OPS.values()}
    names = {module.name for module in pkgutil.iter_modules(mutants.__path__)}
    assert names == {*families, "layers", "losses", "metrics", "optimizers", "mutation", "planting"}


PLANTED = ["BatchNormalization", "MeanSquaredLogarithmicError", "BinaryAccuracy", "RMSprop", "sign"]
"""A subject of each kind: the whole table takes half an hour, `kcompat mutants --planted`."""


def test_a_mutant_in_the_source_is_found(tmp_path):
    report = tmp_path / "planted.json"
    options = [option for subject in PLANTED for option in ("--ops", subject)]
    command = [sys.executable, "-m", "kcompat", "mutants", "--planted", *options, "--report", str(report)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert not done.returncode, done.stdout + done.stderr
    fates = json.loads(report.read_text())["mutants"]
    assert {fate["op"] for fate in fates} == set(PLANTED)
    assert all(fate["killed_by"] for fate in fates)


def test_an_edit_leaves_the_docstring_alone():
    def f(x):
        """Gives x + 1."""
        return x + 1

    text = Path(__file__).read_text()
    edited = planting.edited_text(text, f, "x + 1", "x - 1")
    assert edited.count("Gives x + 1.") == text.count("Gives x + 1.")
    assert "return x - " + "1\n" in edited
    with pytest.raises(LookupError, match="stands 0 times"):
        planting.edited_text(text, f, "x + 2", "x")


def test_a_subject_without_an_edit_is_refused():
    with pytest.raises(LookupError, match="no mutant of transpose is an edit"):
        planting.run(["transpose"])
