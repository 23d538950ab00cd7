"""What is measured, inside a contestant's process: each measure prepares and warms up, then gives numbers a repeat."""

from __future__ import annotations

import functools
import itertools
import math
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from kcompat.bench import dispatch, memory, op_cases, roofline
from kcompat.bench.contestants import Contestant, Fitted, Unavailable
from kcompat.bench.workloads import find

Answers = Iterator[dict[str, Any]]
PREDICTED = (1, 256)
"""The batch sizes of `predict`."""


class Measure(NamedTuple):
    """How it is run, and whether each repeat needs a process in which nothing has run yet.

    `run` gives a dict a repeat: `value`, or `values` by name if it measures several things; the rest are details.
    """

    run: Callable[..., Answers]
    what: str
    fresh: bool = False


def start(contestant: Contestant, measure: str, **arguments: Any) -> Answers:
    """Begin a measure; the first answer comes after the warm-up."""
    return MEASURES[measure].run(contestant, **arguments)


def step(contestant: Contestant, workload: str, seconds: float = 0.4, steps: int = 0, epochs: int = 0) -> Answers:
    """Seconds a train step: a `fit` of several epochs, over its steps."""
    model = find(workload).at(steps=steps)
    x, y = model.data()
    trainer = contestant.trainer(model)
    for _ in range(2):  # the second epoch may still compile: a group of another size, or a program that grows with use
        trainer.fit(x, y, model.batch, 1)
    begin = time.perf_counter()
    trainer.fit(x, y, model.batch, 1)
    count = epochs or max(1, math.ceil(seconds / (time.perf_counter() - begin)))
    while True:
        begin = time.perf_counter()
        trainer.fit(x, y, model.batch, count)
        passed = time.perf_counter() - begin
        yield {"value": passed / count / model.steps, "epochs": count, "steps": model.steps, "way": trainer.chosen}


def epoch(contestant: Contestant, workload: str, seconds: float = 0.4) -> Answers:
    """Seconds of a `fit` of one epoch, with all that a call of `fit` costs."""
    model = find(workload)
    x, y = model.data()
    trainer = contestant.trainer(model)
    once = _repeated(lambda: trainer.fit(x, y, model.batch, 1), seconds)
    while True:
        yield {"value": once(), "way": trainer.chosen}


def inference(contestant: Contestant, workload: str, seconds: float = 0.15) -> Answers:
    """Seconds a batch of `predict` and of `evaluate`, each over 32 batches."""
    model = find(workload)
    trainer = contestant.trainer(model, try_all=False)
    x, y = model.data(32 * max(model.batch, *PREDICTED))
    count = 32 * model.batch
    timed = {"evaluate": _repeated(lambda: trainer.evaluate(x[:count], y[:count], model.batch), seconds)}
    for batch in PREDICTED:
        timed[f"predict@{batch}"] = _repeated(functools.partial(trainer.predict, x[: 32 * batch], batch), seconds)
    while True:
        yield {"values": {name: run() / 32 for name, run in timed.items()}}


def _repeated(run: Callable[[], Any], seconds: float) -> Callable[[], float]:
    """A function that gives the mean seconds of a call, of as many as take about `seconds`."""
    run()
    begin = time.perf_counter()
    run()
    times = max(1, math.ceil(seconds / max(time.perf_counter() - begin, 1e-9)))

    def timed() -> float:
        begin = time.perf_counter()
        for _ in range(times):
            run()
        return (time.perf_counter() - begin) / times

    return timed


def fresh(contestant: Contestant, workload: str) -> Answers:
    """From a model that is not built: seconds to the end of its first step, and the bytes that training takes at most.

    The bytes are those by which the process (or what it holds of the GPU) grows, code that is compiled included.
    """
    model = find(workload)
    x, y = model.data()
    watch = memory.watch(contestant.framework, contestant.device)
    begin = time.perf_counter()
    trainer = contestant.trainer(model, try_all=False)
    trainer.fit(x[: model.batch], y[: model.batch], model.batch, 1)
    seconds = time.perf_counter() - begin
    trainer.fit(x, y, model.batch, 2)
    yield {"values": {"first": seconds, "memory": watch()}}


def streamed(contestant: Contestant, workload: str, steps: int) -> Answers:
    """From a model that is not built: the bytes that a `fit` of so many batches from a generator takes at most."""
    model = find(workload)
    x, y = model.data()
    starts = itertools.islice(itertools.cycle(range(0, len(x), model.batch)), steps)
    batches = ((x[i : i + model.batch].copy(), y[i : i + model.batch].copy()) for i in starts)
    watch = memory.watch(contestant.framework, contestant.device)
    trainer = contestant.trainer(model, try_all=False)
    if not isinstance(trainer, Fitted):
        raise Unavailable(f"{contestant.name} takes arrays alone")
    trainer.stream(batches, steps)
    yield {"value": watch()}


MEASURES = {
    "step": Measure(step, "a train step, by fits of several epochs"),
    "epoch": Measure(epoch, "a fit of one epoch"),
    "inference": Measure(inference, "a batch of predict and of evaluate"),
    "fresh": Measure(fresh, "the first step of a process, and the memory of training", fresh=True),
    "streamed": Measure(streamed, "the memory of training on streamed batches", fresh=True),
    "op": Measure(op_cases.measure, "one op, forward or with its gradient"),
    "dispatch": Measure(dispatch.dispatch, "a call of kcompat.ops over the framework's own"),
    "roofline": Measure(roofline.measure, "a matrix product and a copy"),
}
UNITS = {"memory": "B", "streamed": "B", "gemm": "FLOP/s", "copy": "B/s"}
"""Units of what is not seconds."""
