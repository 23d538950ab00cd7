"""Initializers: which axes count, what is drawn, names, and what is refused."""

import pickle

import numpy as np
import pytest

from kcompat import initializers
from kcompat.registration import registered_classes

DRAWN = [name for name in registered_classes("initializer") if name != "Initializer"]


@pytest.mark.parametrize("name", DRAWN)
def test_an_initializer_gives_an_array_of_its_shape(name):
    array = getattr(initializers, name)()((3, 4), "float64")
    assert (array.shape, array.dtype) == ((3, 4), np.float64)


@pytest.mark.parametrize("name", [name for name in DRAWN if hasattr(getattr(initializers, name)(), "seed")])
def test_with_a_seed_every_copy_draws_the_same(name):
    part = getattr(initializers, name)(seed=3)
    values = part((4, 5))
    for copy in (part, pickle.loads(pickle.dumps(part)), type(part).from_config(part.get_config())):
        np.testing.assert_array_equal(copy((4, 5)), values)
    assert (getattr(initializers, name)(seed=4)((4, 5)) != values).any()


@pytest.mark.parametrize(
    ("mode", "axes", "n"),
    [
        ("fan_in", {}, 4 * 5),
        ("fan_out", {}, 4 * 6),
        ("fan_avg", {}, 4 * 5.5),
        ("fan_in", {"input_axes": (0, 1), "output_axes": (2,)}, 4 * 5),
        ("fan_in", {"input_axes": (0,), "output_axes": (1, 2)}, 4),
        ("fan_out", {"input_axes": (0,), "output_axes": (1, 2)}, 5 * 6),
        ("fan_in", {"input_axes": (-1,), "output_axes": (0,)}, 6),
    ],
)
def test_variance_is_scale_over_the_number_of_inputs_or_outputs(mode, axes, n):
    """A uniform distribution of variance v ends at sqrt(3 v); 120 draws come near to the end."""
    scaling = initializers.VarianceScaling(2.0, mode, "uniform", seed=1, **axes)
    limit = np.sqrt(3 * 2.0 / n)
    assert 0.9 * limit < np.abs(scaling((4, 5, 6))).max() <= limit


def test_input_and_output_axes_go_together():
    with pytest.raises(ValueError, match=r"given together; got input_axes=\(0,\) and output_axes=None"):
        initializers.HeNormal(input_axes=(0,))


def test_identity_is_a_matrix():
    np.testing.assert_array_equal(initializers.Identity(2.0)((2, 3)), [[2, 0, 0], [0, 2, 0]])
    with pytest.raises(ValueError, match=r"which have two axes; got shape \(3,\)"):
        initializers.Identity()((3,))


def test_a_constant_may_be_an_array():
    row = initializers.Constant(np.array([1.0, 2.0]))
    np.testing.assert_array_equal(row((2, 2)), [[1, 2], [1, 2]])
    again = initializers.deserialize(initializers.serialize(row))
    np.testing.assert_array_equal(again((2, 2)), row((2, 2)))


@pytest.mark.parametrize("name", ["zeros", "Zeros", "zero", "uniform", "normal", "he_normal", "lecun_uniform", "one"])
def test_names(name):
    assert initializers.get(name)((2, 2)).shape == (2, 2)


def test_an_unknown_name_says_the_nearest():
    with pytest.raises(ValueError, match="unknown initializer 'glorot_unifrom'; did you mean 'glorot_uniform'"):
        initializers.get("glorot_unifrom")


def test_an_initializer_of_ones_own_has_a_config():
    class Diagonal(initializers.Initializer):
        def __init__(self, value=1.0):
            self.half = value / 2

        def draw(self, shape):
            return np.eye(*shape) * self.half

    part = Diagonal.from_config(Diagonal(4.0).get_config())
    np.testing.assert_array_equal(part((2, 2)), [[2, 0], [0, 2]])
