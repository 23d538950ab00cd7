"""The public gradient functions, on every backend. All numbers are exact in float32, and so are the answers."""

import numpy as np
import pytest

from kcompat import ops
from kcompat.runtime.active import active, use
from kcompat.runtime.engine import Engine
from kcompat.runtime.tape import Var, pullback, tape_over


@pytest.fixture(autouse=True)
def chosen(backend):
    with use(backend):
        yield backend


def tensor(*values):
    return ops.convert_to_tensor(np.array(values, "float32"))


def scalar(value):
    return ops.convert_to_tensor(np.array(value, "float32"))


def assert_equal(actual, expected):
    np.testing.assert_array_equal(ops.convert_to_numpy(actual), np.array(expected, "float32"))


def cube(x):
    return x * x * x


def test_value_and_grad():
    value, gradient = ops.value_and_grad(lambda x: ops.sum(x * x))(tensor(1.0, -3.0))
    assert_equal(value, 10.0)
    assert_equal(gradient, [2.0, -6.0])


def test_argnums_choose_the_arguments():
    def f(x, y):
        return ops.sum(x * y * y)

    x, y = tensor(1.0, 2.0), tensor(3.0, 5.0)
    assert_equal(ops.grad(f)(x, y), [9.0, 25.0])
    assert_equal(ops.grad(f, argnums=1)(x, y), [6.0, 20.0])
    assert_equal(ops.grad(f, argnums=-1)(x, y), [6.0, 20.0])
    both = ops.grad(f, argnums=(1, 0))(x, y)
    assert isinstance(both, tuple)
    assert_equal(both[0], [6.0, 20.0])
    assert_equal(both[1], [9.0, 25.0])
    with pytest.raises(ValueError, match="argnums 2 is out of range"):
        ops.grad(f, argnums=2)(x, y)


def test_gradient_has_the_structure_of_the_argument():
    def f(tree):
        first, (second, third) = tree["a"], tree["b"]
        return ops.sum(first * second) + ops.sum(third)

    tree = {"a": tensor(1.0, 2.0), "b": [tensor(3.0, 4.0), (tensor(5.0))]}
    gradient = ops.grad(f)(tree)
    assert list(gradient) == ["a", "b"]
    assert isinstance(gradient["b"], list)
    assert_equal(gradient["a"], [3.0, 4.0])
    assert_equal(gradient["b"][0], [1.0, 2.0])
    assert_equal(gradient["b"][1], [1.0])


def test_auxiliary_result_comes_with_the_value():
    def f(x):
        return ops.sum(x * x), {"twice": x * 2.0}

    (value, aux), gradient = ops.value_and_grad(f, has_aux=True)(tensor(3.0))
    assert_equal(value, 9.0)
    assert_equal(aux["twice"], [6.0])
    assert_equal(gradient, [6.0])
    gradient, aux = ops.grad(f, has_aux=True)(tensor(3.0))
    assert_equal(aux["twice"], [6.0])
    with pytest.raises(TypeError, match=r"has_aux=True.*\(loss, aux\)"):
        ops.grad(ops.sum, has_aux=True)(tensor(3.0))


def test_unused_input_has_gradient_zero():
    used, unused = ops.grad(lambda x, y: ops.sum(x), argnums=(0, 1))(tensor(1.0), tensor(2.0, 3.0))
    assert_equal(used, [1.0])
    assert_equal(unused, [0.0, 0.0])


def test_constant_function_has_gradient_zero():
    assert_equal(ops.grad(lambda x: ops.sum(ops.ones((2,))))(tensor(1.0, 2.0)), [0.0, 0.0])


def test_integer_input_is_refused():
    with pytest.raises(TypeError, match="gradients need float inputs, got int32"):
        ops.grad(ops.sum)(ops.convert_to_tensor(np.array([1, 2], "int32")))


def test_result_that_is_not_a_scalar_is_refused():
    with pytest.raises(ValueError, match=r"only a scalar has a gradient.*\(2,\).*vjp"):
        ops.grad(lambda x: x * 2.0)(tensor(1.0, 2.0))


def test_gradient_of_a_gradient():
    assert_equal(ops.grad(ops.grad(cube))(scalar(3.0)), 18.0)
    assert_equal(ops.grad(ops.grad(ops.grad(cube)))(scalar(3.0)), 6.0)


def test_inner_gradient_closes_over_the_outer_variable():
    """`d/dx (x * d/dy (x * y))` is 2 x; where the perturbations are confused it is something else."""
    assert_equal(ops.grad(lambda x: x * ops.grad(lambda y: x * y)(scalar(5.0)))(scalar(3.0)), 6.0)
    assert_equal(ops.grad(lambda x: x * ops.grad(lambda y: x + y)(scalar(1.0)))(scalar(1.0)), 1.0)
    assert_equal(ops.grad(lambda x: x * ops.grad(lambda y: x * y * y)(x))(scalar(3.0)), 54.0)


def test_vjp_pulls_trees_back():
    def f(x, y):
        return {"product": x * y, "sums": (x + y, x)}

    result, pull = ops.vjp(f, tensor(1.0, 2.0), tensor(3.0, 4.0))
    assert_equal(result["product"], [3.0, 8.0])
    dx, dy = pull({"product": tensor(1.0, 0.5), "sums": (tensor(2.0, 0.0), tensor(0.0, 8.0))})
    assert_equal(dx, [5.0, 10.0])
    assert_equal(dy, [3.0, 1.0])


def test_stop_gradient_makes_a_constant():
    assert_equal(ops.grad(lambda x: ops.sum(x * ops.stop_gradient(x)))(tensor(3.0, 5.0)), [3.0, 5.0])


def test_custom_gradient_replaces_the_gradient():
    @ops.custom_gradient
    def doubled(x):
        return x * 2.0, lambda upstream: upstream * 16.0

    @ops.custom_gradient
    def product(x, y):
        return x * y, lambda upstream: (upstream * 0.5, upstream * 0.25)

    assert_equal(doubled(tensor(3.0)), [6.0])
    assert_equal(ops.grad(lambda x: ops.sum(doubled(x) * 3.0))(tensor(3.0)), [48.0])
    dx, dy = ops.grad(lambda x, y: ops.sum(product(x, y)), argnums=(0, 1))(tensor(3.0), tensor(5.0))
    assert_equal(dx, [0.5])
    assert_equal(dy, [0.25])


def test_custom_gradient_can_be_differentiated():
    @ops.custom_gradient
    def square(x):
        return x * x, lambda upstream: upstream * x * 2.0

    slope = ops.grad(lambda x: ops.sum(square(x)))
    assert_equal(slope(tensor(3.0)), [6.0])
    assert_equal(ops.grad(lambda x: ops.sum(slope(x) * x))(tensor(3.0)), [12.0])


def test_deep_chain_needs_no_deep_stack(chosen):
    """Python recurses to a depth of 1,000."""
    steps = 5000 if type(chosen.engine).value_and_grad is Engine.value_and_grad else 1500

    def f(x):
        for _ in range(steps):
            x = x + 1.0
        return x

    value, gradient = ops.value_and_grad(f)(scalar(0.0))
    assert_equal(value, float(steps))
    assert_equal(gradient, 1.0)


def step(B, carry, x, consts):
    del B
    state = carry[0] * consts[0] + x[0]
    return (state,), (state * carry[0],)


def scanned(reverse):
    def f(init, xs, weight):
        (last,), (ys,) = active().scan(step, (init,), (xs,), (weight,), reverse=reverse)
        return ops.sum(last * 3.0) + ops.sum(ys * ys)

    return f


def unrolled(reverse):
    def f(init, xs, weight):
        carry, total = (init,), 0.0
        for t in range(3)[:: -1 if reverse else 1]:
            carry, (y,) = step(None, carry, (xs[t],), (weight,))
            total = total + ops.sum(y * y)
        return ops.sum(carry[0] * 3.0) + total

    return f


@pytest.mark.parametrize("reverse", [False, True])
def test_gradient_of_scan_is_that_of_the_loop(reverse):
    init, weight = tensor(1.0, -0.5), tensor(0.5, 2.0)
    xs = ops.convert_to_tensor(np.array([[1, 0.5], [-1, 0.25], [0.5, 1]], "float32"))
    one, other = (ops.value_and_grad(f(reverse), argnums=(0, 1, 2))(init, xs, weight) for f in (scanned, unrolled))
    assert_equal(one[0], ops.convert_to_numpy(other[0]))
    for actual, expected in zip(one[1], other[1], strict=True):
        assert_equal(actual, ops.convert_to_numpy(expected))


def test_second_derivative_of_scan_is_that_of_the_loop():
    init, weight = tensor(1.0, -0.5), tensor(0.5, 2.0)
    xs = ops.convert_to_tensor(np.array([[1, 0.5], [-1, 0.25], [0.5, 1]], "float32"))

    def curvature(f):
        slope = ops.grad(lambda w: f(init, xs, w))
        return ops.grad(lambda w: ops.sum(slope(w) * w))(weight)

    assert_equal(curvature(scanned(False)), ops.convert_to_numpy(curvature(unrolled(False))))


def test_the_tape_differentiates_over_any_backend_with_autodiff_of_its_own_or_without(backend):
    tape = tape_over(backend)
    x = Var(tensor(1.0, -2.0), None, tape)
    with use(tape):
        slope = ops.grad(lambda v: ops.sum(cube(v)))(x)  # a tape over the tape
    (curvature,) = pullback([slope], [tensor(1.0, 0.5)], [x], tape)
    assert_equal(slope.value, [3.0, 12.0])
    assert_equal(curvature, [6.0, -6.0])
