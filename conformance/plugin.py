"""pytest plug-in: `--backend NAME` (repeatable) chooses the backends under test.

The default is every registered backend that is installed.
"""

from __future__ import annotations

import functools
from typing import Any

import pytest

from kcompat import backend as backends


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--backend`."""
    parser.addoption(
        "--backend", action="append", metavar="NAME", help="backend to test, repeatable; default: all installed"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Import the frameworks before any test does, torch before tensorflow: in the other order they can crash."""
    for name in sorted(_asked(config), key=lambda name: name != "torch"):
        error = _load_error(name)
        if error and config.getoption("--backend"):
            raise pytest.UsageError(f"--backend {name}: {error}")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One run of a test for each backend; `registered` is every name, installed or not."""
    names = _asked(metafunc.config)
    if "backend" in metafunc.fixturenames:
        installed = [name for name in names if _load_error(name) is None]
        metafunc.parametrize("backend", installed, indirect=True, scope="session")
    if "registered" in metafunc.fixturenames:
        ids = [name if _load_error(name) is None else f"{name}-not-installed" for name in names]
        metafunc.parametrize("registered", names, ids=ids)


def _asked(config: pytest.Config) -> list[str]:
    return config.getoption("--backend") or list(backends.registered())


@functools.cache
def _load_error(name: str) -> str | None:
    """Why a backend cannot be tested; None if it can."""
    try:
        backends.load(name)
    except (ImportError, LookupError) as error:
        return str(error)
    return None


@pytest.fixture(scope="session")
def backend(request: pytest.FixtureRequest) -> Any:
    """The interpreter of one backend under test."""
    return backends.load(request.param)
