"""Convolution of one group and its two cotangents as plans: columns of windows (im2col) and products of matrices.

Each function gives the shape of the result and `run(first, second, out)`, which works in memory of its own.
The columns of few channels are laid out with the cells of the window first: copying runs of one to four elements
takes longer than the product.
"""

import itertools
import math

import numpy as np
from numpy.lib.stride_tricks import as_strided

from kcompat.backends._host import empty
from kcompat.backends.numpy.products import matmul
from kcompat.spec.convolution import output_sizes

FEW = 4
"""Up to this number of channels, columns are laid out with the cells of the window first."""
CHUNK = 2**22
"""The most elements of columns in memory at a time."""
PRODUCTS = 2**19
"""The most elements of products in memory at a time: those of all images would not stay in the cache."""


class _Geometry:
    """The sizes of a convolution."""

    def __init__(self, x_shape, kernel_shape, strides, padding, dilation):
        self.x_shape, self.kernel_shape = tuple(x_shape), tuple(kernel_shape)
        self.batch, self.channels, self.filters = x_shape[0], x_shape[-1], kernel_shape[-1]
        self.window, self.strides, self.dilation = tuple(kernel_shape[:-2]), strides, dilation
        self.outputs = output_sizes(x_shape[1:-1], self.window, strides, padding, dilation)
        self.y_shape = (self.batch, *self.outputs, self.filters)
        self.padded = tuple(n + a + b for n, (a, b) in zip(x_shape[1:-1], padding, strict=True))
        self.inside = tuple(slice(a, a + n) for (a, _), n in zip(padding, x_shape[1:-1], strict=True))
        self.cells, self.size = math.prod(self.outputs), math.prod(self.window) * self.channels
        # A window of one cell that meets all cells: the input itself has the columns.
        self.pointwise = set(self.window) <= {1} and self.outputs == self.padded == self.x_shape[1:-1]

    def chunks(self, elements):
        """The number of images whose columns have about so many elements, and slices of as many images each."""
        n = max(1, min(self.batch, elements // max(1, self.cells * self.size)))
        return n, [slice(i, min(i + n, self.batch)) for i in range(0, self.batch, n)]

    def taps(self):
        """For each cell of the window, the slices of the padded spatial axes that meet it."""
        for index in itertools.product(*map(range, self.window)):
            first = [i * d for i, d in zip(index, self.dilation, strict=True)]
            spans = zip(first, self.outputs, self.strides, strict=True)
            yield tuple(slice(a, a + (m - 1) * s + 1, s) for a, m, s in spans)


def _columns_of(geometry, chunk, dtype):
    """A function that gives the columns `(cells, size)` of up to `chunk` images, in memory that it uses again."""
    if geometry.pointwise:
        return lambda x: x.reshape(-1, geometry.channels)
    outputs, window, channels = geometry.outputs, geometry.window, geometry.channels
    few = channels <= FEW
    memory = empty((chunk * geometry.cells * geometry.size,), dtype)
    bordered = None
    if geometry.padded != geometry.x_shape[1:-1]:
        bordered = np.zeros((chunk, *geometry.padded, channels), dtype)

    def columns(x):
        n = len(x)
        if bordered is not None:
            bordered[(slice(n), *geometry.inside)] = x
            x = bordered[:n]
        batch, *spatial, channel = x.strides
        steps = [s * stride for s, stride in zip(geometry.strides, spatial, strict=True)]
        taps = [d * stride for d, stride in zip(geometry.dilation, spatial, strict=True)]
        rows = n * geometry.cells
        if few:
            shape, strides = (*window, channels, n, *outputs), (*taps, channel, batch, *steps)
        else:
            shape, strides = (n, *outputs, *window, channels), (batch, *steps, *taps, channel)
        cells = memory[: rows * geometry.size]
        np.copyto(cells.reshape(shape), as_strided(x, shape, strides, writeable=False))
        return cells.reshape(geometry.size, rows).T if few else cells.reshape(rows, geometry.size)

    return columns


def convolution(x, kernel, *, strides, padding, dilation):
    """Plan the op `convolution`."""
    geometry = _Geometry(x.shape, kernel.shape, strides, padding, dilation)
    chunk, chunks = geometry.chunks(CHUNK)
    columns = _columns_of(geometry, chunk, x.dtype)

    def run(x, kernel, out):
        matrix = kernel.reshape(-1, geometry.filters)
        for images in chunks:
            matmul(columns(x[images]), matrix, out[images].reshape(-1, geometry.filters))

    return geometry.y_shape, run


def kernel_grad(x, g, *, shape, strides, padding, dilation):
    """Plan the op `convolution_kernel_grad`."""
    geometry = _Geometry(x.shape, shape, strides, padding, dilation)
    chunk, chunks = geometry.chunks(CHUNK)
    columns = _columns_of(geometry, chunk, x.dtype)
    part = empty((geometry.size if len(chunks) > 1 else 0, geometry.filters), x.dtype)

    def run(x, g, out):
        total = out.reshape(-1, geometry.filters)
        for images in chunks:
            product = part if images.start else total
            matmul(columns(x[images]).T, g[images].reshape(-1, geometry.filters), product)
            if images.start:
                np.add(total, part, out=total)

    return geometry.kernel_shape, run


def input_grad(g, kernel, *, shape, strides, padding, dilation):
    """Plan the op `convolution_input_grad`: the products for the cells of the window, added up in place.

    The products are one stacked product: its matrices and results are whole blocks of memory, where columns would be
    strided.
    """
    geometry = _Geometry(shape, kernel.shape, strides, padding, dilation)
    filters, channels, taps = geometry.filters, geometry.channels, tuple(geometry.taps())
    chunk, chunks = geometry.chunks(PRODUCTS)
    matrices = empty((len(taps), filters, channels), g.dtype)
    products = empty((len(taps), chunk * geometry.cells, channels), g.dtype)
    bordered = None
    if geometry.padded != geometry.x_shape[1:-1]:
        bordered = empty((chunk, *geometry.padded, channels), g.dtype)

    def run(g, kernel, out):
        matrices[...] = kernel.reshape(len(taps), channels, filters).swapaxes(1, 2)
        for images in chunks:
            cotangent = g[images].reshape(-1, filters)
            if geometry.pointwise:
                matmul(cotangent, matrices[0], out[images].reshape(-1, channels))
                continue
            n, sent = images.stop - images.start, products[:, : len(cotangent)]
            matmul(cotangent, matrices, sent)
            sent = sent.reshape(len(taps), n, *geometry.outputs, channels)
            total = out[images] if bordered is None else bordered[:n]
            total[...] = 0
            for tap, part in zip(taps, sent, strict=True):
                cells = total[(slice(None), *tap)]
                np.add(cells, part, out=cells)
            if bordered is not None:
                out[images] = total[(slice(None), *geometry.inside)]

    return geometry.x_shape, run
