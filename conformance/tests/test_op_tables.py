"""`kcompat.ops.nn`, `.numpy`, `.linalg` and `.image`: Keras's tables of names over the functions of `kcompat.ops`."""

import pytest

from kcompat import ops
from kcompat.conformance.tests import witness

TABLES = [ops.nn, ops.numpy, ops.linalg, ops.image]


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.__name__)
def test_a_table_has_the_names_of_keras_that_are_here(table):
    if not witness.INSTALLED:
        pytest.skip("keras is not installed: pip install 'kcompat[dev]'")
    theirs = witness.signatures(table.__name__.replace("kcompat", "keras"))
    assert sorted(set(theirs) & {*ops.__all__, *ops.image.__all__}) == sorted(table.__all__)


@pytest.mark.parametrize("table", TABLES[:3], ids=lambda table: table.__name__)
def test_a_table_holds_the_functions_of_ops(table):
    assert all(getattr(table, name) is getattr(ops, name) for name in table.__all__)


@pytest.mark.parametrize("module", [ops, *TABLES], ids=lambda module: module.__name__)
def test_the_names_are_listed_before_the_functions_are_made(module):
    assert set(module.__all__) <= set(dir(module))


@pytest.mark.parametrize("module", [ops, *TABLES], ids=lambda module: module.__name__)
def test_an_unknown_name_is_refused(module):
    with pytest.raises(AttributeError, match=f"{module.__name__} has no 'no_such_op'"):
        module.no_such_op  # noqa: B018
    assert not hasattr(module, "__no_such_protocol__")
