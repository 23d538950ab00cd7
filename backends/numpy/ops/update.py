"""Optimizer updates with as few passes over memory as NumPy allows, to the bit as the spec's formulas."""

import numpy as np

from kcompat.spec.lift import lift


@lift
def adam_update(rate, p, g, m, v, *, beta_1, beta_2, epsilon):
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
    return np.subtract(p, step, out=step if p.ndim else None), new_m, new_v  # NumPy makes scalars of rank 0
