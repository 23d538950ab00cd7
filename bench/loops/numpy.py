"""The loops of NumPy, by the family of the workload."""

from __future__ import annotations

import functools
from collections.abc import Callable

from kcompat.bench.loops.loop import Loop
from kcompat.bench.loops.numpy_cnn import Convolutional
from kcompat.bench.loops.numpy_lstm import Recurrent
from kcompat.bench.loops.numpy_mlp import Perceptron
from kcompat.bench.workloads import Workload


def ways(workload: Workload, device: str) -> dict[str, Callable[[], Loop]]:
    """The loops that train a workload, by name; where the device is does not change them."""
    del device
    kinds = {"mlp": Perceptron, "cnn": Convolutional, "lstm": Recurrent}
    if workload.family not in kinds:
        return {}
    loop = functools.partial(kinds[workload.family], workload.weights())
    return {"": loop, "one BLAS thread": functools.partial(loop, blas_threads=1)}
