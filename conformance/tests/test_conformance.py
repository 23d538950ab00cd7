"""Every check of the suite, on every backend or `--target`."""

from importlib.resources import files

import pytest

from kcompat.conformance.run import xfails
from kcompat.conformance.run.runner import run


@pytest.fixture(scope="session")
def expected(target):
    """The failures of a target that are known, from `conformance/xfails`."""
    path = files("kcompat.conformance").joinpath("xfails", f"{target.name.replace(':', '-')}.toml")
    return xfails.load(path) if path.is_file() else []


def test_check(target, expected, check):
    (result,) = run(target, [check], expected=expected)
    assert result.status not in ("fail", "error", "timeout", "xpass"), result.message
    if target.interpreter is not None:
        assert result.status != "unsupported", f"a backend answers every check: {result.message}"
    if result.status == "xfail":
        pytest.xfail(f"{result.reason} ({result.link})")
