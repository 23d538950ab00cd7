"""Pooling to a given number of cells, by a loop over windows."""

import itertools
import math
from fractions import Fraction
from typing import Any

import numpy as np

from kcompat.conformance.references import reference
from kcompat.conformance.references.convolution import as_given, channels_last, each
from kcompat.conformance.references.pooling import reduced


def _pooled(f: Any, inputs: Any, output_size: Any, data_format: Any) -> Any:
    x, spans = channels_last(inputs, data_format), []
    for n, m in zip(x.shape[1:-1], each(output_size, x.ndim - 2), strict=True):
        edges = [Fraction(i * n, m) for i in range(m + 1)]
        spans.append([range(math.floor(a), math.ceil(b)) for a, b in itertools.pairwise(edges)])
    return as_given(reduced(f, x, spans), data_format)


@reference("adaptive_average_pool")
def adaptive_average_pool(inputs: Any, *, output_size: Any, data_format: Any = None) -> Any:
    """NumPy's mean of each of PyTorch's windows."""
    return _pooled(np.mean, inputs, output_size, data_format)


@reference("adaptive_max_pool")
def adaptive_max_pool(inputs: Any, *, output_size: Any, data_format: Any = None) -> Any:
    """NumPy's maximum of each of PyTorch's windows."""
    return _pooled(np.max, inputs, output_size, data_format)
