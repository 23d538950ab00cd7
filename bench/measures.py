"""What is measured, inside a contestant's process: each measure prepares and warms up, then gives a number a repeat."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from kcompat.bench import memory
from kcompat.bench.contestants import Contestant
from kcompat.bench.workloads import Workload, find

Values = Iterator[dict[str, Any]]


class Measure(NamedTuple):
    """What is known of a measure from outside: its unit, and whether each repeat needs a fresh process."""

    run: Callable[..., Values]
    unit: str
    what: str
    fresh: bool = False


def start(contestant: Contestant, measure: str, **arguments: Any) -> Values:
    """Begin a measure; the iterator gives a dict with `value` for each repeat, the first after the warm-up."""
    if measure not in MEASURES:
        raise LookupError(f"--measure {measure}: there are {', '.join(MEASURES)}")
    return MEASURES[measure].run(contestant, **arguments)


def _timed(run: Callable[[], Any], seconds: float, count: int = 1) -> Values:
    """The mean seconds of a call, each repeat lasting about `seconds`; what is `count`ed together is divided."""
    run()
    begin = time.perf_counter()
    run()
    times = max(1, math.ceil(seconds / max(time.perf_counter() - begin, 1e-9)))
    while True:
        begin = time.perf_counter()
        for _ in range(times):
            run()
        yield {"value": (time.perf_counter() - begin) / times / count}


def step(contestant: Contestant, workload: str, seconds: float = 0.4, steps: int = 0, epochs: int = 0) -> Values:
    """Seconds a train step: a `fit` of several epochs, over its steps."""
    model = find(workload).at(steps=steps)
    x, y = model.data()
    trainer = contestant.trainer(model)
    trainer.fit(x, y, model.batch, 1)
    begin = time.perf_counter()
    trainer.fit(x, y, model.batch, 1)
    count = epochs or max(1, math.ceil(seconds / (time.perf_counter() - begin)))
    while True:
        begin = time.perf_counter()
        trainer.fit(x, y, model.batch, count)
        passed = time.perf_counter() - begin
        yield {"value": passed / count / model.steps, "epochs": count, "steps": model.steps, "way": trainer.chosen}


def epoch(contestant: Contestant, workload: str, seconds: float = 0.4) -> Values:
    """Seconds of a `fit` of one epoch, with all that a call of `fit` costs."""
    model = find(workload)
    x, y = model.data()
    trainer = contestant.trainer(model)
    for found in _timed(lambda: trainer.fit(x, y, model.batch, 1), seconds):
        yield found | {"way": trainer.chosen}


def predict(contestant: Contestant, workload: str, batch: int = 256, seconds: float = 0.2) -> Values:
    """Seconds a batch of `predict`, over 32 batches."""
    trainer, x, _ = _trained(contestant, find(workload), 32 * batch)
    yield from _timed(lambda: trainer.predict(x, batch), seconds, 32)


def evaluate(contestant: Contestant, workload: str, seconds: float = 0.2) -> Values:
    """Seconds a batch of `evaluate`, over 32 batches."""
    model = find(workload)
    trainer, x, y = _trained(contestant, model, 32 * model.batch)
    yield from _timed(lambda: trainer.evaluate(x, y, model.batch), seconds, 32)


def _trained(contestant: Contestant, model: Workload, samples: int) -> Any:
    x, y = model.data(samples)
    return contestant.trainer(model), x, y


def first(contestant: Contestant, workload: str) -> Values:
    """Seconds from a model that is not built to the end of its first step."""
    model = find(workload).at(steps=1)
    x, y = model.data()
    begin = time.perf_counter()
    contestant.trainer(model, try_all=False).fit(x, y, model.batch, 1)
    yield {"value": time.perf_counter() - begin}


def peak_memory(contestant: Contestant, workload: str) -> Values:
    """Bytes by which training makes the process (or what it holds of the GPU) grow at most, its data aside."""
    model = find(workload)
    x, y = model.data()
    watch = memory.watch(contestant.framework, contestant.device)
    contestant.trainer(model, try_all=False).fit(x, y, model.batch, 2)
    yield {"value": watch()}


MEASURES = {
    "step": Measure(step, "s", "a train step"),
    "epoch": Measure(epoch, "s", "a call of fit for one epoch"),
    "predict": Measure(predict, "s", "a batch of predict"),
    "evaluate": Measure(evaluate, "s", "a batch of evaluate"),
    "first": Measure(first, "s", "the first step, with trace and compilation", fresh=True),
    "memory": Measure(peak_memory, "B", "the most memory that training takes", fresh=True),
}
