"""torch's own forward with the spec's gradient."""

import contextlib
import functools

import torch

from kcompat.backends.torch.interpreter import interpreter, run_body
from kcompat.spec import OPS, Joint


def on_device_of(tensors):
    """A context in which new tensors are on the device of `tensors`.

    Autograd goes backward on a GPU in a thread of its own, where torch's default device is the CPU.
    """
    device = next((x.device for x in tensors if x is not None), None)
    return contextlib.nullcontext() if device is None or device.type == "cpu" else device


class _Declared(torch.autograd.Function):
    """A function of tensors; the rule of its gradient is made of differentiable ops."""

    @staticmethod
    def forward(ctx, f, rules, attrs, *tensors):
        y = f(*tensors, **attrs)
        results = y if isinstance(y, tuple) else (y,)
        ctx.rules, ctx.attrs, ctx.count, ctx.single = rules, attrs, len(tensors), results is not y
        ctx.save_for_backward(*tensors, *results)
        ctx.mark_non_differentiable(*(part for part in results if not part.is_floating_point()))
        ctx.set_materialize_grads(not (isinstance(rules, Joint) and rules.sparse))
        return y

    @staticmethod
    def backward(ctx, *g):
        saved = ctx.saved_tensors
        tensors, y = saved[: ctx.count], saved[ctx.count :]
        if ctx.single:
            (g,), (y,) = g, y
        B = interpreter()
        with on_device_of(tensors):
            if isinstance(ctx.rules, Joint):
                pulled = ctx.rules.rule(B, g, y, *tensors, **ctx.attrs)[: ctx.count]
            else:
                wanted = zip(ctx.rules, ctx.needs_input_grad[3:], strict=True)
                pulled = tuple(rule(B, g, y, *tensors, **ctx.attrs) if needed else None for rule, needed in wanted)
        return (None, None, None, *pulled)


def declared(f):
    """Give a function the VJP that the spec declares for the op of its name."""
    rules = OPS[f.__name__].vjp

    @functools.wraps(f)
    def call(*tensors, **attrs):
        return _Declared.apply(f, rules, attrs, *tensors)

    return call


def by_body(name):
    """The spec's body of a composed op, with the spec's gradient in place of that of the body."""
    op = OPS[name]

    def f(*tensors, **attrs):
        return run_body(name, *tensors, **attrs)

    f.__name__, f.__doc__ = name, op.doc
    vars(f)["__signature__"] = op.signature
    return declared(f)
