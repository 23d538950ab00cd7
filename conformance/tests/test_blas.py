"""NumPy's matrix products take one thread unless they are large, and leave the library as it was."""

import numpy as np
import pytest

import kcompat
from kcompat import layers
from kcompat.backends.numpy import blas

needs_openblas = pytest.mark.skipif(blas.library is None, reason="NumPy has another library than OpenBLAS: numpy.org")


def threads_of(batch, features, units):
    """The threads of a train step with a product of these sizes."""
    model = kcompat.Sequential([kcompat.Input((features,)), layers.Dense(units)])
    with kcompat.use_backend("numpy"):
        model.compile("sgd", "mse")
        x = np.zeros((batch, features), "float32")
        model.train_on_batch(x, np.zeros((batch, units), "float32"))
    (compiled,) = model.programs.program("train").compiled()
    return compiled.threads


@needs_openblas
def test_small_products_take_one_thread():
    assert threads_of(32, 64, 128) == 1


@needs_openblas
def test_large_products_take_as_many_as_the_machine_has_for_them(monkeypatch):
    monkeypatch.setattr(blas, "LARGE_PRODUCT", 10**6)
    assert threads_of(64, 200, 100) in (None, blas.processors())


@needs_openblas
def test_the_library_is_left_as_it_was():
    _, get_threads = blas.library
    before = get_threads()
    with blas.limited(1):
        assert get_threads() == 1
    assert get_threads() == before


def test_a_container_may_use_as_many_processors_as_its_quota(monkeypatch, tmp_path):
    quota = tmp_path / "cpu.max"
    monkeypatch.setattr(blas, "QUOTA", quota)
    monkeypatch.setattr(blas.os, "sched_getaffinity", lambda pid: set(range(8)), raising=False)
    for text, count in (("max 100000", 8), ("200000 100000", 2), ("50000 100000", 1)):
        quota.write_text(text)
        assert blas.processors() == count
    quota.unlink()
    assert blas.processors() == 8
