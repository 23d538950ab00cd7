"""Which of the installed backends trains a model fastest: each is measured on the model's own step and data."""

from __future__ import annotations

import itertools
import time
import warnings
from collections.abc import Iterator
from typing import Any

from kcompat.data.arrays import Arrays, group_size
from kcompat.runtime import tree
from kcompat.runtime.program import Program, State
from kcompat.runtime.registry import load, registered

ROUND = 0.05
"""Seconds that one backend is measured at a time: they take turns, so that a busy moment meets all of them."""

SETTLING, TURNS = 3, 3
"""How many calls come before the first that counts, at least, and how many turns a backend has that may be fastest."""


def step_seconds(step: Any, state: State, data: Arrays, eager: bool = False, seconds: float = 1.0) -> dict[str, float]:
    """The seconds that `step` takes for a batch of `data` on each installed backend, the fastest first.

    Args:
        step: a pure step, `step(state, batch) -> (state, logs)`.
        state: NumPy arrays; each backend works on copies of them.
        data: gives the batches.
        eager: run the step as it is, without a compiler.
        seconds: how long to measure, all backends together, once their programs are compiled.
    """
    runs = _started(step, state, data, eager)
    best = dict.fromkeys(runs, float("inf"))
    end = time.perf_counter() + seconds
    for name in _turns(best, end):
        best[name] = min(best[name], runs[name].measure(ROUND))
    return dict(sorted(best.items(), key=lambda item: item[1]))


class _Run:
    """A backend at work on the step."""

    def __init__(self, name: str, step: Any, state: State, data: Arrays, eager: bool):
        B = load(name)
        compiler = Program if eager else B.engine.compile
        self.program = compiler(B, step, tree.map_leaves(lambda x: x.copy(), state))
        self.to_numpy = B.engine.to_numpy
        self.data = data
        self.groups = self._endless()
        self.steps = self.calls = 0

    def _endless(self) -> Iterator[tuple[int, Any]]:
        while True:
            yield from self.data.groups(lambda nbytes: group_size(self.program, nbytes))

    def measure(self, seconds: float) -> float:
        """The seconds a step, of as many steps as fit into a time, at least one."""
        start, steps, elapsed = time.perf_counter(), 0, 0.0
        while not steps or elapsed < seconds:
            count, batch = next(self.groups)
            logs = self.program.run(batch) if count == 1 else self.program.run_many(batch)
            for value in logs.values():  # a program may run on after it has returned
                self.to_numpy(value)
            steps += count
            self.calls += 1
            elapsed = time.perf_counter() - start
        self.steps += steps
        return elapsed / steps


def _started(step: Any, state: State, data: Arrays, eager: bool) -> dict[str, _Run]:
    """A run on each backend that is installed and has all the ops of the step, compiled and settled.

    One that fails at the step is left out with a warning; where all fail it is the step, and the first error is raised.
    """
    runs: dict[str, _Run] = {}
    failures: dict[str, BaseException] = {}
    for name in registered():
        try:
            run = _Run(name, step, state, data, eager)
            run.measure(0)
            while run.steps < run.program.steps_to_settle or run.calls < SETTLING:
                run.measure(0)
        except ImportError:
            continue
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # a plug-in may raise anything, and call `sys.exit`
            failures[name] = error
        else:
            runs[name] = run
    if not runs and failures:
        raise next(iter(failures.values()))
    for name, failure in failures.items():
        if not isinstance(failure, NotImplementedError):
            warnings.warn(f"backend {name!r} is left out, it fails: {type(failure).__name__}: {failure}", stacklevel=2)
    return runs


def _turns(best: dict[str, float], end: float) -> Iterator[str]:
    """Names in turn until `end`, each at least `TURNS` times; those far behind get no second turn."""
    for turn in itertools.count():
        for name, seconds in best.items():
            if turn >= TURNS and time.perf_counter() > end:
                return
            if turn == 0 or seconds < 4 * min(best.values()):
                yield name
