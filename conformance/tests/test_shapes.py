"""Shape inference: an unknown size is written None wherever it is seen, and computes nothing."""

import numpy as np
import pytest

from kcompat import ops
from kcompat.runtime import shapes
from kcompat.spec import TensorSpec

BATCH = TensorSpec((None, 3))


def test_a_function_sees_an_unknown_size_as_none():
    seen = []
    shapes.infer(lambda x: seen.append((repr(x), str(x.shape), f"{x.shape[0]:>6}")) or x, BATCH)
    assert set(seen) == {("TensorSpec((None, 3), 'float32')", "(None, 3)", "  None")}


@pytest.mark.parametrize(
    "f", [lambda x: ops.matmul(x, np.ones((4, 2))), lambda x: ops.add(x, np.ones(4)), lambda x: ops.take(x, 0, axis=2)]
)
def test_an_error_speaks_of_none(f):
    with pytest.raises((ValueError, TypeError)) as caught:
        shapes.infer(f, BATCH)
    assert not {str(int(size)) for size in shapes.STAND_INS} & set(str(caught.value).replace(",", " ").split())


def test_shapes_are_given_back_with_none():
    seen = []
    shapes.infer(lambda x: seen.append(shapes.known(x.shape)) or x, BATCH)
    assert set(seen) == {(None, 3)}
    assert shapes.known((None, 3)) == (None, 3)


@pytest.mark.parametrize("dtype", ["int8", "float16", "float32"])
def test_an_unknown_size_is_a_weak_operand_like_any_int(dtype):
    assert shapes.infer(lambda x: ops.multiply(x, x.shape[0]), TensorSpec((None,), dtype)).dtype == dtype


def test_gradients_have_shapes():
    slope = shapes.infer(lambda x: ops.grad(lambda v: ops.sum(ops.square(v)))(x), BATCH)
    assert (slope.shape, slope.dtype) == ((None, 3), "float32")


def test_a_value_is_refused():
    with pytest.raises(TypeError, match=r"TensorSpec\(\(None, 3\).*has no values"):
        shapes.infer(lambda x: ops.convert_to_numpy(x), BATCH)
