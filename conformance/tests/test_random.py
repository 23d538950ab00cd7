"""Randomness: known answers, equality of backends to the bit, moments, seeds."""

import hashlib
import math

import numpy as np
import pytest

import kcompat
from kcompat import layers, ops, random
from kcompat.random import places
from kcompat.runtime.active import use
from kcompat.runtime.registry import load
from kcompat.spec.random import signed

COUNT = 50_000
HOST = load("numpy")
DRAWS = {
    "uniform": lambda seed: random.uniform((COUNT,), -1.0, 3.0, seed=seed),
    "normal": lambda seed: random.normal((COUNT,), 1.0, 2.0, seed=seed),
    "truncated_normal": lambda seed: random.truncated_normal((COUNT,), 1.0, 2.0, seed=seed),
    "randint": lambda seed: random.randint((COUNT,), -3, 1000, seed=seed),
    "bernoulli": lambda seed: random.bernoulli((COUNT,), 0.3, seed=seed),
    "permutation": lambda seed: random.permutation(1000, seed=seed),
    "shuffle": lambda seed: random.shuffle(np.arange(24, dtype="int32").reshape(4, 6), axis=1, seed=seed),
    "dropout": lambda seed: random.dropout(np.ones((100, 30), "float32"), 0.25, seed=seed),
}
BIT_FOR_BIT = [name for name in DRAWS if "normal" not in name]


@pytest.fixture(autouse=True)
def seeded():
    """Each test starts from the same seed and leaves the process's generators as they were."""
    state = np.random.get_state()  # noqa: NPY002
    kcompat.utils.set_random_seed(7)
    yield
    np.random.set_state(state)  # noqa: NPY002


def drawn(B, name, seed=3):
    with use(B):
        return ops.convert_to_numpy(DRAWS[name](seed))


@pytest.mark.parametrize(
    ("key", "counter", "result"),
    [  # kat_vectors of Random123 (Salmon et al., 2011)
        ((0, 0), (0, 0), (0x6B200159, 0x99BA4EFE)),
        ((0xFFFFFFFF, 0xFFFFFFFF), (0xFFFFFFFF, 0xFFFFFFFF), (0x1CB996FC, 0xBB002BE7)),
        ((0x13198A2E, 0x03707344), (0x243F6A88, 0x85A308D3), (0xC4923A9C, 0x483DF7A0)),
    ],
)
def test_threefry_gives_the_published_words(backend, key, counter, result):
    words = [backend.engine.asarray(np.array([signed(w)], "int32")) for w in (*key, *counter)]
    found = [int(backend.engine.to_numpy(x)[0]) % 2**32 for x in backend.threefry2x32(*words)]
    assert found == list(result)


def test_bits_are_pinned(backend):
    """A change of these bits changes every model that was ever seeded."""
    bits = backend.engine.to_numpy(
        backend.random_bits(backend.engine.asarray(np.array([1, 2, 3], "int32")), shape=(1000,))
    )
    digest = hashlib.sha256(bits.astype("<i4").tobytes()).hexdigest()[:16]
    assert digest == "974ab90641c2ecb9", "the bits of a key changed: saved seeds would give other weights and masks"


@pytest.mark.parametrize("name", BIT_FOR_BIT)
def test_draw_is_that_of_numpy_bit_for_bit(backend, name):
    np.testing.assert_array_equal(drawn(backend, name), drawn(HOST, name), strict=True)


@pytest.mark.parametrize("name", ["uniform", "randint", "bernoulli"])
def test_compiled_draw_is_the_eager_one_bit_for_bit(backend, name):
    key = backend.engine.asarray(places.derive_key(3))
    op = {"uniform": "random_uniform", "randint": "random_integers", "bernoulli": "random_bernoulli"}[name]
    attrs = {
        "uniform": {"shape": (999,), "minval": -1.0, "maxval": 3.0},
        "randint": {"shape": (999,), "minval": -3, "maxval": 1000},
        "bernoulli": {"shape": (999,), "p": 0.3},
    }[name]
    with use(backend):
        eager = getattr(backend, op)(key, **attrs)
        compiled = backend.engine.jit(lambda key: getattr(backend, op)(key, **attrs))(key)
    np.testing.assert_array_equal(backend.engine.to_numpy(compiled), backend.engine.to_numpy(eager), strict=True)


@pytest.mark.parametrize("name", ["uniform", "normal", "truncated_normal", "randint", "bernoulli"])
def test_moments(backend, name):
    """Mean and variance within five standard errors: a right generator fails one seed in a million."""
    x = drawn(backend, name).astype("float64")
    a = math.sqrt(2 / math.pi) * 2 * math.exp(-2) / math.erf(math.sqrt(2))  # what cutting at two takes off
    mean, variance, kurtosis = {
        "uniform": (1.0, 16 / 12, 1.8),
        "normal": (1.0, 4.0, 3.0),
        "truncated_normal": (1.0, 4.0 * (1 - a), 2.4),
        "randint": (498.0, (1003**2 - 1) / 12, 1.8),
        "bernoulli": (0.3, 0.21, 1.77),
    }[name]
    assert abs(x.mean() - mean) < 5 * math.sqrt(variance / COUNT)
    assert abs(x.var() - variance) < 5 * variance * math.sqrt((kurtosis - 1) / COUNT)


def test_ranges(backend):
    assert -1.0 <= drawn(backend, "uniform").min() < drawn(backend, "uniform").max() <= 3.0
    assert (drawn(backend, "randint").min(), drawn(backend, "randint").max()) == (-3, 999)
    assert np.abs(drawn(backend, "truncated_normal") - 1.0).max() <= 4.0
    assert sorted(drawn(backend, "permutation")) == list(range(1000))
    assert set(np.unique(drawn(backend, "dropout"))) == {0.0, np.float32(1 / 0.75)}


def test_shuffle_moves_slices_along_its_axis(backend):
    x = drawn(backend, "shuffle")
    assert sorted(x[0]) == list(range(6))
    np.testing.assert_array_equal(x - x[0], [[6 * row] * 6 for row in range(4)])


def test_uniform_bits_are_independent_of_position(backend):
    """Neighbours and halves (the two words of a block) do not correlate: within five standard errors of 0."""
    x = drawn(backend, "uniform").astype("float64") - 1.0
    for other in (np.roll(x, 1), np.roll(x, COUNT // 2)):
        assert abs(np.mean(x * other) / x.var()) < 5 / math.sqrt(COUNT)


def test_an_int_seed_repeats(backend):
    np.testing.assert_array_equal(drawn(backend, "uniform"), drawn(backend, "uniform"))
    assert not np.array_equal(drawn(backend, "uniform"), drawn(backend, "uniform", seed=4))


def test_a_seed_generator_moves_on_the_same_way_everywhere(backend):
    def three(B):
        generator = kcompat.SeedGenerator(5)
        return [drawn(B, "uniform", generator) for _ in range(3)]

    found = three(backend)
    np.testing.assert_array_equal(found, three(HOST))
    assert len({x.tobytes() for x in found}) == 3, "the generator gives the same draw twice"


def test_draws_without_a_seed_differ_and_set_random_seed_repeats_them(backend):
    def three():
        kcompat.utils.set_random_seed(11)
        return [drawn(backend, "uniform", None) for _ in range(3)]

    first = three()
    assert len({x.tobytes() for x in first}) == 3
    np.testing.assert_array_equal(first, three())


def test_set_random_seed_repeats_pythons_and_numpys_draws():
    import random as python_random

    def both():
        kcompat.utils.set_random_seed(11)
        return python_random.random(), np.random.rand()  # noqa: NPY002

    assert both() == both()


@pytest.mark.parametrize("seed", [-1, 2**32, None])
def test_set_random_seed_refuses_what_is_no_seed(seed):
    with pytest.raises(ValueError, match=rf"\[0, 2\*\*32\), got {seed}"):
        kcompat.utils.set_random_seed(seed)


def test_a_seed_is_an_int():
    with pytest.raises(TypeError, match="a seed is an int or None, got 'one'"):
        kcompat.SeedGenerator("one")


class Unseeded(layers.Layer):
    """Draws within a step, without a seed."""

    def call(self, inputs):
        """Noise."""
        return inputs + random.uniform(inputs.shape)


def test_a_draw_without_a_seed_within_a_step_is_refused(backend):
    with use(backend), pytest.raises(RuntimeError, match="make a SeedGenerator an attribute of the layer"):
        kcompat.Sequential([Unseeded()]).predict(np.ones((2, 3)), verbose=0)


class Masks(layers.Layer):
    """Gives its dropout mask."""

    def __init__(self):
        super().__init__()
        self.dropout = layers.Dropout(0.5)

    def call(self, inputs):
        """The mask, times two."""
        return self.dropout(ops.ones_like(inputs))


def masks(B):
    """Those of three steps of training, as seen in the loss of a model that passes them on."""
    kcompat.utils.set_random_seed(3)
    with use(B):
        model = kcompat.Sequential([kcompat.Input((8,)), Masks()])
        powers = 2.0 ** np.arange(8)  # the sum of masked powers says which of them are there
        model.compile("sgd", lambda y_true, y_pred: ops.sum(y_true * y_pred, axis=-1))
        return [model.train_on_batch(np.ones((1, 8)), powers[None]) for _ in range(3)]


def test_dropout_masks_within_steps_are_equal_everywhere_and_new_at_each_step(backend):
    found = masks(backend)
    assert found == masks(HOST)
    assert len(set(found)) == 3, "each step has a mask of its own: the seed's counter is part of the state"


def first_weights():
    model = kcompat.Sequential(
        [
            kcompat.Input((8, 8, 1)),
            layers.Conv2D(4, 3),
            layers.BatchNormalization(),
            layers.Reshape((6, 24)),
            layers.LSTM(5),
            layers.Dense(3, kernel_initializer="he_normal"),
        ]
    )
    return model.get_weights()


def test_first_weights_are_equal_everywhere_bit_for_bit(backend):
    with use(backend):
        found = first_weights()
    kcompat.utils.set_random_seed(7)
    with use(HOST):
        expected = first_weights()
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_array_equal(ours, theirs, strict=True)


def test_first_weights_do_not_depend_on_layers_made_before():
    expected = first_weights()
    kcompat.utils.set_random_seed(7)
    for _ in range(5):
        layers.Dense(3), layers.Conv2D(2, 3), layers.Dropout(0.5), kcompat.Sequential([layers.Dense(2)])
    for ours, theirs in zip(first_weights(), expected, strict=True):
        np.testing.assert_array_equal(ours, theirs)


class Twice(layers.Layer):
    """Two layers of the same shape."""

    def __init__(self):
        super().__init__()
        self.rows = [layers.Dense(4), layers.Dense(4)]

    def build(self, input_shape):
        """Builds those within, as Keras's users do."""
        for row in self.rows:
            row.build(input_shape)

    def call(self, inputs):
        """One after the other."""
        return self.rows[1](self.rows[0](inputs))


@pytest.mark.parametrize("model", [lambda: kcompat.Sequential([layers.Dense(4), layers.Dense(4)]), Twice])
def test_layers_of_the_same_shape_start_from_different_weights(model):
    layer = model()
    layer(np.ones((2, 4), "float32"))
    first, _, second, _ = layer.get_weights()
    assert not np.array_equal(first, second), "both kernels were drawn from the same key: their places have one path"


def test_models_made_one_after_the_other_differ():
    assert not np.array_equal(first_weights()[0], first_weights()[0])


def shuffles(B):
    """The order in which two epochs see the samples."""
    kcompat.utils.set_random_seed(3)
    seen = []

    class Watch(kcompat.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            seen.append((batch, logs["loss"]))

    with use(B):
        model = kcompat.Sequential([kcompat.Input((1,)), layers.Dense(1, kernel_initializer="ones", trainable=False)])
        model.compile("sgd", lambda y_true, y_pred: ops.sum(y_pred, axis=-1))
        x = 2.0 ** np.arange(12)[:, None]
        model.fit(x, x, batch_size=1, epochs=2, verbose=0, callbacks=[Watch()])
    sums = np.array([loss * (batch + 1) for batch, loss in seen]).reshape(2, 12)  # logs are running means
    return np.round(np.log2(np.diff(sums, axis=1, prepend=0))).astype(int).tolist()


@pytest.mark.filterwarnings("ignore:.*no trainable weights")  # the order is all that it looks at
def test_shuffles_are_equal_everywhere_and_new_in_each_epoch(backend):
    first, second = shuffles(backend)
    assert [first, second] == shuffles(HOST)
    assert sorted(first) == sorted(second) == list(range(12))
    assert first != second


@pytest.fixture
def native():
    """Draws are the framework's own within the test."""
    random.set_rng("native")
    yield
    random.set_rng("threefry")


@pytest.mark.usefixtures("native")
@pytest.mark.parametrize("name", ["uniform", "normal", "randint", "bernoulli"])
def test_native_draws_have_the_same_moments(backend, name):
    test_moments(backend, name)


@pytest.mark.usefixtures("native")
def test_a_model_trains_with_native_masks(backend):
    with use(backend):
        model = kcompat.Sequential([kcompat.Input((8,)), layers.Dropout(0.5), layers.Dense(1)])
        model.compile("sgd", "mse")
        losses = model.fit(np.ones((64, 8)), np.ones((64, 1)), epochs=3, batch_size=32, verbose=0).history["loss"]
    assert np.isfinite(losses).all()


@pytest.mark.usefixtures("native")
def test_native_masks_are_new_at_each_step(backend):
    assert len(set(masks(backend))) == 3


def test_rng_is_one_of_two():
    with pytest.raises(ValueError, match="'threefry' or 'native', got 'philox'"):
        random.set_rng("philox")
