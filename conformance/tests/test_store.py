"""Expectations on disk: what is broken is computed again."""

import subprocess

import numpy as np
import pytest

from kcompat.conformance.judge import store
from kcompat.conformance.run import preparation
from kcompat.conformance.targets.precision import PROFILES


@pytest.fixture
def empty_store(tmp_path, monkeypatch):
    """A store of expectations in a folder of its own."""
    monkeypatch.setattr(store, "folder", lambda: tmp_path)
    store.load.cache_clear()
    yield
    store.load.cache_clear()


GOOD = {f"exp-0 value 0 {part}": np.zeros(3) for part in ("value", "bound", "sigma")}


def resaved(path, **changes):
    with np.load(path) as arrays:
        changed = {**arrays, **{f"exp-0 value 0 {part}": x for part, x in changes.items()}}
    np.savez(path, **{name: x for name, x in changed.items() if x is not None})


BREAKS = {
    "cut": lambda path: path.write_bytes(path.read_bytes()[:40]),
    "text": lambda path: path.write_text("expectations"),
    "empty": lambda path: path.write_bytes(b""),
    "one array": lambda path: path.write_bytes(b"\x93NUMPY" + path.read_bytes()),
    "pickled": lambda path: np.savez(path, x=np.array([{}])),
    "other numbers": lambda path: resaved(path, value=np.ones(3)),
    "words": lambda path: resaved(path, bound=np.array(["x"] * 3)),
    "another shape": lambda path: resaved(path, sigma=np.zeros(4)),
    "a part less": lambda path: resaved(path, sigma=None),
}


@pytest.mark.usefixtures("empty_store")
@pytest.mark.parametrize("spoil", BREAKS.values(), ids=BREAKS)
def test_a_broken_expectation_is_computed_again(spoil):
    store.save("exp", "fp32", GOOD)
    path = store.path_of("exp", "fp32")
    spoil(path)
    assert store.load("exp", "fp32") == {}
    assert not path.exists()


@pytest.mark.usefixtures("empty_store")
@pytest.mark.parametrize("change", [{"value": np.array(["x"] * 3)}, {"bound": np.zeros(2)}, {"sigma": None}])
def test_arrays_of_the_wrong_kind_are_no_expectation(change):
    changed = GOOD | {f"exp-0 value 0 {part}": x for part, x in change.items()}
    store.save("exp", "fp32", {name: x for name, x in changed.items() if x is not None})
    assert store.load("exp", "fp32") == {}


@pytest.mark.usefixtures("empty_store")
def test_expectations_are_those_of_one_subject():
    store.save("exp", "fp32", GOOD)
    assert store.load("exp", "fp32").keys() == GOOD.keys()
    store.path_of("exp", "fp32").rename(store.path_of("log", "fp32"))
    assert store.load("log", "fp32") == {}


@pytest.mark.usefixtures("empty_store")
def test_an_interrupt_leaves_no_process_behind(monkeypatch, tmp_path):
    processes = []

    def start(*arguments, **options):
        processes.append(subprocess.Popen(*arguments, **options))
        return processes[-1]

    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setenv("KCOMPAT_CACHE", str(tmp_path))
    monkeypatch.setattr(preparation, "subprocess", type("Module", (), {"Popen": start, "DEVNULL": subprocess.DEVNULL}))
    with pytest.raises(KeyboardInterrupt):
        preparation.prepare(["conv", "svd"], PROFILES["fp32"], jobs=2, on_progress=interrupt)
    assert [process.poll() for process in processes] == [-9, -9]
