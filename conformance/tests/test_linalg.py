"""Linear algebra against NumPy's, identities of factors, and derivatives in a direction."""

import numpy as np
import pytest

from kcompat import ops
from kcompat.runtime.active import use

RNG = np.random.default_rng(7)
SQUARE, TALL = RNG.normal(size=(2, 4, 4)), RNG.normal(size=(2, 4, 3))
DEFINITE = SQUARE @ np.swapaxes(SQUARE, -1, -2) + 4.0 * np.eye(4)
CLOSE = {"rtol": 1e-4, "atol": 1e-5}


@pytest.fixture(autouse=True)
def active(backend):
    """The ops of the backend under test."""
    with use(backend):
        yield


def on(x):
    return ops.convert_to_tensor(np.asarray(x, "float32"))


def numpy(x):
    return ops.convert_to_numpy(x).astype("float64")


@pytest.mark.parametrize("ord", ["fro", "nuc", np.inf, -np.inf, 1, -1, 2, -2])
@pytest.mark.parametrize("axis", [(0, 1), (2, 0), (-1, -2)])
def test_matrix_norm_is_that_of_numpy(ord, axis):  # noqa: A002
    expected = np.linalg.norm(TALL, ord, axis, keepdims=True)
    np.testing.assert_allclose(numpy(ops.norm(on(TALL), ord, axis, keepdims=True)), expected, **CLOSE)


@pytest.mark.parametrize("ord", [None, np.inf, -np.inf, 0, 1, -1, 2, -2, 3, 0.5, -1.5])
def test_vector_norm_is_that_of_numpy(ord):  # noqa: A002
    np.testing.assert_allclose(numpy(ops.norm(on(TALL), ord, 1)), np.linalg.norm(TALL, ord, 1), **CLOSE)


@pytest.mark.parametrize("name", ["inv", "det", "pinv", "matrix_rank"])
def test_function_of_a_matrix_is_that_of_numpy(name):
    np.testing.assert_allclose(numpy(getattr(ops, name)(on(SQUARE))), getattr(np.linalg, name)(SQUARE), **CLOSE)


def test_solutions_are_those_of_numpy():
    b = RNG.normal(size=(2, 4))
    expected = np.linalg.solve(SQUARE, b[..., None])[..., 0]
    np.testing.assert_allclose(numpy(ops.solve(on(SQUARE), on(b))), expected, **CLOSE)
    expected = np.linalg.lstsq(TALL[0], b[0], rcond=None)[0]
    np.testing.assert_allclose(numpy(ops.lstsq(on(TALL[0]), on(b[0]))), expected, **CLOSE)


@pytest.mark.parametrize("x", [SQUARE, TALL, np.swapaxes(TALL, -1, -2)], ids=["square", "tall", "wide"])
@pytest.mark.parametrize("full", [False, True])
def test_factors_give_the_matrix_back(x, full):
    q, r = map(numpy, ops.qr(on(x), mode="complete" if full else "reduced"))
    np.testing.assert_allclose(q @ r, x, **CLOSE)
    u, s, vt = map(numpy, ops.svd(on(x), full_matrices=full))
    k = s.shape[-1]
    np.testing.assert_allclose(u[..., :k] * s[..., None, :] @ vt[..., :k, :], x, **CLOSE)
    for orthogonal in (q, u, np.swapaxes(vt, -1, -2)):
        identity = np.broadcast_to(np.eye(orthogonal.shape[-1]), (2, *[orthogonal.shape[-1]] * 2))
        np.testing.assert_allclose(np.swapaxes(orthogonal, -1, -2) @ orthogonal, identity, **CLOSE)


def test_factors_of_symmetric_matrices_give_them_back():
    for upper in (False, True):
        y = numpy(ops.cholesky(on(DEFINITE), upper))
        y = np.swapaxes(y, -1, -2) if upper else y
        np.testing.assert_allclose(y @ np.swapaxes(y, -1, -2), DEFINITE, **CLOSE)
        inverse = numpy(ops.cholesky_inverse(ops.cholesky(on(DEFINITE), upper), upper))
        np.testing.assert_allclose(inverse, np.linalg.inv(DEFINITE), **CLOSE)
    w, v = map(numpy, ops.eigh(on(DEFINITE)))
    np.testing.assert_allclose(v * w[..., None, :] @ np.swapaxes(v, -1, -2), DEFINITE, **CLOSE)


def test_pivots_are_the_exchanges_of_rows():
    factors, pivots = ops.lu_factor(on(SQUARE))
    for x, lu, exchanges in zip(SQUARE, numpy(factors), ops.convert_to_numpy(pivots), strict=True):
        x = x.copy()
        for i, j in enumerate(exchanges):
            x[[i, j]] = x[[j, i]]
        np.testing.assert_allclose((np.tril(lu, -1) + np.eye(4)) @ np.triu(lu), x, **CLOSE)


@pytest.mark.parametrize(
    ("subscripts", "shapes"),
    [
        ("ij,jk,kl->il", [(2, 3), (3, 4), (4, 5)]),
        ("...ij,...jk", [(6, 1, 2, 3), (5, 3, 4)]),
        ("iij,jk->ik", [(3, 3, 2), (2, 4)]),
        ("iii", [(3, 3, 3)]),
        ("iijj->ij", [(2, 2, 3, 3)]),
        ("ba", [(2, 3)]),
        ("a...b,c->c...a", [(2, 3, 4, 5), (6,)]),
        ("abc,abd,ae->cde", [(2, 3, 4), (2, 3, 5), (2, 6)]),
        (",i->i", [(), (3,)]),
    ],
)
def test_einsum_is_that_of_numpy(subscripts, shapes):
    operands = [RNG.normal(size=shape) for shape in shapes]
    y = ops.einsum(subscripts, *map(on, operands))
    np.testing.assert_allclose(numpy(y), np.einsum(subscripts, *operands), **CLOSE)


@pytest.mark.parametrize("name", ["solve", "inv", "det", "pinv", "svd", "qr", "eigh", "cholesky", "norm", "tanh"])
def test_direction_derivative_is_that_of_differences(name):
    x, t = DEFINITE[0] + 0.1 * SQUARE[0], SQUARE[1]
    args = (on(SQUARE[0]),) if name == "solve" else ()
    f = (lambda x: ops.svd(x, compute_uv=False)) if name == "svd" else lambda x: getattr(ops, name)(x, *args)
    first = (lambda x: f(x)[0]) if name in ("qr", "eigh") else f
    value, tangent = ops.jvp(first, [on(x)], [on(t)])
    step = 1e-2
    difference = (numpy(first(on(x + step * t))) - numpy(first(on(x - step * t)))) / (2 * step)
    np.testing.assert_allclose(numpy(value), numpy(first(on(x))), rtol=1e-5)
    np.testing.assert_allclose(numpy(tangent), difference, rtol=2e-2, atol=2e-3 * np.max(np.abs(difference)))


def test_direction_derivative_takes_trees_and_gives_what_is_beside_the_result():
    def f(point, scale):
        return {"y": point["x"] * scale}, "beside"

    primals, tangents = ({"x": on([1.0, 2.0])}, on(3.0)), ({"x": on([1.0, 0.0])}, on(2.0))
    value, tangent, aux = ops.jvp(f, primals, tangents, has_aux=True)
    np.testing.assert_array_equal(numpy(value["y"]), [3.0, 6.0])
    np.testing.assert_array_equal(numpy(tangent["y"]), [5.0, 4.0])
    assert aux == "beside"


def test_direction_of_another_shape_is_refused():
    with pytest.raises(ValueError, match="tangents have the shapes of the primals"):
        ops.jvp(ops.tanh, [on([1.0, 2.0])], [on([1.0])])


@pytest.mark.parametrize("name", ["cholesky", "eigh", "qr", "svd", "lu_factor", "inv", "det", "pinv", "norm"])
def test_half_precision_is_computed_and_given_back(name):
    y = getattr(ops, name)(ops.cast(on(DEFINITE), "float16"))
    assert {ops.dtype(part) for part in (y if isinstance(y, tuple) else (y,))} <= {"float16", "int32"}
