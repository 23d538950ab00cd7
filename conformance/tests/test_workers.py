"""Processes of targets: one that hangs is stopped and the run goes on, and none outlives the run."""

import os
import signal
import subprocess
import sys
import time

import pytest

from kcompat.conformance.run import conform as running
from kcompat.conformance.run.conform import conform
from kcompat.conformance.run.selection import Selection

TARGET = """
import ctypes, os, sys, time
from pathlib import Path
import numpy as np
from kcompat.conformance.targets.target import Target

def in_c(x):
    Path(__file__).with_name("pid").write_text(str(os.getpid()))
    ctypes.PyDLL(None).sleep(600)  # with the lock of the interpreter, so that no handler of a signal runs

def stubborn(x):
    while True:
        try:
            time.sleep(600)
        except BaseException:
            pass

def late(x):
    try:
        time.sleep(600)
    except BaseException:
        return np.cos(x)

FUNCTIONS = {
    "exp": in_c, "tanh": stubborn, "cos": late, "sin": lambda x: sys.exit(0), "log": np.log,
}

def target():
    return Target("odd", FUNCTIONS, asarray=np.array, to_numpy=np.asarray)

def hangs():
    time.sleep(600)
"""


@pytest.fixture
def odd(tmp_path, monkeypatch):
    """A module of targets, and the folder that it is in."""
    (tmp_path / "odd.py").write_text(TARGET)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")]))
    return tmp_path


def asked(*ops, timeout=2.0):
    return Selection(ids=tuple(f"{op}-0:surface" for op in ops), quick=True, timeout=timeout)


@pytest.mark.usefixtures("odd")
def test_a_check_that_cannot_be_interrupted_is_a_timeout_and_the_run_goes_on(monkeypatch):
    monkeypatch.setattr(running, "GRACE", 0.5)
    report = conform(["odd:target"], asked("exp", "tanh", "cos", "sin", "log"))
    assert [(target["status"], target["message"]) for target in report["targets"]] == [("complete", "")]
    assert {r["id"].partition("-")[0]: (r["status"], r["message"]) for r in report["results"]} == {
        "exp": ("timeout", "took longer than 2 s"),
        "tanh": ("timeout", "took longer than 2 s"),
        "cos": ("timeout", "took longer than 2 s"),
        "sin": ("error", "SystemExit: 0"),
        "log": ("pass", ""),
    }


@pytest.mark.usefixtures("odd")
def test_a_target_that_hangs_while_it_is_loaded_has_no_data(monkeypatch):
    monkeypatch.setattr(running, "LOADING", 0.5)
    (target,) = conform(["odd:hangs"], asked("exp"))["targets"]
    assert (target["status"], target["message"]) == ("no data", "it took longer than 0.5 s to load the target")


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_to_the_run_alone_ends_its_workers(odd, number, status):
    options = ["--target", "odd:target", "--id", "exp-0:surface", "--quick", "--timeout", "600"]
    run = subprocess.Popen(
        [sys.executable, "-m", "kcompat", "conform", *options],
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    wait_until(lambda: (odd / "pid").exists() and (odd / "pid").read_text())
    worker = int((odd / "pid").read_text())
    assert is_alive(worker)
    run.send_signal(number)
    _, said = run.communicate(timeout=60)
    assert run.returncode == status
    assert "Traceback" not in said
    assert not is_alive(worker)


def wait_until(condition, seconds=120.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def is_alive(process):
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True
