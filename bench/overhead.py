"""How much Python runs for a train step: bytecode instructions, which unlike seconds are the same on every machine.

What is counted is recorded in `overhead.json`, beside which a test holds the present; `kcompat bench overhead --record`
records anew.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import kcompat
from kcompat.bench.contestants import Fitted
from kcompat.bench.workloads import perceptron
from kcompat.runtime.registry import list_backends

RECORD = Path(__file__).with_name("overhead.json")
STEPS = 128
ROOM, SLACK = 1.5, 100
"""A step may take so many times the instructions that are recorded, and so many more."""
SMALL = perceptron("small", 8, (16,), 4, 2 * STEPS)


def instructions(run: Callable[[], Any]) -> int:
    """How many bytecode instructions this thread executes in `run`, in Python code of any package."""
    count = 0

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal count
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        count += event == "opcode"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        run()
    finally:
        sys.settrace(before)
    return count


def of_step(backend: str) -> float:
    """Instructions for a step of `fit` on a backend: what twice as many steps take more, over their number."""
    x, y = SMALL.data()
    half = len(x) // 2
    with kcompat.use_backend(backend):
        trainer = Fitted(kcompat, SMALL)
    fits = [lambda: trainer.fit(x[:half], y[:half], SMALL.batch, 1), lambda: trainer.fit(x, y, SMALL.batch, 1)]
    for fit in fits * 2:
        fit()  # compiles
    fewer, more = map(instructions, fits)
    return (more - fewer) / STEPS


def recorded() -> dict[str, float]:
    """Instructions a step by backend, as they are in the tree."""
    recorded: dict[str, float] = json.loads(RECORD.read_text())["instructions a step"]
    return recorded


def limit(backend: str) -> float:
    """The most that a step may take."""
    return ROOM * recorded()[backend] + SLACK


def measured() -> dict[str, float]:
    """Instructions a step on each installed backend of ours."""
    names = [
        info.name for info in list_backends() if info.installed and info.name in ("numpy", "jax", "torch", "tensorflow")
    ]
    return {name: round(of_step(name), 1) for name in names}


def record() -> None:
    """Write the present counts into the tree; those of backends that are not installed stay."""
    kept = recorded() if RECORD.exists() else {}
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    RECORD.write_text(json.dumps({"python": version, "instructions a step": kept | measured()}, indent=2) + "\n")


def lines() -> Iterator[str]:
    """The present beside the record, for people."""
    before = recorded()
    for name, now in measured().items():
        yield f"{name:12} {now:10.1f} instructions a step, recorded {before[name]:.1f}, at most {limit(name):.0f}"
