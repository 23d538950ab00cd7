"""Optimizer updates over lists of tensors: one call a formula, in place of one a parameter."""

import functools

import torch

from kcompat.backend import load
from kcompat.spec import OPS


def _on_lists(f):
    """`f`, which uses torch's list functions, where they do what the spec says.

    They promote otherwise, take no empty list, and their derivatives fail where `rate` is differentiated.
    """

    @functools.wraps(f)
    def call(rate, *tensors, **attrs):
        if tensors and all(x.dtype is rate.dtype and not x.requires_grad for x in (rate, *tensors)):
            return f(rate, *tensors, **attrs)
        return OPS[f.__name__].body(load("torch"), rate, *tensors, **attrs)

    return call


def _runs(tensors, count):
    size = len(tensors) // count
    return [tensors[i * size : (i + 1) * size] for i in range(count)]


@_on_lists
def sgd_update(rate, *tensors):
    """See `kcompat.spec.update.sgd_update`."""
    params, grads = _runs(tensors, 2)
    return tuple(torch._foreach_sub(params, torch._foreach_mul(grads, rate)))


@_on_lists
def momentum_update(rate, *tensors, momentum, nesterov=False):
    """See `kcompat.spec.update.momentum_update`."""
    params, grads, velocities = _runs(tensors, 3)
    steps = torch._foreach_mul(grads, rate)
    velocities = torch._foreach_sub(torch._foreach_mul(velocities, momentum), steps)
    moves = torch._foreach_sub(torch._foreach_mul(velocities, momentum), steps) if nesterov else velocities
    return (*torch._foreach_add(params, moves), *velocities)


@_on_lists
def adam_update(rate, *tensors, beta_1, beta_2, epsilon):
    """See `kcompat.spec.update.adam_update`."""
    params, grads, momenta, velocities = _runs(tensors, 4)
    momenta = torch._foreach_lerp(momenta, grads, 1.0 - beta_1)
    velocities = torch._foreach_lerp(velocities, torch._foreach_mul(grads, grads), 1.0 - beta_2)
    scales = torch._foreach_add(torch._foreach_sqrt(velocities), epsilon)
    moves = torch._foreach_div(torch._foreach_mul(momenta, rate), scales)
    return (*torch._foreach_sub(params, moves), *momenta, *velocities)
