"""Windows of every size, stride and padding: which cells they meet. Whole numbers, so that results are exact."""

import itertools

import numpy as np
import pytest

from kcompat import ops
from kcompat.runtime.registry import use_backend

GEOMETRIES = list(itertools.product((4, 5, 6, 7), (2, 3, 5), (1, 2, 3), ("valid", "same")))
FITTING = [(n, k, s, padding) for n, k, s, padding in GEOMETRIES if padding == "same" or k <= n]


def windows(n, k, s, padding):
    """The cells that each window meets, -1 where it meets padding; the odd cell of padding is at the end."""
    count = -(-n // s) if padding == "same" else (n - k) // s + 1
    before = max((count - 1) * s + k - n, 0) // 2 if padding == "same" else 0
    cells = np.arange(count)[:, None] * s + np.arange(k) - before
    return np.where((cells >= 0) & (cells < n), cells, -1)


@pytest.fixture(scope="module")
def lines():
    """Lines of whole numbers, all negative, by their length."""
    rng = np.random.default_rng(0)
    return {n: -rng.integers(1, 60, (n,)).astype("float32") for n in (4, 5, 6, 7)}


def as_tensor(values):
    return np.asarray(values, "float32").reshape(1, -1, 1)


def on(backend, f, *args):
    with use_backend(backend.name):
        return np.asarray(ops.convert_to_numpy(f(*args))).ravel()


def test_convolution_meets_the_cells_of_its_windows(backend, lines):
    for n, k, s, padding in FITTING:
        kernel = np.arange(1.0, k + 1).astype("float32")
        cells = windows(n, k, s, padding)
        expected = np.where(cells >= 0, lines[n][cells], 0.0) @ kernel
        got = on(backend, ops.conv, as_tensor(lines[n]), kernel.reshape(-1, 1, 1), s, padding)
        np.testing.assert_array_equal(got, expected, err_msg=f"size {n}, window {k}, stride {s}, {padding}")


def test_pooling_leaves_padding_out(backend, lines):
    for n, k, s, padding in FITTING:
        cells = windows(n, k, s, padding)
        seen = np.where(cells >= 0, lines[n][cells], np.nan)
        message = f"size {n}, window {k}, stride {s}, {padding}"
        got = on(backend, ops.max_pool, as_tensor(lines[n]), k, s, padding)
        np.testing.assert_array_equal(got, np.nanmax(seen, axis=1), err_msg=message)
        got = on(backend, ops.average_pool, as_tensor(lines[n]), k, s, padding)
        np.testing.assert_allclose(got, np.nanmean(seen, axis=1), rtol=2.0**-22, err_msg=message)


def test_transposed_convolution_is_the_adjoint(backend, lines):
    """Of the convolution whose windows meet the same cells: what a window gathers is what it spreads."""
    for m, k, s, padding in itertools.product((4, 5), (1, 2, 3, 5), (1, 2, 3), ("valid", "same")):
        kernel = np.arange(1.0, k + 1).astype("float32")
        got = on(backend, ops.conv_transpose, as_tensor(lines[m]), kernel.reshape(-1, 1, 1), s, padding)
        n = m * s if padding == "same" else (m - 1) * s + max(k, s)
        expected = np.zeros(n)
        for row, value in zip(windows(n, k, s, padding), lines[m], strict=True):
            expected[row[row >= 0]] += (value * kernel)[row >= 0]
        np.testing.assert_array_equal(got, expected, err_msg=f"size {m}, window {k}, stride {s}, {padding}")
