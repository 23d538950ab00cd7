"""pytest plug-in: the suite's checks as tests, and `--backend NAME` for the tests of backends.

A test that takes `target` and `check` runs once for each check and target: the backends, or those that
`--target` names (`keras3:torch`, `module:factory`). The default is every registered backend that is installed.
"""

from __future__ import annotations

import functools
from typing import Any

import pytest

from kcompat.conformance.run import suite
from kcompat.conformance.targets.precision import PROFILES
from kcompat.conformance.targets.target import Target, load
from kcompat.runtime import registry as backends


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    parser.addoption(
        "--backend", action="append", metavar="NAME", help="backend to test, repeatable; default: all installed"
    )
    group = parser.getgroup("kcompat", "the conformance suite")
    group.addoption(
        "--target", action="append", metavar="NAME", help="target to judge, such as mylib:adapter; repeatable"
    )
    group.addoption("--level", choices=suite.LEVELS, default=suite.LEVELS[-1], help="the highest level of the checks")
    group.addoption("--profile", choices=PROFILES, default="fp32", help="the precision that the target declares")


def pytest_configure(config: pytest.Config) -> None:
    """Import the frameworks before any test does, torch before tensorflow: in the other order they can crash."""
    for name in sorted(_asked(config), key=lambda name: name != "torch"):
        error = _load_error(name)
        if error and config.getoption("--backend"):
            raise pytest.UsageError(f"--backend {name}: {error}")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One run of a test for each backend; `registered` is every name, installed or not."""
    names = _asked(metafunc.config)
    installed = [name for name in names if _load_error(name) is None]
    if "backend" in metafunc.fixturenames:
        metafunc.parametrize("backend", installed, indirect=True, scope="session")
    if "registered" in metafunc.fixturenames:
        ids = [name if _load_error(name) is None else f"{name}-not-installed" for name in names]
        metafunc.parametrize("registered", names, ids=ids)
    if {"target", "check"} <= set(metafunc.fixturenames):
        level, profile = (metafunc.config.getoption(f"--{option}") for option in ("level", "profile"))
        targets = metafunc.config.getoption("--target") or installed
        metafunc.parametrize("check", suite.checks(level, PROFILES[profile]), ids=str)
        metafunc.parametrize("target", targets, indirect=True, scope="session")


def _asked(config: pytest.Config) -> list[str]:
    if config.getoption("--target"):
        return []
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


@pytest.fixture(scope="session", name="target")
def _target(request: pytest.FixtureRequest) -> Target:
    """One target under test."""
    return load(request.param)
