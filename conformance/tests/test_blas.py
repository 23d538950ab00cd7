"""Within a program BLAS has one thread, and afterwards as many as before."""

import signal
import threading

import numpy as np
import pytest

import kcompat
from kcompat import layers
from kcompat.backends.numpy import blas, products, program
from kcompat.conformance.tests.alone import needs_fork, run_alone
from kcompat.conformance.tests.openblas import blas_threads, needs_openblas
from kcompat.conformance.tests.signals import run_with_signals


@pytest.fixture
def two_threads():
    """BLAS has two threads."""
    with blas_threads(2) as get_threads:
        yield get_threads


@needs_openblas
def test_the_library_is_left_as_it_was(two_threads):
    assert blas.on_one_thread(lambda: (two_threads(), blas.on_one_thread(two_threads), two_threads())) == (1, 1, 1)
    assert blas.threads_outside == two_threads() == 2


@needs_openblas
def test_calls_of_several_threads_end_with_the_last_one(two_threads):
    inside, leave = threading.Event(), threading.Event()
    other = threading.Thread(target=blas.on_one_thread, args=(lambda: (inside.set(), leave.wait()),))

    def start():
        other.start()
        inside.wait()

    blas.on_one_thread(start)
    assert two_threads() == 1  # else the other thread's products would change their bits
    leave.set()
    other.join()
    assert two_threads() == 2


@needs_openblas
def test_an_exception_anywhere_leaves_the_library_as_it_was(two_threads):
    x = np.ones((70, 70), "float32")

    def multiply():
        products.matmul(x, x)

    for position in range(1, run_with_signals(multiply, 0)):
        with pytest.raises(KeyboardInterrupt):
            run_with_signals(multiply, position)
        assert (two_threads(), blas._running) == (2, 0), position


@needs_openblas
def test_a_signals_handler_may_multiply(two_threads):
    """It may come while the lock is held: then nobody else can release it."""
    x = np.ones((70, 70), "float32")
    before = signal.signal(signal.SIGINT, lambda number, frame: products.matmul(x, x))
    try:
        for position in range(1, run_with_signals(lambda: products.matmul(x, x), 0)):
            run_with_signals(lambda: products.matmul(x, x), position)
            assert (two_threads(), blas._running) == (2, 0), position
    finally:
        signal.signal(signal.SIGINT, before)


@needs_fork
@needs_openblas
def test_a_process_forked_within_a_call_has_as_many_threads_as_its_parent():
    run_alone("""
        import os
        from kcompat.backends.numpy import blas
        from kcompat.conformance.tests.openblas import blas_threads

        with blas_threads(2) as get_threads:
            child = blas.on_one_thread(os.fork)
            if not child:
                os._exit(0 if (get_threads(), blas._running) == (2, 0) else 1)
            assert os.waitpid(child, 0)[1] == 0
    """)


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
