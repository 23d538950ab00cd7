"""Real data: from the same seed, the same curve on every backend.

What is compared is one training on NumPy with one on each backend; `python -m kcompat.bench.digits` trains to the end.
"""

import functools

import numpy as np
import pytest

import kcompat
from kcompat.runtime.registry import use_backend

pytest.importorskip("sklearn", reason="the digits are scikit-learn's: pip install 'kcompat[demo]'")
digits = pytest.importorskip("kcompat.bench.digits")

WITHIN = {10: 1e-5, 50: 1e-4}
"""How far losses of the first steps may be apart, relative: the promise that the project makes."""
BACKENDS = ["numpy", "jax", "torch", "tensorflow"]


@functools.cache
def trained(name, backend):
    return digits.train(name, backend, epochs=2)


@pytest.mark.parametrize("name", digits.MODELS)
def test_losses_are_those_of_numpy(backend, name):
    if backend.name not in BACKENDS:
        pytest.skip("a plug-in of primitives only is slow; test_training trains it")
    run, reference = trained(name, backend.name), trained(name, "numpy")
    assert len(run.losses) == 50
    for steps, bound in WITHIN.items():
        apart = digits.distance(run.losses, reference.losses, steps)
        assert apart <= bound, (
            f"{name}: losses of the first {steps} steps differ by {apart:.1e}: compare the ops' values"
        )


@pytest.mark.parametrize("name", digits.MODELS)
def test_two_epochs_already_learn(backend, name):
    """Far above the 10 % of guessing; 15 epochs reach 97 %."""
    if backend.name not in BACKENDS:
        pytest.skip("a plug-in of primitives only is slow; test_training trains it")
    assert trained(name, backend.name).accuracy > 0.7


@pytest.mark.parametrize("name", digits.MODELS)
def test_first_weights_are_equal_bit_for_bit(backend, name):
    def weights(where):
        with use_backend(where):
            kcompat.utils.set_random_seed(0)
            return digits.MODELS[name]().get_weights()

    for ours, theirs in zip(weights(backend.name), weights("numpy"), strict=True):
        np.testing.assert_array_equal(ours, theirs, strict=True)


def test_the_split_is_the_same_in_each_process():
    x, y, x_test, y_test = digits.split()
    assert (x.shape, x_test.shape) == ((1437, 8, 8, 1), (360, 8, 8, 1))
    assert (y[:8].tolist(), y_test[:8].tolist()) == ([6, 6, 6, 2, 5, 6, 6, 2], [0, 8, 8, 9, 8, 3, 7, 5])
