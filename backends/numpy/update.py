"""Optimizer updates with as few passes over memory as NumPy allows, to the bit as the spec's bodies."""

import numpy as np


def adam_update(rate, *tensors, beta_1, beta_2, epsilon):
    """See `kcompat.spec.update.adam_update`."""
    n = len(tensors) // 4
    params, momenta, velocities = [], [], []
    for p, g, m, v in zip(*(tensors[i * n : (i + 1) * n] for i in range(4)), strict=True):
        new_m = np.subtract(g, m)
        new_m *= 1.0 - beta_1
        new_m += m
        new_v = np.multiply(g, g)
        new_v -= v
        new_v *= 1.0 - beta_2
        new_v += v
        root = np.sqrt(new_v)
        root += epsilon
        step = np.multiply(new_m, rate)
        step /= root
        params.append(np.subtract(p, step, out=step))
        momenta.append(new_m)
        velocities.append(new_v)
    return (*params, *momenta, *velocities)
