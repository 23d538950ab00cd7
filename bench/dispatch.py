"""What the eager `kcompat.ops` cost over the framework's own function, and what the imports cost."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from kcompat.bench.contestants import Contestant, Unavailable, environment, require
from kcompat.bench.result import Row

MODULES = {"numpy": "numpy", "jax": "jax.numpy", "torch": "torch", "tensorflow": "tensorflow"}
IMPORTS = {"kcompat": "import kcompat; kcompat.set_backend({!r})", "keras3": "import keras", "native": "import {}"}

ALONE = "kcompat:alone"
"""The import of kcompat without a backend, as a contestant."""


def dispatch(contestant: Contestant, op: str, calls: int = 2000) -> Iterator[dict[str, Any]]:
    """Seconds by which `kcompat.ops.OP` of small tensors takes longer than the framework's function of that name."""
    if contestant.kind != "kcompat":
        raise Unavailable(f"{contestant.name} has no kcompat.ops to call")
    from kcompat import ops
    from kcompat.runtime.registry import load

    engine = load(contestant.framework).engine
    shape = (2, 2) if op == "matmul" else (4,)
    args = [engine.asarray(np.full(shape, x, "float32")) for x in ((1.5, 2.5) if op in ("add", "matmul") else (1.5,))]
    ours, theirs = getattr(ops, op), getattr(importlib.import_module(MODULES[contestant.framework]), op)
    while True:
        blocks = [(_seconds(ours, args, calls), _seconds(theirs, args, calls)) for _ in range(5)]
        our, their = (min(column) for column in zip(*blocks, strict=True))
        yield {"value": our - their, "call": our, "native": their}


def _seconds(f: Callable[..., Any], args: list[Any], calls: int) -> float:
    begin = time.perf_counter()
    for _ in range(calls):
        f(*args)
    return (time.perf_counter() - begin) / calls


def import_rows(names: tuple[str, ...], repeats: int, on_progress: Callable[[str], None]) -> list[Row]:
    """Seconds of an import in a process that has NumPy: of `kcompat` alone, and of what each contestant needs."""
    code = {ALONE: "import kcompat"}
    rows = {name: Row("import", "package", name, "s") for name in (*code, *names)}
    for name in names:
        kind, _, framework = name.partition(":")
        code[name] = IMPORTS[kind].format(framework)
        try:
            require(name)
        except Unavailable as error:
            rows[name].error = str(error)
    with tempfile.TemporaryDirectory() as bytecode:  # as an installed package has it; the first import writes it
        for number in range(repeats + 1):
            for name, row in rows.items():
                if not row.error:
                    variables = environment(name, "cpu") if name in names else {}
                    seconds = _import_seconds(code[name], variables | {"PYTHONPYCACHEPREFIX": bytecode})
                    if number:
                        row.values.append(seconds)
                on_progress(f"import: {name}")
    return list(rows.values())


def _import_seconds(code: str, variables: dict[str, str]) -> float:
    timed = f"import numpy, time\nstart = time.perf_counter()\n{code}\nprint(time.perf_counter() - start)"
    variables = os.environ | variables
    variables.pop("PYTHONDONTWRITEBYTECODE", None)
    done = subprocess.run([sys.executable, "-c", timed], capture_output=True, text=True, check=True, env=variables)
    return float(done.stdout.split()[-1])
