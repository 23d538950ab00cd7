"""Optimizer updates over lists of tensors: one call a formula, in place of one a parameter.

They write to copies; where a program knows that the old tensors are dead it leaves the copies out.
"""

import functools

import torch

from kcompat.backends.torch.interpreter import run_body
from kcompat.spec import OPS, lift


def _on_lists(count, dtypes=None):
    """An update of lists of contiguous tensors, which writes to copies of the parameters and slots.

    It is used where torch's list functions do what the spec says: they promote otherwise, take no empty list, and their
    derivatives fail where `rate` is differentiated.
    """

    def native(f):
        @functools.wraps(f)
        def call(rate, *tensors, **attrs):
            dtype = rate.dtype
            alike = all(x.dtype is dtype and not x.requires_grad for x in (rate, *tensors))
            if tensors and alike and (dtypes is None or dtype in dtypes):
                params, grads, *slots = lift.split(f.__name__, tensors, count)
                new = [[x.clone(memory_format=torch.contiguous_format) for x in run] for run in (params, *slots)]
                f(rate, new[0], [g.contiguous() for g in grads], *new[1:], **attrs)
                return tuple(x for run in new for x in run)
            return run_body(f.__name__, rate, *tensors, **attrs)

        vars(call)["__signature__"] = OPS[f.__name__].signature
        return call

    return native


@_on_lists(2)
def sgd_update(rate, params, grads):
    torch._foreach_sub_(params, torch._foreach_mul(grads, rate))


@_on_lists(3)
def momentum_update(rate, params, grads, velocities, *, momentum, nesterov=False):
    steps = torch._foreach_mul(grads, rate)
    torch._foreach_mul_(velocities, momentum)
    torch._foreach_sub_(velocities, steps)
    if nesterov:
        moves = torch._foreach_mul(velocities, momentum)
        torch._foreach_sub_(moves, steps)
        torch._foreach_add_(params, moves)
    else:
        torch._foreach_add_(params, velocities)


@_on_lists(3)
def rmsprop_update(rate, params, grads, velocities, *, rho, epsilon):
    squares = torch._foreach_mul(grads, grads)
    torch._foreach_mul_(squares, 1.0 - rho)
    torch._foreach_mul_(velocities, rho)
    torch._foreach_add_(velocities, squares)
    roots = torch._foreach_add(velocities, epsilon)
    torch._foreach_sqrt_(roots)
    moves = torch._foreach_mul(grads, rate)
    torch._foreach_div_(moves, roots)
    torch._foreach_sub_(params, moves)


@_on_lists(4, (torch.float32, torch.float64))
def adam_update(rate, params, grads, momenta, velocities, *, beta_1, beta_2, epsilon):
    """By torch's kernel, told that infinitely many steps are done: then it has no biases left to correct.

    Its own correction puts epsilon elsewhere than the spec does, whose correction is part of `rate`.
    """
    steps = [rate.new_full((), torch.inf, dtype=torch.float32)] * len(params)
    torch._fused_adam_(
        params,
        grads,
        momenta,
        velocities,
        [],
        steps,
        lr=rate,
        beta1=beta_1,
        beta2=beta_2,
        weight_decay=0.0,
        eps=epsilon,
        amsgrad=False,
        maximize=False,
    )
