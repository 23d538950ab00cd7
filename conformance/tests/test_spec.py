"""Declarations are complete, promotion is a lattice, shapes are inferred, and the names are Keras's."""

import inspect
import itertools

import numpy as np
import pytest

from kcompat import ops
from kcompat.conformance.cases import questions
from kcompat.conformance.judge import expectations, gate
from kcompat.conformance.targets.precision import PROFILES
from kcompat.conformance.tests import witness
from kcompat.runtime import shapes
from kcompat.spec import (
    DTYPES,
    OPS,
    ErrorClass,
    Joint,
    TensorSpec,
    composed,
    is_float,
    primitive,
    promote,
    result_type,
)
from kcompat.spec import rules as rules

PRIMITIVE = {
    "rule": rules.same,
    "vjp": None,
    "error": ErrorClass("exact"),
    "kinks": (),
    "specials": (),
    "samples": lambda rng: [],
}
COMPOSED = {"kinks": (), "specials": (), "samples": lambda rng: []}
NOT_IN_KERAS = {"linear", "mish", "simple_rnn", "lstm", "gru", "grad", "value_and_grad", "vjp"}
NO_DEFAULT = {"where": {"x1", "x2"}}
"""Parameters that Keras lets one leave out: the result's shape would depend on the data."""


def copied(x):
    """`x`."""


def composed_copied(B, x):
    """`x`."""
    return x


@pytest.fixture
def unchanged():
    """Take back what a test declares."""
    before = dict(OPS)
    yield
    OPS.clear()
    OPS.update(before)


@pytest.mark.parametrize("part", PRIMITIVE)
def test_primitive_without_a_part_is_refused(part):
    parts = {name: value for name, value in PRIMITIVE.items() if name != part}
    with pytest.raises(TypeError, match=f"op 'copied'.*lacks {part}"):
        primitive(**parts)(copied)


@pytest.mark.parametrize("part", COMPOSED)
def test_composed_op_without_a_part_is_refused(part):
    parts = {name: value for name, value in COMPOSED.items() if name != part}
    with pytest.raises(TypeError, match=f"op 'composed_copied'.*lacks {part}"):
        composed(**parts)(composed_copied)


def test_every_lacking_part_is_named():
    with pytest.raises(TypeError, match="lacks rule, vjp, error, kinks, specials, samples, docstring"):
        primitive()(lambda x: x)


def test_wrong_number_of_derivative_rules_is_refused():
    with pytest.raises(TypeError, match="op 'copied': 2 VJP rules for 1 tensor arguments"):
        primitive(**{**PRIMITIVE, "vjp": (None, None)})(copied)


@pytest.mark.usefixtures("unchanged")
def test_second_declaration_is_refused():
    primitive(**PRIMITIVE)(copied)
    with pytest.raises(TypeError, match=r"op 'copied'.*is declared already"):
        primitive(**PRIMITIVE)(copied)


def test_body_without_interpreter_is_refused():
    with pytest.raises(TypeError, match="op 'copied': the first parameter of a composed op is B, got 'x'"):
        composed(**COMPOSED)(copied)


@pytest.mark.parametrize("name", OPS)
def test_declaration_is_usable(name):
    op = OPS[name]
    assert op.doc.partition("\n")[0].strip().endswith((".", ";", ":")), "a docstring begins with one sentence"
    assert questions.cases_of(op), "an op without samples is an op without tests"
    assert op.body is not None or (op.rule is not None and op.error is not None)
    assert op.vjp is None or isinstance(op.vjp, (tuple, Joint))
    if op.order:
        assert sorted(op.order) == sorted(op.signature.parameters)


@pytest.mark.parametrize("case", [c for c in questions.all_cases() if c.op.alternatives], ids=lambda case: case.id)
def test_alternative_bodies_compute_the_same(case):
    """In wide arithmetic, which loses nothing that float32 would show."""
    for number in range(1, 1 + len(case.op.alternatives)):
        other = expectations.envelope(number)
        with other.interpreter.still(PROFILES["fp32"]):
            answer = tuple(y.value.astype("float32") for y in other.ask(questions.value, case))
        verdict = gate.judge(case, questions.value, answer)
        assert verdict.right, f"an alternative of {case.op.name} is another function: {verdict.message}"


def test_promotion_is_commutative():
    for a, b in itertools.product(DTYPES, repeat=2):
        assert promote(a, b) == promote(b, a)


def test_promotion_of_floats_is_associative():
    for a, b, c in itertools.product(filter(is_float, DTYPES), repeat=3):
        assert promote(promote(a, b), c) == promote(a, promote(b, c))


def test_promotion_of_equal_dtypes_changes_nothing():
    assert all(promote(a, a) == a == result_type(a) for a in DTYPES)


@pytest.mark.parametrize(
    ("operands", "expected"),
    [
        (("int32", "float32"), "float32"),
        (("int64", "float16"), "float16"),
        (("float16", "bfloat16"), "float32"),
        (("bool", "int8"), "int8"),
        (("uint8", "int8"), "int16"),
        (("float16", 1.5), "float16"),
        (("int8", 1000), "int8"),
        (("int32", 1.5), "float32"),
        (("bool", 1), "int32"),
        (("bool", True), "bool"),
        ((1, 2.0), "float32"),
        ((np.float64(1.0), 2.0), "float64"),
        ((np.float64(1.0), "float32"), "float64"),
    ],
)
def test_result_type(operands, expected):
    """Python numbers change the kind of a result, never its width; NumPy's have a dtype of their own."""
    assert result_type(*operands) == expected


def spec(*shape, dtype="float32"):
    return TensorSpec(shape, dtype)


def lstm(x, kernel, recurrent, bias):
    state = ops.zeros((x.shape[0], 5))
    return ops.lstm(x, state, state, kernel, recurrent, bias)[0]


@pytest.mark.parametrize(
    ("f", "inputs", "expected"),
    [
        (lambda x, w, b: ops.relu(ops.matmul(x, w) + b), [spec(None, 3), spec(3, 4), spec(4)], (None, 4)),
        (lambda x, w: ops.matmul(x, w), [spec(None, None, 3), spec(3, 4)], (None, None, 4)),
        (lambda x, k: ops.conv(x, k), [spec(None, 28, 28, 1), spec(3, 3, 1, 8)], (None, 26, 26, 8)),
        (lambda x, k: ops.conv(x, k), [spec(None, None, 28, 1), spec(3, 3, 1, 8)], (None, None, 26, 8)),
        (lambda x, k: ops.conv(x, k, 2, "same"), [spec(None, 28, None, 1), spec(3, 3, 1, 8)], (None, 14, None, 8)),
        (lambda x: ops.max_pool(x, 2), [spec(None, 5, None, 3)], (None, 2, None, 3)),
        (lambda x: ops.average_pool(x, 3, 2, "same"), [spec(None, 5, 6, 3)], (None, 3, 3, 3)),
        (lambda x: ops.reshape(x, (x.shape[0], -1)), [spec(None, 4, 5)], (None, 20)),
        (lambda x: ops.reshape(x, (-1, 5)), [spec(None, 4, 5)], (None, 5)),
        (lambda x: ops.mean(x, axis=(1, 2)), [spec(None, None, None, 8)], (None, 8)),
        (lambda x: ops.softmax(x), [spec(None, 10)], (None, 10)),
        (lambda x, y: ops.concatenate([x, y], axis=1), [spec(None, 3), spec(None, 4)], (None, 7)),
        (lambda x: x[:, -1], [spec(None, None, 6)], (None, 6)),
        (lambda x: x[:, ::2], [spec(4, None)], (4, None)),
        (lambda t, i: ops.take(t, i, axis=0), [spec(100, 8), spec(None, None, dtype="int32")], (None, None, 8)),
        (lstm, [spec(None, None, 3), spec(3, 20), spec(5, 20), spec(20)], (None, None, 5)),
        (lambda x, y: ops.sparse_categorical_crossentropy(x, y), [spec(None, dtype="int32"), spec(None, 9)], (None,)),
    ],
)
def test_unknown_sizes_are_inferred(f, inputs, expected):
    assert shapes.infer(f, *inputs).shape == expected


def test_shapes_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="matmul: inner sizes differ"):
        shapes.infer(ops.matmul, spec(None, 3), spec(4, 5))


@pytest.fixture(scope="module")
def keras_signatures():
    """Those of `keras.ops`, asked in a process of its own: this one stays without Keras."""
    if not witness.INSTALLED:
        pytest.skip("keras is not installed: pip install 'kcompat[dev]'")
    return witness.signatures("keras.ops")


def test_public_signatures_are_prefixes_of_those_of_keras(keras_signatures):
    for name in set(ops.__all__) & keras_signatures.keys():
        parameters = inspect.signature(getattr(ops, name)).parameters.values()
        ours = [[p.name, None if p.default is p.empty else repr(p.default)] for p in parameters]
        theirs = [[p, None if p in NO_DEFAULT.get(name, ()) else default] for p, default in keras_signatures[name]]
        assert ours == theirs[: len(ours)], f"kcompat.ops.{name}: take the names, order and defaults of keras.ops"


def test_public_ops_that_keras_lacks_are_known(keras_signatures):
    lacking = set(ops.__all__) - keras_signatures.keys()
    assert lacking == NOT_IN_KERAS, (
        "an op that keras.ops lacks is public on purpose: add it to NOT_IN_KERAS, or take it out"
    )
