"""`kcompat backends` says what is there, and how to get what is not."""

import subprocess
import sys

import pytest

from kcompat import cli
from kcompat.runtime import registry as backends
from kcompat.runtime.registry import BackendInfo
from kcompat.spec import OPS


def test_backends_are_listed_with_version_devices_and_counts(backend, capsys):
    cli.main(["backends"])
    support = list(backend.support.values())
    counts = [str(support.count(how)) for how in ("native", "composed", "missing")]
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    (line,) = (words for words in lines if words[0] == backend.name)
    assert line[1:5] == [backend.engine.version(), *counts]
    assert " ".join(line[5:]) == ", ".join(backend.engine.devices())


def test_ops_are_listed_with_how_each_backend_runs_them(backend, capsys):
    cli.main(["backends", "--ops"])
    lines = capsys.readouterr().out.split("\n\n")[1].splitlines()
    column = lines[0].split().index(backend.name)
    listed = {words[1]: words[column] for words in map(str.split, lines[1:])}
    assert listed == backend.support
    assert list(listed) == [op.name for op in sorted(OPS.values(), key=lambda op: (op.family, op.name))]


def test_what_is_not_installed_is_listed_with_the_pip_line(monkeypatch, capsys):
    class Entry:
        name, dist = "jax", None

        def load(self):
            raise ModuleNotFoundError("No module named 'absent'", name="absent")

    monkeypatch.setattr(backends, "registered", lambda: {"jax": Entry()})
    monkeypatch.setattr(backends, "load", backends.load.__wrapped__)
    cli.main(["backends", "--ops"])
    assert "pip install 'kcompat[jax]'" in capsys.readouterr().out


def test_rows_may_end_early_with_a_long_remark():
    rows = [("a", "bb"), ("ccc", "d"), ("e a remark that is longer",)]
    assert cli.table(rows).splitlines() == ["a    bb", "ccc  d", "e a remark that is longer"]
    assert cli.backend_row(BackendInfo("x", None, (), (), (), (), "why"))[1] == "not usable: why"


@pytest.mark.parametrize("arguments", [[], ["backend"]])
def test_a_wrong_command_is_an_error(arguments, capsys):
    with pytest.raises(SystemExit, match="2"):
        cli.main(arguments)
    assert "usage: kcompat" in capsys.readouterr().err


def test_the_module_runs_as_a_command():
    done = subprocess.run([sys.executable, "-m", "kcompat", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("kcompat ")
