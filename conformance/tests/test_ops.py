"""Every sample of every op, on every backend: values, shapes, dtypes, signatures, special values."""

import inspect

import numpy as np
import pytest

from kcompat import shapes
from kcompat.backend import load
from kcompat.conformance import cases
from kcompat.conformance.judge import default_judge as judge
from kcompat.spec import OPS, TensorSpec

ALL = cases.all_cases()
EARLY = [case for case in ALL if case.index in (0, 1)]  # compiling takes much longer than running
EQUAL_DRAWS = ("random_bits", "random_uniform", "random_integers", "random_bernoulli", "random_permutation")
DRAWS = [case for case in ALL if case.op.name in EQUAL_DRAWS]


def by_id(found):
    return pytest.mark.parametrize("case", found, ids=lambda case: case.id)


@by_id(ALL)
def test_value(backend, case):
    verdict = judge.value(case, cases.value(backend, case))
    assert verdict.right, verdict.message


@by_id(EARLY)
def test_compiled_value(backend, case):
    verdict = judge.value(case, cases.compiled_value(backend, case))
    assert verdict.right, f"compiled {verdict.message}"


@by_id(ALL)
def test_shape_and_dtype_are_the_inferred_ones(backend, case):
    specs = [TensorSpec(x.shape, x.dtype.name) if hasattr(x, "shape") else x for x in cases.arrays(case, case.dtype)]
    inferred = getattr(shapes.interpreter, case.op.name)(*specs, **case.sample.attrs)
    inferred = inferred if isinstance(inferred, tuple) else (inferred,)
    actual = [(y.shape, y.dtype.name) for y in cases.value(backend, case)]
    assert actual == [(spec.shape, spec.dtype) for spec in inferred], (
        f"{case!r}: the result (left) is not what is inferred (right); cast or reshape it in the backend's ops"
    )


@by_id(ALL)
def test_inputs_are_left_as_they_are(backend, case):
    args = cases.arguments(backend, case, case.dtype)
    tensors = [x for x in args if backend.engine.is_tensor(x)]
    before = [backend.engine.to_numpy(x).copy() for x in tensors]
    with np.errstate(all="ignore"):
        getattr(backend, case.op.name)(*args, **case.sample.attrs)
    after = [backend.engine.to_numpy(x) for x in tensors]
    assert [x.tobytes() for x in after] == [x.tobytes() for x in before], f"{case!r} changes an input in place"


@pytest.mark.parametrize(("case", "special"), cases.point_cases("specials"), ids=lambda x: getattr(x, "id", ""))
def test_special_value(backend, case, special):
    got = cases.value(backend, case)
    expected = special.result if isinstance(special.result, tuple) else (special.result,)
    for y, e in zip(got, expected, strict=True):
        message = f"{case!r} of {special.args}: expected exactly {e}, as declared in kcompat/spec/{case.op.family}.py"
        np.testing.assert_array_equal(y, np.broadcast_to(e, y.shape), err_msg=message)


@by_id(DRAWS)
@pytest.mark.parametrize("question", [cases.value, cases.compiled_value], ids=["eager", "compiled"])
def test_draw_has_the_bits_of_numpy(backend, case, question):
    (expected,), (actual,) = cases.value(load("numpy"), case), question(backend, case)
    assert actual.dtype == expected.dtype
    assert actual.tobytes() == expected.tobytes(), f"{case!r}: the same key must give the same bits on every backend"


@pytest.mark.parametrize("name", OPS)
def test_native_signature_is_the_declared_one(backend, name):
    """Tensors are positional; attributes are keywords with the declared names and defaults."""
    if backend.support[name] != "native":
        return  # a body has the signature that it declares
    op = OPS[name]
    try:
        native = inspect.signature(getattr(backend, name))
    except ValueError:  # some functions written in C have none
        assert not op.attributes, f"{name}: wrap the function so that it has the signature {op.signature}"
        return
    required = [p for p in op.tensors if p.default is p.empty and p.kind is not p.VAR_POSITIONAL]
    attributes = {p.name: p.default for p in op.attributes}
    native.bind(*required, **attributes)
    native.bind(*op.tensors, **attributes)
    if attributes:
        keywords = list(native.parameters.values())[len(op.tensors) :]
        found = {p.name: p.default for p in keywords if p.kind in (p.KEYWORD_ONLY, p.POSITIONAL_OR_KEYWORD)}
        assert found == attributes, f"{name}: attributes are {found}, the spec declares {attributes}"
