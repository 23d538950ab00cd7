"""Windows of a tensor: read, replaced, or slid along an axis."""

from typing import Any

import numpy as np

from kcompat.conformance.references import reference


def _window(sizes: Any, start_indices: Any, shape: Any) -> tuple[slice, ...]:
    """The window that NumPy's slices name, moved to the nearest place where it fits."""
    starts = [min(max(int(start), 0), n - m) for start, n, m in zip(start_indices, sizes, shape, strict=True)]
    return tuple(slice(start, start + m) for start, m in zip(starts, shape, strict=True))


@reference("slice")
def slice_(inputs: Any, start_indices: Any, shape: Any) -> Any:
    """NumPy's slices."""
    return inputs[_window(inputs.shape, start_indices, shape)]


@reference("slice_update")
def slice_update(inputs: Any, start_indices: Any, updates: Any) -> Any:
    """NumPy's slices."""
    y = inputs.copy()
    y[_window(inputs.shape, start_indices, updates.shape)] = updates
    return y


@reference("extract_sequences")
def extract_sequences(x: Any, sequence_length: int, sequence_stride: int) -> Any:
    """NumPy's windows, of which every so many are kept."""
    windows = np.lib.stride_tricks.sliding_window_view(x, sequence_length, axis=-1)
    return windows[..., ::sequence_stride, :]
