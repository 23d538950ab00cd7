"""NaN stays in tensors of a size that no sample has: compilers hand these to other libraries."""

import numpy as np
import pytest

import kcompat
from kcompat import layers, ops
from kcompat.runtime.active import use

LARGE = (64, 96)
BATCHES = 40
"""So many that a backend which compiles late has done so."""


@pytest.fixture(autouse=True)
def active(backend):
    """Each test runs on the backend."""
    with use(backend):
        yield


def with_nan():
    """A NaN in each row and in each column but one."""
    x = np.random.default_rng(0).normal(size=LARGE).astype("float32")
    for i in range(1, LARGE[1]):
        x[i % LARGE[0], i] = np.nan
    return x


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("axis", [0, 1, None])
@pytest.mark.parametrize("name", ["max", "min", "argmax", "argmin", "sum", "mean", "prod", "logsumexp", "std"])
def test_reductions_keep_nan(backend, name, axis, compiled):
    x = with_nan()

    def reduce(x):
        return getattr(ops, name)(x, axis=axis)

    wanted = np.isnan(x).any(axis) if "arg" not in name else getattr(np, name)(x, axis)
    got = ops.convert_to_numpy((backend.engine.jit(reduce) if compiled else reduce)(ops.convert_to_tensor(x)))
    np.testing.assert_array_equal(np.isnan(got) if "arg" not in name else got, wanted)


@pytest.mark.parametrize("name", ["max", "min"])
def test_extremes_without_nan_are_exact(backend, name):
    x = np.float32(1e30) * np.random.default_rng(0).normal(size=LARGE).astype("float32")
    x[0, 0], x[1, 1] = np.inf, -np.inf
    for axis in (0, 1, None):
        np.testing.assert_array_equal(ops.convert_to_numpy(getattr(ops, name)(x, axis=axis)), getattr(x, name)(axis))


class Extremes(layers.Layer):
    """The largest and the smallest feature of each sample, side by side."""

    def call(self, x):
        return ops.stack([ops.max(x, axis=-1), ops.min(x, axis=-1)], axis=-1)


NETWORKS = {
    "convolution, relu, pooling": lambda: [layers.Conv2D(32, 3, activation="relu"), layers.MaxPooling2D(2)],
    "product, relu6": lambda: [layers.Flatten(), layers.Dense(64), layers.Activation("relu6")],
    "product, relu, extremes": lambda: [layers.Flatten(), layers.Dense(64, activation="relu"), Extremes()],
}


@pytest.mark.parametrize("within", NETWORKS.values(), ids=NETWORKS)
def test_a_compiled_network_keeps_nan(within):
    x = np.ones((16 * BATCHES, 24, 24, 3), "float32")
    x[3::16, 5, 5, 1] = np.nan
    model = kcompat.Sequential([kcompat.Input(x.shape[1:]), *within(), layers.Flatten()])
    found = np.isnan(model.predict(x, batch_size=16, verbose=0)).any(axis=1)
    np.testing.assert_array_equal(found, np.arange(len(x)) % 16 == 3)
