"""Optimizers: the papers' formulas, Keras's configs and names, and who is updated by what."""

import warnings

import numpy as np
import pytest

from kcompat import constraints, optimizers
from kcompat.configurable import clone
from kcompat.registration import registered_classes
from kcompat.runtime.active import use
from kcompat.spec import FLOATX
from kcompat.variables import Variable

RATE, STEPS = 0.125, 5
SHAPES = ((3, 2), (5,), ())


# The papers' formulas: of a parameter, the gradients of all steps, and the number of the last.


def moments(grads, decay):
    """The weighted sum `(1 - decay) * sum(decay ** (t - i) * g_i)`."""
    return (1 - decay) * sum(decay ** (len(grads) - i) * g for i, g in enumerate(grads, 1))


def sgd(p, grads):
    return p - RATE * sum(grads)


def velocity(grads, momentum):
    return -RATE * sum(momentum ** (len(grads) - i) * g for i, g in enumerate(grads, 1))


def momentum_sgd(p, grads):
    """Polyak, 1964."""
    return p + sum(velocity(grads[:t], 0.875) for t in range(1, len(grads) + 1))


def nesterov_sgd(p, grads):
    """Sutskever et al., 2013."""
    return momentum_sgd(p, grads) + 0.875 * velocity(grads, 0.875)


def adam(p, grads, amsgrad=False):
    """Kingma & Ba, 2015, the form that section 2 ends with; Reddi et al., 2018, with the largest mean square."""
    largest = np.zeros_like(p)
    for t in range(1, len(grads) + 1):
        m = moments(grads[:t], 0.75)
        v = moments([g * g for g in grads[:t]], 0.9375)
        largest = np.maximum(largest, v) if amsgrad else v
        p = p - RATE * np.sqrt(1 - 0.9375**t) / (1 - 0.75**t) * m / (np.sqrt(largest) + 1e-3)
    return p


def rmsprop(p, grads, momentum=0.0, centered=False):
    """Hinton, 2012; centered as in Graves, 2013, equations 38 to 41."""
    step = np.zeros_like(p)
    for t in range(1, len(grads) + 1):
        square, mean = moments([g * g for g in grads[:t]], 0.75), moments(grads[:t], 0.75)
        step = momentum * step + RATE * grads[t - 1] / np.sqrt(square - centered * mean**2 + 1e-3)
        p = p - step
    return p


def lion(p, grads):
    """Chen et al., 2023, algorithm 2, without weight decay."""
    for t in range(1, len(grads) + 1):
        p = p - RATE * np.sign(0.75 * moments(grads[: t - 1], 0.9375) + 0.25 * grads[t - 1])
    return p


ADAM = {"beta_1": 0.75, "beta_2": 0.9375, "epsilon": 1e-3}
RMSPROP = {"rho": 0.75, "epsilon": 1e-3}
FORMULAS = {
    "sgd": (lambda: optimizers.SGD(RATE), sgd),
    "momentum": (lambda: optimizers.SGD(RATE, momentum=0.875), momentum_sgd),
    "nesterov": (lambda: optimizers.SGD(RATE, momentum=0.875, nesterov=True), nesterov_sgd),
    "adam": (lambda: optimizers.Adam(RATE, **ADAM), adam),
    "amsgrad": (lambda: optimizers.Adam(RATE, **ADAM, amsgrad=True), lambda p, g: adam(p, g, amsgrad=True)),
    "rmsprop": (lambda: optimizers.RMSprop(RATE, **RMSPROP), rmsprop),
    "rmsprop momentum": (lambda: optimizers.RMSprop(RATE, momentum=0.5, **RMSPROP), lambda p, g: rmsprop(p, g, 0.5)),
    "rmsprop centered": (
        lambda: optimizers.RMSprop(RATE, centered=True, **RMSPROP),
        lambda p, g: rmsprop(p, g, centered=True),
    ),
    "rmsprop centered momentum": (
        lambda: optimizers.RMSprop(RATE, momentum=0.5, centered=True, **RMSPROP),
        lambda p, g: rmsprop(p, g, 0.5, centered=True),
    ),
    "lion": (lambda: optimizers.Lion(RATE, 0.75, 0.9375), lion),
}


def parameters_and_gradients():
    """Gradients from one tenth to one, of both signs, which shrink, so that AMSGrad is not Adam."""
    rng = np.random.default_rng(5)
    parameters = [rng.uniform(-1, 1, shape) for shape in SHAPES]
    signs = [rng.choice([-1.0, 1.0], shape) for shape in SHAPES]
    return parameters, [
        [s * 0.5**t * rng.uniform(0.5, 1, s.shape) * rng.choice([-1.0, 1.0, 1.0]) for s in signs] for t in range(STEPS)
    ]


@pytest.mark.parametrize("name", FORMULAS)
def test_steps_are_those_of_the_paper(backend, name):
    make, formula = FORMULAS[name]
    parameters, gradients = parameters_and_gradients()
    with use(backend), FLOATX.override("float64"):
        optimizer = make()
        variables = [Variable(p) for p in parameters]
        for grads in gradients:
            optimizer.apply([backend.engine.asarray(np.asarray(g)) for g in grads], variables)
        values = [v.numpy() for v in variables]
    # p stays below 2, so writing it rounds by 2 ** -53 at most; a step is below 0.5 and the result of at most twenty
    # roundings, each of 2 ** -53 of it. Five of both.
    bound = STEPS * (1 + 20 * 0.5) * 2.0**-53
    for i, (p, value) in enumerate(zip(parameters, values, strict=True)):
        expected = formula(p, [np.asarray(grads[i]) for grads in gradients])
        np.testing.assert_allclose(value, expected, rtol=0, atol=bound)


def variables_of(*names, dtype="float32"):
    return [Variable(np.full((2,), i + 1.0, dtype), name=name) for i, name in enumerate(names)]


def test_state_is_held_by_variable_and_named_as_keras_names_it():
    a, b = variables_of("kernel", "bias")
    a.path = "model/dense/kernel"
    optimizer = optimizers.Adam(amsgrad=True, name="adam")
    optimizer.build([a])
    optimizer.build([a, b])
    assert set(optimizer.slots["momentum"]) == {a, b}
    assert [v.name for v in optimizer.variables] == [
        "iteration",
        "learning_rate",
        "model_dense_kernel_momentum",
        "model_dense_kernel_velocity",
        "bias_momentum",
        "bias_velocity",
        "model_dense_kernel_velocity_hat",
        "bias_velocity_hat",
    ]
    assert optimizer.variables[2].path == "adam/model_dense_kernel_momentum"
    assert all(v.part == "slots" and not v.trainable for v in optimizer.variables)


def test_slots_that_exist_stay():
    a, b = variables_of("a", "b")
    optimizer = optimizers.SGD(0.5, momentum=0.5)
    optimizer.apply([np.ones(2, "float32")], [a])
    optimizer.build([a, b])
    np.testing.assert_array_equal(optimizer.slots["momentum"][a].numpy(), [-0.5, -0.5])
    np.testing.assert_array_equal(optimizer.slots["momentum"][b].numpy(), [0.0, 0.0])


def test_paths_are_of_one_slot_each():
    a, b = variables_of("a", "b")
    a.path, b.path = "x/y_z", "x_y/z"
    optimizer = optimizers.Adam()
    optimizer.build([a, b])
    assert len({v.path for v in optimizer.variables}) == len(optimizer.variables) == 6


def values_of(variables):
    return {v: v.value for v in variables}


def test_a_subset_is_updated_and_nothing_else_changes():
    a, b = variables_of("a", "b")
    optimizer = optimizers.SGD(0.5, momentum=0.5)
    optimizer.build([a, b])
    values, state = optimizer.update_values([b], [b.value], [np.ones(2, "float32")], values_of(optimizer.variables))
    np.testing.assert_array_equal(values[0], [1.5, 1.5])
    assert set(state) == {optimizer.iterations, optimizer.slots["momentum"][b]}
    assert int(state[optimizer.iterations]) == 1
    np.testing.assert_array_equal(b.numpy(), [2.0, 2.0])
    assert int(optimizer.iterations) == 0


def test_each_variable_keeps_its_dtype():
    variables = [*variables_of("a", dtype="float16"), *variables_of("b"), *variables_of("c", dtype="float16")]
    optimizer = optimizers.Adam(0.5)
    optimizer.apply([np.ones(2, "float32")] * 3, variables)
    assert [v.value.dtype for v in variables] == ["float16", "float32", "float16"]
    np.testing.assert_allclose([v.numpy() for v in variables], [[0.5] * 2] * 3, rtol=2.0**-10)


def test_a_variable_without_a_gradient_stays():
    a, b = variables_of("a", "b")
    optimizer = optimizers.SGD(0.5, momentum=0.5, name="sgd")
    with pytest.warns(UserWarning, match="sgd: no gradients for 'a', which stay"):
        optimizer.apply([None, np.ones(2, "float32")], [a, b])
    np.testing.assert_array_equal([a.numpy(), b.numpy()], [[1.0, 1.0], [1.5, 1.5]])
    with pytest.raises(ValueError, match="sgd: no variable has a gradient: 'a', 'b'"):
        optimizer.apply([None, None])


def test_a_variable_that_came_later_is_refused():
    a, b = variables_of("a", "b")
    optimizer = optimizers.SGD(name="sgd")
    with pytest.raises(ValueError, match=r"sgd is not built; call optimizer\.build"):
        optimizer.apply([np.ones(2)])
    optimizer.build([a])
    with pytest.raises(ValueError, match=r"sgd was not built for 'b': .*compile the model again"):
        optimizer.apply([np.ones(2), np.ones(2)], [a, b])
    with pytest.raises(ValueError, match="1 gradients for 2 variables"):
        optimizer.apply([np.ones(2)], [a, b])


def test_constraints_hold_after_the_step():
    a, b = variables_of("a", "b")
    a.constraint = constraints.NonNeg()
    optimizers.SGD(1.0).apply([np.array([3.0, -3.0], "float32")] * 2, [a, b])
    np.testing.assert_array_equal([a.numpy(), b.numpy()], [[0.0, 4.0], [-1.0, 5.0]])


def test_stateless_apply_is_apply():
    variables = variables_of("a", "b")
    optimizer, grads = optimizers.Adam(0.5), [np.array([0.5, -2.0], "float32"), np.ones(2, "float32")]
    optimizer.build(variables)
    values, state = optimizer.stateless_apply(
        [v.value for v in optimizer.variables], grads, [v.value for v in variables]
    )
    assert optimizer.apply_gradients(zip(grads, variables, strict=True)) is optimizer.iterations
    for stateless, variable in zip([*values, *state], [*variables, *optimizer.variables], strict=True):
        np.testing.assert_array_equal(np.asarray(stateless), variable.numpy())
    with pytest.raises(ValueError, match="optimizer_variables has 1 tensors for 6 variables"):
        optimizer.stateless_apply(state[:1], grads, values)


# Configs.

CONFIGURED = [(name, {}) for name in registered_classes("optimizer")] + [
    ("SGD", {"learning_rate": 0.25, "momentum": 0.5, "nesterov": True}),
    ("Adam", {"beta_1": 0.5, "amsgrad": True, "name": "mine"}),
    ("RMSprop", {"rho": 0.5, "momentum": 0.25, "centered": True}),
]


@pytest.mark.parametrize(("name", "arguments"), CONFIGURED, ids=str)
def test_configs_are_those_of_keras(name, arguments):
    keras = pytest.importorskip("keras")
    named = {"name": "same", **arguments}
    ours = optimizers.serialize(getattr(optimizers, name)(**named))
    assert ours == keras.optimizers.serialize(getattr(keras.optimizers, name)(**named))
    again = optimizers.deserialize(ours)
    assert type(again).__name__ == name
    assert again.get_config() == ours["config"]
    assert clone(again).get_config() == ours["config"]


def test_a_config_has_the_present_learning_rate():
    optimizer = optimizers.SGD(0.5)
    optimizer.learning_rate = 0.25
    assert optimizer.get_config()["learning_rate"] == 0.25


@pytest.mark.parametrize(
    ("name", "cls"),
    [
        ("adam", "Adam"),
        ("Adam", "Adam"),
        ("ADAM", "Adam"),
        ("rmsprop", "RMSprop"),
        ("RMSprop", "RMSprop"),
        ("sgd", "SGD"),
    ],
)
def test_names_are_known_in_upper_and_lower_case(name, cls):
    for identifier in (name, {"class_name": name, "config": {}}):
        assert type(optimizers.get(identifier)) is getattr(optimizers, cls)


def test_get_takes_what_keras_takes():
    optimizer = optimizers.SGD()
    assert optimizers.get(optimizer) is optimizer
    assert optimizers.get(None) is None
    assert type(optimizers.get(optimizers.Adam)) is optimizers.Adam
    with pytest.raises(ValueError, match="unknown optimizer 'adm'; did you mean 'adam'"):
        optimizers.get("adm")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: optimizers.Adam(beta_1=1.0), "beta_1 is between 0 and 1, got 1.0"),
        (lambda: optimizers.RMSprop(momentum=-0.5), r"momentum is in \[0, 1\], got -0.5"),
        (lambda: optimizers.Lion(beta_1=0.0), "beta_1 is above 0"),
    ],
)
def test_values_out_of_range_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_every_optimizer_is_held_to_its_paper():
    assert {type(make()).__name__ for make, _ in FORMULAS.values()} == set(registered_classes("optimizer"))


def test_ones_own_optimizer_is_a_formula_and_its_slots():
    class Momentum(optimizers.Optimizer):
        formula, slot_groups = "momentum_update", (("momentum",),)

        def __init__(self, decay=0.5):
            super().__init__(1.0)
            self.momentum, self.nesterov = decay, False

    (a,) = variables_of("a")
    optimizer = Momentum(0.25)
    assert optimizer.get_config() == {"decay": 0.25}
    with warnings.catch_warnings(action="error"):
        for _ in range(2):
            optimizer.apply([np.ones(2, "float32")], [a])
    np.testing.assert_array_equal(a.numpy(), [-1.25, -1.25])
