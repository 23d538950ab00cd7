"""`model.to(backend="auto")` measures the installed backends on the model."""

import copy

import numpy as np
import pytest

import kcompat
from kcompat import layers
from kcompat.conformance.tests.small_models import LABELS, X, classifier
from kcompat.runtime import registry as backends
from kcompat.runtime.interpreter import Interpreter


def test_auto_takes_the_fastest_that_it_measured_and_trains_on_as_any_backend_would():
    kcompat.utils.set_random_seed(1)
    expected = classifier().fit(X, LABELS, batch_size=8, epochs=2, verbose=0).history
    kcompat.utils.set_random_seed(1)
    model = classifier().to(backend="auto")
    history = model.fit(X, LABELS, batch_size=8, epochs=2, verbose=0).history
    seconds = model.step_seconds
    assert set(seconds) == set(backends.registered())
    assert list(seconds.values()) == sorted(seconds.values())
    assert model.backend == next(iter(seconds))
    np.testing.assert_allclose(history["loss"], expected["loss"], rtol=1e-5)
    model.to("numpy").fit(X, LABELS, verbose=0)
    assert model.backend == "numpy", "it chooses once"


def test_a_backend_that_lacks_an_op_is_out_of_the_running(monkeypatch):
    class Inverse(kcompat.Layer):
        def call(self, x):
            return kcompat.ops.flip(x)

    def missing(x, *, axis=None):
        raise NotImplementedError("backend 'jax' does not implement the primitive 'flip'")

    monkeypatch.setattr(backends, "registered", lambda: ("numpy", "jax"))
    monkeypatch.setattr("kcompat.training.fastest.registered", lambda: ("numpy", "jax"))
    monkeypatch.setattr(backends.load("jax"), "flip", missing)
    model = kcompat.Sequential([kcompat.Input((4,)), Inverse(), layers.Dense(1)])
    model.compile("sgd", "mse")
    model.to("auto").fit(X, LABELS[:, None], verbose=0)
    assert (model.backend, list(model.step_seconds)) == ("numpy", ["numpy"])


@pytest.mark.parametrize("error", [RuntimeError("odd"), SystemExit(0)], ids=repr)
def test_a_plug_in_that_fails_is_left_out_with_a_warning(monkeypatch, error):
    def fail(*_):
        raise error

    numpy = backends.load("numpy")
    engine = copy.copy(numpy.engine)
    engine.compile = fail
    odd = Interpreter("odd", {}, engine)
    monkeypatch.setattr("kcompat.training.fastest.registered", lambda: ("odd", "numpy"))
    monkeypatch.setattr("kcompat.training.fastest.load", {"odd": odd, "numpy": numpy}.get)
    model = classifier().to("auto")
    with pytest.warns(UserWarning, match=f"backend 'odd' is left out, it fails: {type(error).__name__}: {error}"):
        model.fit(X, LABELS, batch_size=8, verbose=0)
    assert model.backend == "numpy"


def test_a_step_that_fails_everywhere_raises_its_error():
    def loss(y_true, y_pred):
        raise RuntimeError("odd")

    model = classifier()
    model.compile("sgd", loss)
    with pytest.raises(RuntimeError, match="odd"):
        model.to("auto").fit(X, LABELS, verbose=0)
