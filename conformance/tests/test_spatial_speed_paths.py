"""Convolution and pooling where backends take shortcuts: what they give is what the spec's bodies give.

The data are small whole numbers, so that results are exact and windows have many equal elements.
"""

import itertools

import numpy as np
import pytest

from kcompat import ops
from kcompat.backends.numpy import columns
from kcompat.backends.numpy.compiler.plan import plan
from kcompat.backends.numpy.ops import pooling
from kcompat.runtime.interpreter import Interpreter
from kcompat.runtime.registry import load, use_backend
from kcompat.runtime.tape import vjp
from kcompat.spec import OPS, TensorSpec

inf, nan = float("inf"), float("nan")
POOLS = [
    ((2, 7, 2), {"pool_size": 2}),
    ((2, 7, 2), {"pool_size": 3, "strides": 2, "padding": "same"}),
    ((2, 6, 4, 3), {"pool_size": 2}),
    ((2, 7, 5, 3), {"pool_size": 2}),
    ((2, 7, 5, 3), {"pool_size": 2, "padding": "same"}),
    ((2, 7, 6, 1), {"pool_size": (3, 2), "strides": (3, 2)}),
    ((2, 7, 6, 2), {"pool_size": 3, "strides": 2, "padding": "same"}),
    ((2, 7, 6, 2), {"pool_size": 2, "strides": 3}),
    ((2, 7, 6, 2), {"pool_size": (1, 3), "strides": 1}),
    ((1, 5, 5, 2), {"pool_size": 1}),
    ((3, 2, 7, 6), {"pool_size": 2, "data_format": "channels_first"}),
    ((2, 4, 5, 3, 2), {"pool_size": 2, "padding": "same"}),
    ((0, 6, 4, 3), {"pool_size": 2}),
]
CONVOLUTIONS = [
    ((2, 7, 3), (3, 3, 2), {}),
    ((2, 7, 1), (4, 1, 2), {"padding": "same", "strides": 2}),
    ((2, 6, 5, 1), (3, 2, 1, 4), {}),
    ((2, 6, 5, 5), (3, 2, 5, 4), {"padding": "same"}),
    ((2, 6, 5, 5), (3, 3, 5, 4), {"padding": "same", "strides": (2, 3)}),
    ((2, 9, 8, 2), (3, 2, 2, 4), {"dilation_rate": (2, 3)}),
    ((2, 6, 5, 6), (1, 1, 6, 4), {}),
    ((2, 6, 5, 6), (1, 1, 6, 4), {"strides": 2}),
    ((2, 6, 5, 4), (2, 2, 2, 6), {"padding": "same"}),
    ((2, 6, 5, 4), (2, 2, 1, 8), {}),
    ((2, 3, 6, 5), (2, 2, 3, 2), {"data_format": "channels_first"}),
    ((1, 4, 5, 3, 2), (2, 3, 2, 2, 3), {"padding": "same"}),
    ((0, 6, 5, 3), (2, 2, 3, 4), {}),
]


def whole(*shape, dtype="float32", seed=0):
    return np.random.default_rng(seed).integers(-3, 4, shape).astype(dtype)


@pytest.fixture(scope="module")
def bodies():
    """The primitives of NumPy, and every other op by its body."""
    numpy = load("numpy")
    return Interpreter("bodies", {name: f for name, f in numpy.native.items() if OPS[name].primitive}, numpy.engine)


def value_and_pulled(backend, f, arrays):
    """The value of `f` and the cotangents of its operands, for a cotangent of small whole numbers."""
    with use_backend(backend.name):
        y, pull = ops.vjp(f, *map(ops.convert_to_tensor, arrays))
        value = ops.convert_to_numpy(y)
        pulled = pull(ops.convert_to_tensor(whole(*value.shape, dtype=value.dtype, seed=1)))
        return [value, *map(ops.convert_to_numpy, pulled)]


def assert_same(got, expected, **tolerance):
    for actual, wanted in zip(got, expected, strict=True):
        assert actual.dtype == wanted.dtype
        np.testing.assert_allclose(actual, wanted, **{"rtol": 0, **tolerance})


@pytest.mark.parametrize(
    ("shape", "attrs", "dtype"),
    [(*case, "float32") for case in POOLS]
    + [(*case, dtype) for case in POOLS[4:6] for dtype in ("float64", "float16")],
)
def test_pooling_is_that_of_the_body(backend, bodies, shape, attrs, dtype):
    x = whole(*shape, dtype=dtype)
    y = bodies.max_pool(x, **attrs)
    g = whole(*y.shape, dtype=dtype, seed=1)
    expected = [y, bodies.max_pool_grad(g, y, x, **attrs)]
    assert_same(value_and_pulled(backend, lambda x: ops.max_pool(x, **attrs), [x]), expected)
    expected = [bodies.average_pool(x, **attrs), bodies.average_pool_grad(g, shape=shape, **attrs)]
    got = value_and_pulled(backend, lambda x: ops.average_pool(x, **attrs), [x])
    assert_same(got, expected, rtol=4 * np.finfo(dtype).eps, atol=4 * np.finfo(dtype).eps)


@pytest.mark.parametrize("odd", [(nan,), (nan, nan), (-inf,) * 6, (inf, inf)])
@pytest.mark.parametrize("attrs", [{"pool_size": 2}, {"pool_size": 3, "strides": 1, "padding": "same"}])
def test_gradient_of_max_pool_goes_where_that_of_the_body_goes(backend, bodies, attrs, odd):
    x = whole(2, 4, 4, 2)
    x[0, 1, : len(odd) // 2 + 1, 0] = odd[0]
    x[1].reshape(-1)[: len(odd)] = odd
    y = bodies.max_pool(x, **attrs)
    for g in (whole(*y.shape, seed=1), np.where(whole(*y.shape, seed=2) > 1, np.float32(inf), 1)):
        with use_backend(backend.name):
            arrays = map(ops.convert_to_tensor, (g, y, x))
            got = ops.convert_to_numpy(backend.max_pool_grad(*arrays, **attrs))
        np.testing.assert_array_equal(got, bodies.max_pool_grad(g, y, x, **attrs))


@pytest.mark.parametrize(
    ("shape", "kernel", "attrs", "dtype"),
    [(*case, "float32") for case in CONVOLUTIONS] + [(*CONVOLUTIONS[3], "float64")],
)
def test_convolution_and_its_gradients_are_those_of_the_body(backend, bodies, shape, kernel, attrs, dtype):
    arrays = [whole(*shape, dtype=dtype), whole(*kernel, dtype=dtype, seed=2)]
    conv = OPS["conv"].body
    y, pull = vjp(bodies, lambda B, *arrays: conv(B, *arrays, **attrs), arrays)
    expected = [y, *pull(whole(*y.shape, dtype=dtype, seed=1))]
    assert_same(value_and_pulled(backend, lambda *arrays: ops.conv(*arrays, **attrs), arrays), expected)


def planned(name, arrays, **attrs):
    """What the plan of one of NumPy's ops writes over other numbers, twice; None if there is no plan."""
    op = load("numpy").native[name]
    expected = op(*arrays, **attrs)
    run = plan(op, *(TensorSpec(x.shape, x.dtype.name) for x in arrays), **attrs)
    if run is None:
        return None
    out = np.full(expected.shape, nan, expected.dtype)
    run(*(x + 1 for x in arrays), out)
    run(*arrays, out)
    return out, expected


@pytest.mark.parametrize("chunk", [1, 2**22])
@pytest.mark.parametrize(
    ("shape", "attrs"), [case for case in POOLS if "data_format" not in case[1] and 0 not in case[0]]
)
def test_plans_of_pooling_give_what_the_bodies_give(bodies, monkeypatch, shape, attrs, chunk):
    monkeypatch.setattr(pooling, "CHUNK", chunk)
    x = np.asfortranarray(whole(*shape))
    y = bodies.max_pool(x, **attrs)
    g = whole(*y.shape, seed=1)
    np.testing.assert_array_equal(planned("max_pool", [x], **attrs)[0], y)
    np.testing.assert_array_equal(
        planned("max_pool_grad", [g, y, x], **attrs)[0], bodies.max_pool_grad(g, y, x, **attrs)
    )
    for name, tensor, how in (("average_pool", x, attrs), ("average_pool_grad", g, {**attrs, "shape": shape})):
        np.testing.assert_allclose(planned(name, [tensor], **how)[0], getattr(bodies, name)(tensor, **how), rtol=1e-6)


@pytest.mark.parametrize("chunk", [1, 2**22])
@pytest.mark.parametrize("sample", range(5))
def test_plans_of_convolution_give_what_the_bodies_give(bodies, monkeypatch, sample, chunk):
    monkeypatch.setattr(columns, "CHUNK", chunk)
    monkeypatch.setattr(columns, "PRODUCTS", chunk)
    for name in ("convolution", "convolution_input_grad", "convolution_kernel_grad"):
        case = next(itertools.islice(OPS[name].samples(np.random.default_rng(0)), sample, None))
        arrays = [np.asfortranarray(np.round(2 * x).astype("float32")) for x in case.args]
        found = planned(name, arrays, **case.attrs)
        if found is not None:  # groups have none
            np.testing.assert_array_equal(found[0], getattr(bodies, name)(*arrays, **case.attrs))


def test_plans_leave_what_they_do_not_cover_to_the_op():
    for name, arrays in (("max_pool", [whole(2, 4, 2, dtype="float16")]), ("average_pool", [whole(0, 4, 2)])):
        assert planned(name, arrays, pool_size=2) is None
    assert planned("max_pool", [whole(2, 2, 4)], pool_size=2, data_format="channels_first") is None
    how = {"strides": (1,), "padding": ((0, 0),), "dilation": (1,)}
    assert planned("convolution", [whole(2, 4, 4), whole(2, 2, 4)], **how) is None


def test_jax_convolves_alike_with_and_without_columns(monkeypatch):
    convolution = pytest.importorskip("kcompat.backends.jax.ops.convolution")
    arrays = [whole(2, 6, 5, 3), whole(3, 2, 3, 4, seed=2)]
    results = []
    for limit in (0, convolution.COLUMNS):
        monkeypatch.setattr(convolution, "COLUMNS", limit)
        results.append(value_and_pulled(load("jax"), lambda *a: ops.conv(*a, padding="same", strides=2), arrays))
    assert_same(*results)
