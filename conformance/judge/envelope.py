"""The envelope: runs of the spec with every intermediate result moved as rounding might have moved it.

Honest implementations of an op round at other places, so how far apart the runs end says how far apart
honest results can be: the tolerance is measured, not chosen. Correlated errors cancel here as they do in
arithmetic, which no running bound can see.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from kcompat.conformance.judge.oracle import moved_matrix
from kcompat.conformance.judge.precision import Profile
from kcompat.conformance.judge.rounding import local_error
from kcompat.conformance.judge.wide import Application, Wide, WideInterpreter
from kcompat.spec import Op, is_float

RUNS = 16


class Envelope(WideInterpreter):
    """Moves each result by up to `amplitude` times the rounding error that it may have."""

    def __init__(self, alternative: int = 0):
        super().__init__("envelope", alternative)
        self.rng, self.amplitude = np.random.default_rng(0), 0.0

    @contextlib.contextmanager
    def run(self, profile: Profile, seed: Any) -> Iterator[None]:
        """One run, its moves drawn from a seed."""
        self.rng, self.amplitude = np.random.default_rng(seed), profile.amplitude
        with self.under(profile):
            yield

    @contextlib.contextmanager
    def still(self, profile: Profile) -> Iterator[None]:
        """A run that moves nothing."""
        self.amplitude = 0.0
        with self.under(profile):
            yield

    def compute(self, op: Op, values: list[Any], attrs: dict[str, Any]) -> Any:
        """See `WideInterpreter.compute`; a stable algorithm's error is in what it was given."""
        if op.error is not None and op.error.kind == "backward":
            values = [moved_matrix(x, op, self.profile, self.rng, self.amplitude) for x in values]
        return super().compute(op, values, attrs)

    def roughly(self, x: Any, error: Any, dtype: str) -> Wide:
        """See `WideInterpreter.roughly`."""
        moved = np.asarray(x, self.profile.wide) + self.amplitude * error * self.rng.uniform(-1.0, 1.0, np.shape(x))
        return Wide(moved, dtype, self)

    def finish(self, a: Application) -> Wide:
        """See `WideInterpreter.finish`."""
        if not is_float(a.dtype):
            return Wide(a.y, a.dtype, self)
        y, error = self.limited(a.y, a.dtype), local_error(a)
        if np.count_nonzero(error):
            moved = y + self.amplitude * error * self.rng.uniform(-1.0, 1.0, np.shape(y))
            y = np.where((error > 0) & np.isfinite(y), moved, y)
        return Wide(y, a.dtype, self)
