"""Within a program BLAS has one thread, and afterwards as many as before."""

import threading

import numpy as np
import pytest

import kcompat
from kcompat import layers
from kcompat.backends.numpy import blas, products, program

needs_openblas = pytest.mark.skipif(blas.library is None, reason="NumPy has another library than OpenBLAS: numpy.org")


@pytest.fixture
def two_threads():
    """BLAS with two threads, whatever the environment says."""
    set_threads, get_threads = blas.library
    before = get_threads()
    set_threads(2)
    yield get_threads
    set_threads(before)


@needs_openblas
def test_the_library_is_left_as_it_was(two_threads):
    with blas.one_thread, blas.one_thread:
        assert two_threads() == 1
        assert blas.one_thread.before == 2
    assert two_threads() == 2


@needs_openblas
def test_blocks_of_several_threads_end_with_the_last_one(two_threads):
    inside, leave = threading.Event(), threading.Event()

    def other():
        with blas.one_thread:
            inside.set()
            leave.wait()

    thread = threading.Thread(target=other)
    with blas.one_thread:
        thread.start()
        inside.wait()
    assert two_threads() == 1  # else the other thread's products would change their bits
    leave.set()
    thread.join()
    assert two_threads() == 2


@needs_openblas
@pytest.mark.parametrize("compiled", [False, True])
def test_a_train_step_runs_with_one_thread(two_threads, compiled, monkeypatch):
    seen = []

    def matmul(x1, x2, out=None):
        seen.append(two_threads())
        return np.matmul(x1, x2, out)

    monkeypatch.setattr(products, "LARGE_PRODUCT", 1)
    monkeypatch.setattr(products, "matmul", matmul)
    if not compiled:
        monkeypatch.setattr(program, "KEPT", 0)
    model = kcompat.Sequential([kcompat.Input((4,)), layers.Dense(3)])
    with kcompat.use_backend("numpy"):
        model.compile("sgd", "mse")
        model.train_on_batch(np.zeros((2, 4), "float32"), np.zeros((2, 3), "float32"))
    assert (model.programs.program("train").obstacle is None) == compiled
    assert seen[-1] == 1
    assert two_threads() == 2


def test_a_container_may_use_as_many_processors_as_its_quota(monkeypatch, tmp_path):
    quota = tmp_path / "cpu.max"
    monkeypatch.setattr(blas, "QUOTA", quota)
    monkeypatch.setattr(blas.os, "sched_getaffinity", lambda pid: set(range(8)), raising=False)
    for text, count in (("max 100000", 8), ("200000 100000", 2), ("50000 100000", 1)):
        quota.write_text(text)
        assert blas.processors() == count
    quota.unlink()
    assert blas.processors() == 8
