"""The suite is measured: it finds every planted bug, by a named check."""

import pkgutil
from collections import Counter

import pytest

from kcompat.conformance import mutants
from kcompat.conformance.mutants import mutation
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
    assert names == {*families, "layers", "losses", "metrics", "optimizers", "mutation"}
