"""Every sample of every op, on every backend."""

import numpy as np
import pytest

from kcompat import shapes
from kcompat.conformance import cases
from kcompat.conformance.judge import default_judge as judge
from kcompat.spec import TensorSpec

ALL = cases.all_cases()
DIFFERENTIABLE = [case for case in ALL if case.differentiable]


def by_id(found):
    return pytest.mark.parametrize("case", found, ids=lambda case: case.id)


@by_id(ALL)
def test_value(backend, case):
    verdict = judge.value(case, cases.value(backend, case))
    assert verdict.right, verdict.message


@by_id(DIFFERENTIABLE)
def test_gradient(backend, case):
    verdict = judge.gradient(case, cases.gradient(backend, case))
    assert verdict.right, verdict.message


@by_id([case for case in ALL if case.index in (0, 1)])
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
        f"{case!r} gives another shape or dtype than it infers"
    )


@by_id([case for case in ALL if case.op.name not in ("stop_gradient", "linear")])
def test_inputs_are_left_as_they_are(backend, case):
    args = cases.arguments(backend, case, case.dtype)
    tensors = [x for x in args if backend.engine.is_tensor(x)]
    before = [backend.engine.to_numpy(x).copy() for x in tensors]
    with np.errstate(all="ignore"):
        getattr(backend, case.op.name)(*args, **case.sample.attrs)
    after = [backend.engine.to_numpy(x) for x in tensors]
    for x, y in zip(before, after, strict=True):
        assert x.tobytes() == y.tobytes(), f"{case!r} changes its input"
