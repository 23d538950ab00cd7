"""Activations."""

import torch
from torch.nn import functional

from kcompat.backends.torch.dtypes import as_float, of_float

sigmoid, relu = of_float(torch.sigmoid), torch.relu
relu6, silu, selu = map(of_float, (functional.relu6, functional.silu, functional.selu))


def leaky_relu(x, *, negative_slope=0.2):
    return functional.leaky_relu(as_float(x), negative_slope)


def elu(x, *, alpha=1.0):
    return functional.elu(as_float(x), alpha)


def softplus(x):
    return functional.softplus(as_float(x), threshold=40.0)  # torch's 20 is too early for float64
