"""Every public class has a row of cases: a new one cannot be forgotten."""

from dataclasses import dataclass
from types import ModuleType

import pytest

from kcompat import layers, losses, metrics, optimizers
from kcompat.conformance import cases
from kcompat.conformance.cases import layers as layer_cases
from kcompat.conformance.cases import losses as loss_cases
from kcompat.conformance.cases import metrics as metric_cases
from kcompat.conformance.cases import optimizers as optimizer_cases
from kcompat.conformance.run import suite


@dataclass(frozen=True)
class Kind:
    """A module of public classes, the module of cases that judges them, and the classes that compute nothing."""

    public: ModuleType
    cases: ModuleType
    bases: frozenset[str]

    @property
    def classes(self):
        names = self.public.__all__
        return sorted(n for n in names if isinstance(getattr(self.public, n), type) and n not in self.bases)

    @property
    def file(self):
        return f"conformance/cases/{self.cases.__name__.rpartition('.')[2]}.py"


KINDS = (
    Kind(layers, layer_cases, frozenset({"Layer", "InputLayer"})),
    Kind(losses, loss_cases, frozenset({"Loss", "LossFunctionWrapper"})),
    Kind(metrics, metric_cases, frozenset({"Metric", "MeanMetricWrapper"})),
    Kind(optimizers, optimizer_cases, frozenset({"Optimizer"})),
)
"""A kind of class joins by a line here and in `suite.CLASSES`."""

CLASSES = [(kind, name) for kind in KINDS for name in kind.classes]


@pytest.mark.parametrize(("kind", "name"), CLASSES, ids=lambda x: x if isinstance(x, str) else x.public.__name__)
def test_each_class_has_a_row(kind, name):
    assert name in {case.name for case in kind.cases.ALL}, f"{name} has no row: add one to {kind.file}"


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.public.__name__)
def test_bases_are_public_and_have_no_row(kind):
    assert kind.bases <= set(kind.public.__all__), "a class that is gone is to leave the list of bases"
    assert not kind.bases & {case.name for case in kind.cases.ALL}, "a class with a row is none that computes nothing"


def test_all_rows_are_checks():
    judged = {id(case) for _, _, rows in suite.CLASSES for case in rows}
    assert {id(case) for kind in KINDS for case in kind.cases.ALL} <= judged, "a kind lacks its line in suite.CLASSES"


def test_modules_of_cases_are_listed_in_their_room():
    listed = cases.__doc__
    assert all(f"`{kind.cases.__name__.rpartition('.')[2]}`" in listed for kind in KINDS)


@pytest.mark.parametrize("case", [*layer_cases.ALL, *loss_cases.ALL], ids=lambda case: case.id)
def test_data_are_the_same_in_every_dtype(case):
    """No number is rounded when it is converted: a check of half precision is about the same case."""
    half = case.in_dtype("float16").arrays()
    for x, y in zip(case.arrays(), half, strict=True):
        assert x is y is None or (x.astype("float64") == y.astype("float64")).all()
