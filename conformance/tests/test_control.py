"""Control flow: the same results, gradients, shapes and errors on every backend, eager and compiled."""

import subprocess
import sys

import numpy as np
import pytest

from kcompat import ops
from kcompat.runtime import shapes
from kcompat.runtime.active import use
from kcompat.spec import TensorSpec

X = np.array([1.0, 2.0, 3.0], "float32")
W = np.float32(2.0)


def fold(a, w):
    return ops.scan(lambda carry, x: (carry * w + x, carry * x), ops.zeros(()), a)


def fold_back(a, w):
    return ops.scan(lambda carry, x: (carry * w + x, carry * x), ops.zeros(()), a, reverse=True)


def fold_trees(a, w):
    init = {"total": ops.zeros(()), "count": 0}

    def step(carry, x):
        total = ops.add(carry["total"], ops.multiply(x["a"], x["b"]))
        return {"total": total, "count": ops.add(carry["count"], 1)}, (total, None)

    carry, (totals, _) = ops.scan(step, init, {"a": a, "b": ops.multiply(a, w)})
    return carry["total"], carry["count"], totals


def fold_unrolled(a, w):
    return ops.scan(lambda carry, x: (carry * w + x, None), ops.zeros(()), a, unroll=True)[0]


def power_by_length(a, w):
    return ops.scan(lambda carry, _: (carry * a * w, None), a, length=3)[0]


def fold_nothing(a, w):
    return ops.scan(lambda carry, x: (carry + x, (carry * w, x)), ops.ones(()), a[:0])[1]


def chosen(a, w):
    positive = ops.cond(ops.greater(ops.sum(a), 0.0), lambda: {"y": a * w}, lambda: {"y": a - w})
    negative = ops.cond(ops.greater(ops.sum(-a), 0.0), lambda: a * w, lambda: a - w)
    return positive["y"], negative


def switched(a, w):
    branches = [lambda x: x, lambda x: x * w, lambda x: x * x]
    index = ops.cast(ops.sum(a) + 0.5, "int32")  # 6, beyond the last
    return ops.switch(index, branches, a), ops.switch(index - 5, branches, a), ops.switch(-3, branches, a)


def doubled(a, w):
    return ops.while_loop(lambda i, x: ops.less(i, 3), lambda i, x: (ops.add(i, 1), x * w), (0, a))


def doubled_until(a, w):
    return ops.while_loop(lambda x: ops.less(ops.sum(x), 40.0), lambda x: x * w, a)


def doubled_at_most(a, w):
    return ops.while_loop(lambda x: ops.less(ops.sum(x), 40.0), lambda x: x * w, a, maximum_iterations=2)


def counted(a, w):
    return ops.fori_loop(1, 4, lambda i, x: x * w + ops.cast(i, "float32"), a)


def counted_by_tensor(a, w):
    return ops.fori_loop(0, ops.cast(w, "int32"), lambda i, x: x * w, a)


def mapped(a, w):
    return ops.map(lambda x: {"square": x * x, "scaled": x * w}, a)["scaled"]


def mapped_at_once(a, w):
    return ops.vectorized_map(lambda x: (x[0] * w, ops.tanh(x[1])), [a, a * w])


def partial_products(a, w):
    return ops.associative_scan(ops.multiply, a * w)


def partial_sums_back(a, w):
    grid = ops.stack([a, a * w, a - w], axis=1)
    return ops.associative_scan(lambda x, y: [x[0] + y[0]], [grid], reverse=True, axis=-1)[0]


def vectorized(a, w):
    outer = ops.vectorize(lambda x, y: x * y + w)(ops.expand_dims(a, 1), a)
    inner = ops.vectorize(lambda x, y: ops.sum(x * y), signature="(n),(n)->()")(outer, a)
    return outer, inner, ops.vectorize(lambda x, y: x * y, excluded={1})(a, w)


EXPECTED = {
    fold: (11.0, [0, 2, 12]),
    fold_back: (17.0, [8, 6, 0]),
    fold_trees: (28.0, 3, [2, 10, 28]),
    fold_unrolled: (11.0,),
    power_by_length: ([8, 128, 648],),
    fold_nothing: ([], []),
    chosen: ([2, 4, 6], [-1, 0, 1]),
    switched: ([1, 4, 9], [2, 4, 6], [1, 2, 3]),
    doubled: (3, [8, 16, 24]),
    doubled_until: ([8, 16, 24],),
    doubled_at_most: ([4, 8, 12],),
    counted: ([19, 27, 35],),
    counted_by_tensor: ([4, 8, 12],),
    mapped: ([2, 4, 6],),
    mapped_at_once: ([2, 4, 6], np.tanh([2, 4, 6])),
    partial_products: ([2, 8, 48],),
    partial_sums_back: ([[2, 1, -1], [6, 4, 0], [10, 7, 1]],),
    vectorized: ([[3, 4, 5], [4, 6, 8], [5, 8, 11]], [26, 40, 54], [2, 4, 6]),
}
OF_STATIC_LENGTH = [f for f in EXPECTED if not f.__name__.startswith(("doubled", "counted_by", "fold_nothing"))]


def arguments(backend):
    return backend.engine.asarray(X), backend.engine.asarray(W)


def total(f):
    """The sum of all float results of a function."""

    def run(a, w):
        result = f(a, w)
        parts = result if isinstance(result, (tuple, list)) else (result,)
        return sum(ops.sum(ops.square(ops.cast(part, "float32"))) for part in parts)

    return run


@pytest.mark.parametrize("compiled", [False, True], ids=["eager", "compiled"])
@pytest.mark.parametrize("f", EXPECTED, ids=lambda f: f.__name__)
def test_result(backend, f, compiled):
    with use(backend):
        result = (backend.engine.jit(f) if compiled else f)(*arguments(backend))
    result = result if isinstance(result, (tuple, list)) else (result,)
    for y, expected in zip(result, EXPECTED[f], strict=True):
        np.testing.assert_allclose(backend.engine.to_numpy(y), expected, rtol=1e-6)


@pytest.mark.parametrize("compiled", [False, True], ids=["eager", "compiled"])
@pytest.mark.parametrize("f", OF_STATIC_LENGTH, ids=lambda f: f.__name__)
def test_gradient_reaches_arguments_and_what_functions_close_over(backend, f, compiled):
    slope = ops.grad(total(f), argnums=(0, 1))
    with use(backend):
        args = arguments(backend)
        found = (backend.engine.jit(slope) if compiled else slope)(*args)
        got = [backend.engine.to_numpy(g) for g in found]
        at = lambda a, w: float(backend.engine.to_numpy(total(f)(*map(backend.engine.asarray, (a, w)))))  # noqa: E731
        h = np.float32(2**-6)
        for i in range(3):
            step = h * np.eye(3, dtype="float32")[i]
            difference = (at(X + step, W) - at(X - step, W)) / (2 * h)
            np.testing.assert_allclose(got[0][i], difference, rtol=2e-3, atol=2e-2)
        np.testing.assert_allclose(got[1], (at(X, W + h) - at(X, W - h)) / (2 * h), rtol=2e-3, atol=2e-2)


def test_a_loop_that_runs_in_python_has_a_gradient(backend):
    with use(backend):
        a, w = arguments(backend)
        slope = ops.grad(lambda a: ops.sum(doubled_until(a, w)))(a)
    np.testing.assert_array_equal(backend.engine.to_numpy(slope), [8, 8, 8])


@pytest.mark.parametrize("f", [f for f in EXPECTED if f is not vectorized], ids=lambda f: f.__name__)
def test_shapes_are_inferred(backend, f):
    inferred = shapes.infer(f, TensorSpec((3,)), TensorSpec(()))
    inferred = inferred if isinstance(inferred, (tuple, list)) else (inferred,)
    with use(backend):
        actual = f(*arguments(backend))
    actual = actual if isinstance(actual, (tuple, list)) else (actual,)
    dtype = backend.engine.dtype
    assert [(s.shape, s.dtype) for s in inferred] == [(tuple(y.shape), dtype(y)) for y in actual]


def test_unknown_sizes_go_through_a_scan():
    def running(a):
        return ops.scan(lambda carry, x: (carry + x, carry), ops.zeros((3,)), a)

    carry, sums = shapes.infer(running, TensorSpec((None, 3)))
    assert (carry.shape, sums.shape) == ((3,), (None, 3))


BOTH = r"TensorSpec\(\(3,\), 'float32'\).*TensorSpec\(\(2, 3\), 'float32'\)"


@pytest.mark.parametrize(
    "f",
    [
        lambda a: ops.scan(lambda carry, x: (ops.stack([carry, carry]), x), a, a),
        lambda a: ops.while_loop(lambda x: ops.less(ops.sum(x), 9.0), lambda x: ops.stack([x, x]), a),
        lambda a: ops.fori_loop(0, 3, lambda i, x: ops.stack([x, x]), a),
    ],
    ids=["scan", "while_loop", "fori_loop"],
)
@pytest.mark.parametrize("compiled", [False, True], ids=["eager", "compiled"])
def test_an_error_names_both_carries(backend, f, compiled):
    with use(backend), pytest.raises(TypeError, match=BOTH):
        (backend.engine.jit(f) if compiled else f)(backend.engine.asarray(X))


@pytest.mark.parametrize("other", [lambda a: ops.stack([a, a]), lambda a: (a, a), lambda a: ops.cast(a, "int32")])
def test_an_error_names_what_both_branches_give(other):
    with pytest.raises(TypeError, match=r"true_fn gives .* false_fn gives "):
        shapes.infer(lambda a: ops.cond(ops.sum(a) > 0, lambda: a, lambda: other(a)), TensorSpec((3,)))


def test_a_compiled_choice_of_unequal_branches_fails(backend):
    def f(a):
        return ops.cond(ops.greater(ops.sum(a), 0.0), lambda: a, lambda: ops.stack([a, a]))

    with use(backend):
        x = backend.engine.asarray(X)
        if backend.engine.jit(f) is f:
            return  # nothing is compiled, so one branch runs
        with pytest.raises(TypeError, match=BOTH):
            backend.engine.jit(f)(x)


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda: ops.scan(lambda c, x: (c, x), 0.0), "one length is needed"),
        (lambda: ops.scan(lambda c, x: (c, x), 0.0, X, length=2), "one length is needed"),
        (lambda: ops.scan(lambda c, x: (c, x), 0.0, X, unroll=0), "unroll"),
        (lambda: ops.switch(0, []), "branches is empty"),
        (lambda: ops.vectorize(3), "pyfunc is a function"),
        (lambda: ops.vectorize(ops.add, signature="n->n"), "signature is like"),
        (lambda: ops.vectorize(ops.add, signature="(n),(n)->(n)")(X, X[:2]), "has sizes 3 and 2"),
        (lambda: ops.associative_scan(ops.add, [X, X[:2]]), "sizes along axis 0 differ"),
        (lambda: ops.vectorized_map(ops.sum, [X, X[:2]]), "first axes of one size"),
    ],
)
def test_a_bad_call_is_refused(backend, call, match):
    with use(backend), pytest.raises(ValueError, match=match):
        call()


KERAS = """
import os, sys
os.environ["KERAS_BACKEND"] = "numpy"
import numpy as np
from keras import ops
X = np.array([1.0, 2.0, 3.0], "float32")
found = [
    ops.scan(lambda c, x: (c + x, c * x), np.float32(0), X, reverse=True)[1],
    ops.while_loop(lambda i, x: i < 3, lambda i, x: (i + 1, x * 2), (0, X), maximum_iterations=2)[1],
    ops.fori_loop(0, 3, lambda i, x: x * 2 + i, X),
    ops.map(lambda x: x * x, X),
    ops.associative_scan(lambda a, b: a * b, X, reverse=True),
    ops.switch(7, [lambda x: x, lambda x: x + 1], X),
    ops.cond(True, lambda: X, lambda: -X),
    ops.vectorize(lambda x, y: x + y)(X, X),
]
np.savez(sys.argv[1], *found)
"""


def test_keras_gives_the_same(backend, tmp_path):
    pytest.importorskip("keras")
    subprocess.run([sys.executable, "-c", KERAS, str(tmp_path / "found.npz")], check=True, capture_output=True)
    with np.load(tmp_path / "found.npz") as found:
        expected = [found[name] for name in found.files]
    with use(backend):
        a = backend.engine.asarray(X)
        given = [
            ops.scan(lambda c, x: (c + x, c * x), ops.zeros(()), a, reverse=True)[1],
            ops.while_loop(lambda i, x: i < 3, lambda i, x: (i + 1, x * 2), (0, a), maximum_iterations=2)[1],
            ops.fori_loop(0, 3, lambda i, x: ops.add(x * 2, i), a),
            ops.map(lambda x: x * x, a),
            ops.associative_scan(lambda x, y: x * y, a, reverse=True),
            ops.switch(7, [lambda x: x, lambda x: x + 1], a),
            ops.cond(True, lambda: a, lambda: -a),
            ops.vectorize(lambda x, y: x + y)(a, a),
        ]
    for y, e in zip(given, expected, strict=True):
        np.testing.assert_array_equal(backend.engine.to_numpy(y), e)
