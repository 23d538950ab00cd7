"""One step of an optimizer, for all parameters at once, so that a backend can fuse it.

`tensors` holds equally long runs, one after the other: parameters, gradients, then each slot. The result holds
the new parameters, then the new slots. `rate` is a rank-0 tensor.
"""

import functools

import numpy as np

from kcompat.spec._op import Sample, composed, ordinary, smooth

update = functools.partial(composed, kinks=smooth, specials=ordinary, public=False)


def _runs(tensors, count):
    size = len(tensors) // count
    return [tensors[i * size : (i + 1) * size] for i in range(count)]


def _parameters(runs, **attrs):
    def make(rng):
        tensors = [abs(rng.normal(size=shape)) for _ in range(runs) for shape in [(2, 3), (4,)]]
        yield Sample((np.array(0.1), *tensors), attrs)
        small = [1.0, 1e-5, *[1e-10] * (runs - 2)]  # beside which epsilon counts
        yield Sample((np.array(0.1), *(x * small[i // 2] for i, x in enumerate(tensors))), attrs)

    return make


@update(samples=_parameters(2))
def sgd_update(B, rate, *tensors):
    """`p - rate * g`."""
    params, grads = _runs(tensors, 2)
    return tuple(p - rate * g for p, g in zip(params, grads, strict=True))


@update(samples=_parameters(3, momentum=0.9, nesterov=True))
def momentum_update(B, rate, *tensors, momentum, nesterov=False):
    """`v = momentum * v - rate * g; p + v`, or `p + momentum * v - rate * g` (Nesterov; Sutskever et al., 2013)."""
    params, grads, velocities = _runs(tensors, 3)
    new_params, new_velocities = [], []
    for p, g, v in zip(params, grads, velocities, strict=True):
        v = v * momentum - rate * g
        new_params.append(p + (v * momentum - rate * g) if nesterov else p + v)
        new_velocities.append(v)
    return (*new_params, *new_velocities)


@update(samples=_parameters(4, beta_1=0.9, beta_2=0.999, epsilon=1e-7))
def adam_update(B, rate, *tensors, beta_1, beta_2, epsilon):
    """Adam (Kingma & Ba, 2015) in its second form, with epsilon-hat.

    `m += (g - m) * (1 - beta_1); v += (g * g - v) * (1 - beta_2); p -= rate * m / (sqrt(v) + epsilon)`,
    where `rate` includes the bias correction `sqrt(1 - beta_2 ** t) / (1 - beta_1 ** t)`.
    """
    params, grads, momenta, velocities = _runs(tensors, 4)
    new_params, new_momenta, new_velocities = [], [], []
    for p, g, m, v in zip(params, grads, momenta, velocities, strict=True):
        m = m + (g - m) * (1.0 - beta_1)
        v = v + (g * g - v) * (1.0 - beta_2)
        new_params.append(p - m * rate / (B.sqrt(v) + epsilon))
        new_momenta.append(m)
        new_velocities.append(v)
    return (*new_params, *new_momenta, *new_velocities)


@update(samples=_parameters(3, rho=0.9, epsilon=1e-7))
def rmsprop_update(B, rate, *tensors, rho, epsilon):
    """`v = rho * v + (1 - rho) * g * g; p - rate * g / sqrt(v + epsilon)` (Hinton, 2012)."""
    params, grads, velocities = _runs(tensors, 3)
    velocities = [v * rho + g * g * (1.0 - rho) for g, v in zip(grads, velocities, strict=True)]
    steps = (rate * g / B.sqrt(v + epsilon) for g, v in zip(grads, velocities, strict=True))
    return (*(p - step for p, step in zip(params, steps, strict=True)), *velocities)
