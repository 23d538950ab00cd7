"""One step of an optimizer, for all parameters at once, so that a backend can fuse it.

Each op is declared by its formula for one parameter `p`, its gradient `g` and its slots, which are what the optimizer
remembers of it. The op takes `rate`, a rank-0 tensor, then equally long runs of tensors, one after the other:
parameters, gradients, then each slot. Its result holds the new parameters, then the new slots.
"""

from kcompat.spec.lift import update


@update()
def sgd_update(B, rate, p, g):
    """Stochastic gradient descent (Robbins & Monro, 1951)."""
    return p - rate * g


@update(momentum=0.9, nesterov=True)
def momentum_update(B, rate, p, g, v, *, momentum, nesterov=False):
    """Gradient descent with the velocity `v`, with `nesterov` one that looks ahead (Sutskever et al., 2013)."""
    v = v * momentum - rate * g
    return p + (v * momentum - rate * g) if nesterov else p + v, v


@update(beta_1=0.9, beta_2=0.999, epsilon=1e-7)
def adam_update(B, rate, p, g, m, v, *, beta_1, beta_2, epsilon):
    """Adam (Kingma & Ba, 2015) in its second form, with epsilon-hat.

    `rate` includes the bias correction `sqrt(1 - beta_2 ** t) / (1 - beta_1 ** t)`.
    """
    m = m + (g - m) * (1.0 - beta_1)
    v = v + (g * g - v) * (1.0 - beta_2)
    return p - m * rate / (B.sqrt(v) + epsilon), m, v


@update(beta_1=0.9, beta_2=0.999, epsilon=1e-7)
def amsgrad_update(B, rate, p, g, m, v, v_hat, *, beta_1, beta_2, epsilon):
    """AMSGrad (Reddi et al., 2018): Adam, divided by the largest `v` so far, `v_hat`; see `adam_update` for `rate`."""
    m = m + (g - m) * (1.0 - beta_1)
    v = v + (g * g - v) * (1.0 - beta_2)
    v_hat = B.maximum(v_hat, v)
    return p - m * rate / (B.sqrt(v_hat) + epsilon), m, v, v_hat


@update(rho=0.9, epsilon=1e-7)
def rmsprop_update(B, rate, p, g, v, *, rho, epsilon):
    """Steps divided by the root of `v`, the mean square of gradients (Hinton, 2012)."""
    v = v * rho + g * g * (1.0 - rho)
    return p - rate * g / B.sqrt(v + epsilon), v


@update(rho=0.9, momentum=0.5, epsilon=1e-7)
def rmsprop_momentum_update(B, rate, p, g, v, m, *, rho, momentum, epsilon):
    """`rmsprop_update` with the momentum `m` of its steps."""
    v = v * rho + g * g * (1.0 - rho)
    m = m * momentum + rate * g / B.sqrt(v + epsilon)
    return p - m, v, m


@update(lambda v, a: (v + a * a, a), rho=0.9, epsilon=1e-7)
def rmsprop_centered_update(B, rate, p, g, v, a, *, rho, epsilon):
    """`rmsprop_update` with the variance of gradients for their mean square; `a` is their mean (Graves, 2013)."""
    v = v * rho + g * g * (1.0 - rho)
    a = a * rho + g * (1.0 - rho)
    return p - rate * g / B.sqrt(v - a * a + epsilon), v, a


@update(lambda v, m, a: (v + a * a, m, a), rho=0.9, momentum=0.5, epsilon=1e-7)
def rmsprop_centered_momentum_update(B, rate, p, g, v, m, a, *, rho, momentum, epsilon):
    """`rmsprop_centered_update` with the momentum `m` of its steps (Graves, 2013)."""
    v = v * rho + g * g * (1.0 - rho)
    a = a * rho + g * (1.0 - rho)
    m = m * momentum + rate * g / B.sqrt(v - a * a + epsilon)
    return p - m, v, m, a


@update(beta_1=0.25, beta_2=0.875)
def lion_update(B, rate, p, g, m, *, beta_1, beta_2):
    """Lion (Chen et al., 2023): each element moves by `rate`, in the direction of a mean of `m` and `g`."""
    direction = B.sign(m * beta_1 + g * (1.0 - beta_1))
    return p - rate * direction, m * beta_2 + g * (1.0 - beta_2)
