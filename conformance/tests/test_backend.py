"""Finding, loading and choosing backends."""

import pytest

from kcompat.backend import load


def test_registered_backend_loads(registered):
    try:
        assert load(registered).name == registered
    except ImportError as error:
        pytest.skip(str(error))
