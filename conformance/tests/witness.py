"""Keras 3 as a witness of what "compatible" means.

It is asked in a process of its own, so that no test process imports it, and in float64, where two right
formulas agree to far more digits than two different ones do.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

PRELUDE = """
import json, sys
import numpy as np
import keras
keras.config.set_floatx("float64")
keras.config.set_dtype_policy("float64")
given = dict(np.load(sys.argv[1]))
cases = json.loads(sys.argv[2])
answers = {}
"""
FINISH = """
np.savez(sys.argv[3], **{name: np.asarray(value) for name, value in answers.items()})
"""
INSTALLED = importlib.util.find_spec("keras") is not None


def ask(program: str, given: Mapping[str, np.ndarray] | None = None, cases: Any = None) -> dict[str, np.ndarray]:
    """Run a program in a process with `keras`; it finds `given` and `cases`, and fills the dict `answers`.

    Args:
        program: Python source.
        given: arrays, by name.
        cases: anything that JSON can say.

    Returns:
        `answers`, as NumPy arrays.
    """
    # elsewhere Keras promotes float64 to float32; here, too, some numbers pass through float32: choose exact ones
    environment = {**os.environ, "KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
    with tempfile.TemporaryDirectory() as folder:
        asked, answered = Path(folder, "asked.npz"), Path(folder, "answered.npz")
        arrays: dict[str, Any] = dict(given or {})
        np.savez(asked, **arrays)
        command = [sys.executable, "-c", PRELUDE + program + FINISH, str(asked), json.dumps(cases), str(answered)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"Keras refused:\n{done.stderr}")
        with np.load(answered) as answers:
            return dict(answers)


def as_json(answer: np.ndarray) -> Any:
    """What a program put into `answers` as `json.dumps(...)`."""
    return json.loads(str(answer))


def signatures(namespace: str) -> dict[str, list[list[Any]]]:
    """The parameters of each function of `keras.ops` or another namespace: name, and default as code (None: none)."""
    program = (
        "row = lambda f: [[p.name, None if p.default is p.empty else repr(p.default)]"
        " for p in inspect.signature(f).parameters.values()]\n"
        f"found = {{n: row(f) for n, f in vars({namespace}).items() if inspect.isfunction(f)}}\n"
        "answers['signatures'] = json.dumps(found)\n"
    )
    return dict(as_json(ask("import inspect\n" + program)["signatures"]))
