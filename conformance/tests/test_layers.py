"""Layers: values on every backend, and what a layer written by a user may rely on."""

import pytest

from kcompat.conformance import layer_cases
from kcompat.conformance.judge import default_judge as judge


@pytest.mark.parametrize("case", layer_cases.ALL, ids=lambda case: case.id)
def test_value(backend, case):
    verdict = judge.answer(layer_cases.forward, case, layer_cases.forward(backend, case))
    assert verdict.right, verdict.message
