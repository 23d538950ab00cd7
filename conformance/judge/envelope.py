"""The envelope: runs of the spec with every intermediate result moved as rounding might have moved it.

Honest implementations of an op round at other places than each other. How far apart the runs end says how far apart
honest results can be: the tolerance is measured, not chosen. Correlated errors cancel in a run as they do in
arithmetic; a running bound cannot see that.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from kcompat.conformance.judge.oracle import moved_matrix
from kcompat.conformance.judge.rounding import local_error
from kcompat.conformance.judge.wide import Application, Wide, WideInterpreter
from kcompat.conformance.targets.precision import Profile
from kcompat.spec import Op, is_float

RUNS = 16


class Envelope(WideInterpreter):
    """An interpreter that moves each result by up to `amplitude` times the rounding error that it may have."""

    def __init__(self, alternative: int = 0):
        super().__init__("envelope", alternative)
        self.rng, self.amplitude = np.random.default_rng(0), 0.0

    @contextlib.contextmanager
    def run(self, profile: Profile, seed: Any) -> Iterator[None]:
        """Within the block results are moved, by draws from a seed."""
        self.rng, self.amplitude = np.random.default_rng(seed), profile.amplitude
        with self.under(profile):
            yield

    @contextlib.contextmanager
    def still(self, profile: Profile) -> Iterator[None]:
        """Within the block nothing is moved."""
        self.amplitude = 0.0
        with self.under(profile):
            yield

    def compute(self, op: Op, values: list[Any], attrs: dict[str, Any]) -> Any:
        if op.error is not None and op.error.kind == "backward":  # a stable algorithm's error is one of its operands
            values = [moved_matrix(x, op, self.profile, self.rng, self.amplitude) for x in values]
        return super().compute(op, values, attrs)

    def roughly(self, x: Any, error: Any, dtype: str) -> Wide:
        moved = np.asarray(x, self.profile.wide) + self.amplitude * error * self.rng.uniform(-1.0, 1.0, np.shape(x))
        return Wide(moved, dtype, self)

    def finish(self, application: Application) -> Wide:
        if not is_float(application.dtype):
            return Wide(application.y, application.dtype, self)
        y, error = self.limited(application.y, application.dtype), local_error(application)
        if np.count_nonzero(error):
            moved = y + self.amplitude * error * self.rng.uniform(-1.0, 1.0, np.shape(y))
            y = np.where((error > 0) & np.isfinite(y), moved, y)
        return Wide(y, application.dtype, self)
