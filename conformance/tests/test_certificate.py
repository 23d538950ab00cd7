"""Nothing is circular: what is expected is held to somebody else's answer, for every op and every row."""

import dataclasses
import importlib.util
import json

import numpy as np
import pytest

from kcompat.conformance import record, records
from kcompat.conformance.cases import losses, questions, training
from kcompat.conformance.judge import certificate, expectations, slopes
from kcompat.conformance.judge.gate import judge
from kcompat.conformance.references import references
from kcompat.conformance.targets.precision import PROFILES
from kcompat.conformance.targets.target import InterpreterTarget
from kcompat.runtime.registry import load
from kcompat.spec import OPS

SINGLE = PROFILES["fp32"]
KEYS = {records.key_of(case, question) for _, question, case in record.rows()}
KERAS = importlib.util.find_spec("keras") and importlib.util.find_spec("torch")


def test_every_op_has_a_reference():
    lacking = OPS.keys() - references().keys()
    assert not lacking, f"no function in conformance/references says what these are: {sorted(lacking)}"
    assert not references().keys() - OPS.keys(), "a reference of an op that is gone"


@pytest.mark.parametrize("op", OPS)
def test_the_body_of_an_op_is_what_its_reference_says(op):
    against = [certificate.objection(case, questions.value, SINGLE) for case in questions.cases_of(OPS[op])]
    assert not any(against), "\n".join(filter(None, against))


@pytest.mark.parametrize("op", [op for op in OPS if OPS[op].differentiable])
def test_the_gradient_of_an_op_is_the_slope_of_its_reference(op):
    cases = [case for case in questions.cases_of(OPS[op]) if case.differentiable]
    against = [certificate.objection(case, questions.gradient, SINGLE) for case in cases]
    assert not any(against), "\n".join(filter(None, against))


def test_most_gradients_have_a_witness():
    """Few samples lie where differences do not converge."""
    told = []
    for op in ("add", "logsumexp", "layer_normalization", "conv", "lstm", "matmul", "power", "var"):
        for case in questions.cases_of(OPS[op], "float64"):
            if case.differentiable:
                right = [np.asarray(y.value, float) for y in certificate._in_double(case, questions.gradient)]
                if any(map(np.any, right)):
                    told.append(bool(slopes.objection(case, [g * 1.001 for g in right])))
    assert np.mean(told) > 0.9


def test_every_row_has_a_record():
    rows = records.manifest()["rows"].keys()
    assert not KEYS - rows, f"run `{records.manifest()['script']}`: no record of {sorted(KEYS - rows)}"
    assert not rows - KEYS, f"run `{records.manifest()['script']}`: rows that are gone are {sorted(rows - KEYS)}"


@pytest.mark.parametrize(
    ("question", "case"), [pytest.param(q, case, id=records.key_of(case, q)) for _, q, case in record.rows()]
)
def test_a_row_gives_what_is_recorded(question, case):
    assert not certificate.objection(case, question, SINGLE)


def test_records_are_small_and_say_where_they_are_from():
    assert records.ANSWERS.stat().st_size + records.MANIFEST.stat().st_size < 10e6
    assert {"script", "date", "versions", "rows"} == records.manifest().keys()
    other = [row for row in records.manifest()["rows"].values() if row["witness"] != f"keras on {record.USUAL}"]
    assert other
    assert all(row["reason"] for row in other)


@pytest.mark.skipif(not KERAS, reason="pip install keras torch")
def test_keras_still_answers_what_is_recorded(tmp_path, monkeypatch):
    from safetensors.numpy import load_file

    before, rows = load_file(records.ANSWERS), records.manifest()["rows"]
    for name in ("ANSWERS", "MANIFEST"):
        monkeypatch.setattr(records, name, tmp_path / getattr(records, name).name)
    record.main()
    assert json.loads(records.MANIFEST.read_text())["rows"] == rows
    after = load_file(records.ANSWERS)
    assert after.keys() == before.keys()
    for key, x in before.items():
        np.testing.assert_allclose(after[key], x, rtol=1e-9, atol=1e-12, err_msg=key)


def test_a_case_that_is_fed_other_numbers_is_not_judged_by_its_old_record(monkeypatch):
    case = losses.ALL[0]
    monkeypatch.setattr(type(case), "generator", lambda self: np.random.default_rng(12345))
    with pytest.raises(LookupError, match="record it again"):
        records.recorded(case, losses.loss_value)


def case_of(op):
    """A case that no other test asks for: objections are remembered."""
    return dataclasses.replace(questions.cases_of(OPS[op])[0], index="of the certificate")


def test_a_wrong_body_is_told(monkeypatch):
    case = case_of("logsumexp")
    body = OPS["logsumexp"].body
    monkeypatch.setitem(
        OPS, "logsumexp", dataclasses.replace(OPS["logsumexp"], body=lambda B, x, **a: body(B, x, **a) * (1 + 1e-6))
    )
    monkeypatch.setattr(expectations, "oracle", lambda: expectations.JudgingTarget(expectations.Oracle()))
    against = certificate.computed(case, questions.value, SINGLE, expectations.computed(case, questions.value, SINGLE))
    assert "is right by its witness" in against


def test_a_wrong_derivative_rule_is_told(monkeypatch):
    case = dataclasses.replace(questions.cases_of(OPS["tanh"])[1], index="of the certificate")
    wrong = dataclasses.replace(OPS["tanh"], vjp=(lambda B, g, y, x: g * (1.0 - y),))
    monkeypatch.setitem(OPS, "tanh", wrong)
    monkeypatch.setattr(expectations, "oracle", lambda: expectations.JudgingTarget(expectations.Oracle()))
    assert "by differences of its reference" in certificate.computed(case, questions.gradient, SINGLE, ())


def test_a_wrong_row_fails_on_every_target(monkeypatch):
    case = losses.ALL[0]
    monkeypatch.setattr(certificate, "objection", lambda *_: "")
    target = InterpreterTarget(load("numpy"))
    got = target.ask(losses.loss_value, case)
    assert judge(case, losses.loss_value, got).right
    monkeypatch.setattr("kcompat.conformance.judge.gate.objection", lambda *_: "it is wrong")
    verdict = judge(case, losses.loss_value, got)
    assert not verdict.right
    assert "it is wrong" in verdict.message


def test_dropout_of_a_run_is_recorded_with_masks():
    case = next(case for case in training.ALL if case.random)
    masks = record.dropout_masks(case.in_dtype("float64"))
    assert len(masks) == case.steps
    assert {float(x) for mask in masks for x in np.unique(mask)} == {0.0, 1 / (1 - 0.2)}
