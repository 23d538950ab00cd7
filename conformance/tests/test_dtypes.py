"""Dtypes: one promotion table on every backend, halves and 64 bits wherever a tensor may come from."""

import itertools

import numpy as np
import pytest

import kcompat
from kcompat import layers, losses, ops, optimizers
from kcompat.runtime import shapes
from kcompat.runtime.active import use
from kcompat.runtime.registry import load
from kcompat.spec import DTYPES, FLOATS, FLOATX, OPS, TensorSpec, result_type

pytest.importorskip("ml_dtypes")  # NumPy's bfloat16

BINARY = [
    op.name
    for op in OPS.values()
    if op.public
    and op.family in ("arithmetic", "bits", "logic", "elementwise", "rounding", "special", "trigonometry")
    and len(op.tensors) == 2
    and not op.attributes
    and all(p.kind is not p.VAR_POSITIONAL for p in op.tensors)
]
PAIRS = tuple(itertools.product(DTYPES, DTYPES))
TELLING = (
    *((dtype, dtype) for dtype in DTYPES),
    *((dtype, "float32") for dtype in ("bool", "int32", "uint64", "float16", "bfloat16", "float64")),
    *(("float16", dtype) for dtype in ("int16", "int64", "bfloat16")),
    *(("uint32", dtype) for dtype in ("int32", "uint8", "bfloat16")),
    *(("int64", dtype) for dtype in ("uint64", "int8")),
)
"""A compiler takes long over every pair; these meet each branch of the table."""


def inferred(f, *specs):
    """The dtype that the rules give, or the error that they raise."""
    try:
        return shapes.infer(f, *specs).dtype
    except (TypeError, ValueError) as error:
        return type(error)


def actual(backend, f, *xs):
    """The dtype of what a backend computes, or the error that it raises."""
    try:
        with np.errstate(all="ignore"):
            return backend.engine.dtype(f(*xs))
    except (TypeError, ValueError) as error:
        return type(error)


@pytest.mark.parametrize("name", BINARY)
def test_every_pair_of_dtypes_gives_the_dtype_of_the_rule(backend, name):
    f, pairs = getattr(ops, name), PAIRS if name in ("add", "divide", "equal") else TELLING
    with use(backend):
        ones = {dtype: backend.engine.asarray(np.ones(2), dtype) for dtype in DTYPES}
        found = {pair: actual(backend, f, *map(ones.get, pair)) for pair in pairs}
    expected = {(a, b): inferred(f, TensorSpec((2,), a), TensorSpec((2,), b)) for a, b in pairs}
    wrong = {pair: (dtype, expected[pair]) for pair, dtype in found.items() if dtype != expected[pair]}
    assert not wrong, f"{name}: (actual, inferred) by operands: {wrong}"


@pytest.mark.parametrize("scalar", [True, 3, 0.5])
def test_a_python_number_is_weak(backend, scalar):
    with use(backend):
        for dtype in DTYPES:
            x = backend.engine.asarray(np.ones(2), dtype)
            expected = result_type(TensorSpec((), dtype), scalar)
            found = [backend.engine.dtype(y) for y in (ops.add(x, scalar), ops.multiply(scalar, x))]
            assert found == [expected] * 2, f"{dtype} and {scalar!r}"


@pytest.mark.parametrize("dtype", DTYPES)
def test_arrays_keep_their_dtype_there_and_back(backend, dtype):
    x = np.array([0, 1, 1, 0]).astype(np.dtype(dtype))
    with use(backend):
        tensor = ops.convert_to_tensor(x)
        assert backend.engine.dtype(tensor) == dtype
        back = ops.convert_to_numpy(tensor)
        np.testing.assert_array_equal(back.astype("float64"), x.astype("float64"))
        assert backend.engine.dtype(ops.cast(ops.convert_to_tensor([0, 1]), dtype)) == dtype
        assert backend.engine.dtype(ops.zeros(3, dtype=dtype)) == dtype


@pytest.mark.parametrize("dtype", ["int64", "uint64", "uint32"])
def test_large_integers_stay_exact(backend, dtype):
    large = np.iinfo(dtype).max - 2
    with use(backend):
        x = ops.convert_to_tensor(np.array([large, 1], dtype))
        one = ops.convert_to_tensor(np.array([1, 1], dtype))
        results = ops.add(x, one), ops.maximum(x, one), ops.greater(x, one)
    total, largest, greater = map(backend.engine.to_numpy, results)
    assert total.tolist() == [large + 1, 2]
    assert largest.tolist() == [large, 1]
    assert greater.tolist() == [True, False]


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_a_number_beside_a_half_is_rounded_to_it(backend, dtype):
    tenth = np.asarray(0.1, np.dtype(dtype))
    with use(backend):
        x = backend.engine.asarray(np.array([0.1, 8.0]), dtype)
        same = backend.engine.to_numpy(ops.equal(x, 0.1))
        total = backend.engine.to_numpy(ops.add(x, 0.1))
    assert same.tolist() == [True, False]
    expected = (np.array([0.1, 8.0]).astype(np.dtype(dtype)).astype("float64") + float(tenth)).astype(np.dtype(dtype))
    assert total.astype("float64").tolist() == expected.astype("float64").tolist()


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_halves_are_added_up_in_more_than_a_half(backend, dtype):
    with use(backend):
        x = backend.engine.asarray(np.full((3008, 2), 0.125), dtype)
        totals = [ops.sum(x), ops.sum(x[:, 0]), ops.sum(x, axis=0)[1], ops.matmul(ops.ones(3008, dtype=dtype), x)[0]]
        found = [float(backend.engine.to_numpy(y)) for y in totals]
    assert found == [752.0, 376.0, 376.0, 376.0]  # which both halves can hold: no rounding, no tie


@pytest.mark.parametrize("dtype", FLOATS)
def test_gradients_have_the_dtypes_of_their_arguments(backend, dtype):
    with use(backend):
        x, w = backend.engine.asarray(np.array([0.5, -2.0]), dtype), backend.engine.asarray(np.ones(2), "float32")
        for run in (lambda g: g, backend.engine.jit):
            slopes = run(ops.grad(lambda x, w: ops.sum(ops.multiply(ops.tanh(ops.multiply(x, w)), w)), (0, 1)))(x, w)
            assert [backend.engine.dtype(g) for g in slopes] == [dtype, "float32"]


def test_64_bits_are_64_bits(backend):
    """A third in float64 differs from one in float32 by 1e-8, and in no result by more than 1e-15."""
    third = np.array([1 / 3, 2 / 3])
    with use(backend):
        x = ops.convert_to_tensor(third)
        functions = {
            "op": lambda x: ops.multiply(x, 0.1),
            "body": lambda x: ops.log_softmax(x),
            "operators": lambda x: (x + 0.1) * x,
            "cast": lambda x: ops.cast(ops.cast(x, "float32"), "float64"),
            "loop": lambda x: ops.scan(lambda c, v: (c + v * 0.1, None), ops.zeros((), dtype="float64"), x)[0],
            "mapped": lambda x: ops.vectorized_map(lambda v: v * 0.1, x),
            "gradient": ops.grad(lambda x: ops.sum(ops.gelu(x) * 0.1)),
        }
        found = {name: ops.convert_to_numpy(backend.engine.jit(f)(x)) for name, f in functions.items()}
    with use(load("numpy")):
        expected = {name: ops.convert_to_numpy(f(third)) for name, f in functions.items()}
    for name, y in found.items():
        assert y.dtype == np.float64, name
        np.testing.assert_allclose(y, expected[name], rtol=1e-14, err_msg=name)


def test_64_bits_are_not_switched_on_for_others(backend):
    with use(backend):
        ops.multiply(ops.convert_to_tensor(np.ones(2)), 0.5)
        assert backend.engine.dtype(ops.multiply(ops.ones(2), 0.5)) == "float32"
        assert backend.engine.dtype(ops.convert_to_tensor([1, 2])) == "int32"
        assert backend.engine.dtype(backend.engine.jit(lambda x: x * 0.5)(ops.ones(2))) == "float32"


def fitted(backend, dtype):
    """The losses and the last weights of a small training in a floatx."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(32, 4))
    with use(backend), FLOATX.override(dtype):
        kcompat.utils.set_random_seed(1)
        model = kcompat.Sequential(
            [kcompat.Input((4,)), layers.Dense(8, activation="tanh"), layers.BatchNormalization(), layers.Dense(1)]
        )
        model.compile(optimizers.Adam(0.01), losses.MeanSquaredError())
        history = model.fit(x, x[:, :1] * x[:, 1:2], epochs=3, batch_size=16, verbose=0).history["loss"]
        return history, model.get_weights(), model.predict(x, verbose=0)


def test_training_in_float64(backend):
    history, weights, outputs = fitted(backend, "float64")
    expected, expected_weights, expected_outputs = fitted(load("numpy"), "float64")
    assert {w.dtype.name for w in [*weights, outputs]} == {"float64"}
    np.testing.assert_allclose(history, expected, rtol=1e-12)
    np.testing.assert_allclose(outputs, expected_outputs, rtol=1e-9, atol=1e-12)
    for w, e in zip(weights, expected_weights, strict=True):
        np.testing.assert_allclose(w, e, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_training_in_a_half(backend, dtype):
    history, weights, _ = fitted(backend, dtype)
    assert np.isfinite(history).all()
    assert history[-1] < history[0]
    assert len(weights) == 8
