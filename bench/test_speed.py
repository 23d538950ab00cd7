"""The same cases under pytest-benchmark: `pytest bench/`, with all its options, in one process.

Contestants of one framework at a time are chosen with `-k jax`; Keras 3 has one backend a process, so it races in
`kcompat bench` alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from kcompat.bench import op_cases, presets, workloads
from kcompat.bench.contestants import Contestant, Unavailable

STEPS = 20
CONTESTANTS = (*presets.KCOMPAT, *presets.NATIVE)


@pytest.fixture
def contestant(request: pytest.FixtureRequest) -> Contestant:
    """A contestant by name, if its packages are installed."""
    try:
        return Contestant(request.param)
    except Unavailable as error:
        pytest.skip(str(error))


@pytest.mark.parametrize("contestant", CONTESTANTS, indirect=True)
@pytest.mark.parametrize("workload", presets.REFERENCE)
def test_train_step(benchmark: Callable[..., Any], contestant: Contestant, workload: str) -> None:
    """A fit of twenty steps."""
    model = workloads.find(workload).at(steps=STEPS)
    x, y = model.data()
    trainer = contestant.trainer(model)
    trainer.fit(x, y, model.batch, 1)
    benchmark(lambda: trainer.fit(x, y, model.batch, 1))


@pytest.mark.parametrize("contestant", CONTESTANTS, indirect=True)
@pytest.mark.parametrize("batch", [1, 256])
def test_predict(benchmark: Callable[..., Any], contestant: Contestant, batch: int) -> None:
    """One batch of predict."""
    model = workloads.find("mlp")
    trainer = contestant.trainer(model, try_all=False)
    x, _ = model.data(batch)
    benchmark(lambda: trainer.predict(x, batch))


@pytest.mark.parametrize("contestant", presets.KCOMPAT, indirect=True)
@pytest.mark.parametrize("part", op_cases.PARTS)
@pytest.mark.parametrize("op", op_cases.SIZES)
def test_op(benchmark: Callable[..., Any], contestant: Contestant, op: str, part: str) -> None:
    """One op of the suite at a size that matters."""
    try:
        benchmark(op_cases.timed(contestant, op, part))
    except Unavailable as error:
        pytest.skip(str(error))
