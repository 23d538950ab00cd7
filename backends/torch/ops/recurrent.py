"""Recurrences (recurrent, sequences): oneDNN's LSTM where it fits, else step by step with the spec's pullback."""

from typing import Any

import torch

from kcompat.backends.torch.declared import by_body
from kcompat.backends.torch.interpreter import run_body

rnn_sequence, lstm_sequence, gru_sequence = map(by_body, ("rnn_sequence", "lstm_sequence", "gru_sequence"))

_LSTM = 2
"""oneDNN's number for this kind of network."""


def _body(*tensors, reverse):
    return run_body("lstm", *tensors, reverse=reverse)


def _layer(reverse, units):
    """The arguments after the tensors: one layer of one direction, time first, with biases."""
    return {
        "reverse": reverse,
        "mode": _LSTM,
        "hidden_size": units,
        "num_layers": 1,
        "has_biases": True,
        "bidirectional": False,
        "batch_sizes": [],
        "batch_first": False,
        "train": True,
    }


class _OneDNN(torch.autograd.Function):
    """An LSTM and its gradient by oneDNN, whose gates stand in Keras's order; its kernels are transposed."""

    @staticmethod
    def forward(ctx, reverse, inputs, h, c, kernel, recurrent_kernel, bias):
        units = recurrent_kernel.shape[0]
        weights = [kernel.detach().t().contiguous(), recurrent_kernel.detach().t().contiguous()]
        weights.append(kernel.new_zeros(4 * units) if bias is None else bias.detach())
        weights.append(kernel.new_zeros(4 * units))
        arguments = [inputs.detach().transpose(0, 1).contiguous(), *weights, h.detach(), c.detach()]
        with torch.set_grad_enabled(any(ctx.needs_input_grad)):  # which asks oneDNN to keep what the gradient needs
            *results, workspace = torch.ops.aten.mkldnn_rnn_layer(*arguments, **_layer(reverse, units))
        ctx.reverse, ctx.units, ctx.count = reverse, units, len(arguments)
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(inputs, h, c, kernel, recurrent_kernel, bias, *arguments, *results, workspace)
        outputs, h, c = results
        return outputs.transpose(0, 1), h, c

    @staticmethod
    def backward(ctx, g_outputs, g_h, g_c):
        saved = ctx.saved_tensors
        tensors, rest = saved[:6], saved[6:]
        if torch.is_grad_enabled():  # the gradient is differentiated in turn, which oneDNN's cannot be
            return (None, *_differentiable(tensors, (g_outputs, g_h, g_c), ctx))
        g_outputs = None if g_outputs is None else g_outputs.transpose(0, 1).contiguous()
        layer = _layer(ctx.reverse, ctx.units)
        dx, d_kernel, d_recurrent, d_bias, _, dh, dc = torch.ops.aten.mkldnn_rnn_layer_backward(
            *rest[:-1], g_outputs, g_h, g_c, workspace=rest[-1], **layer
        )
        d_bias = None if tensors[-1] is None else d_bias
        return None, dx.transpose(0, 1), dh, dc, d_kernel.t().contiguous(), d_recurrent.t().contiguous(), d_bias


def _differentiable(tensors, cotangents, ctx):
    """The pullback through the spec's body."""
    inputs: list[Any] = [
        None if x is None else x.view_as(x) for x in tensors
    ]  # of their own: one may be made from another
    pairs = [(y, g) for y, g in zip(_body(*inputs, reverse=ctx.reverse), cotangents, strict=True) if g is not None]
    wanted = [x for x, needed in zip(inputs, ctx.needs_input_grad[1:], strict=True) if needed]
    results, cotangents = zip(*pairs, strict=True)
    pulled = iter(torch.autograd.grad(results, wanted, cotangents, create_graph=True))
    return tuple(next(pulled) if needed else None for needed in ctx.needs_input_grad[1:])


def _fits(inputs, h, c, kernel, recurrent_kernel, bias):
    """Whether oneDNN computes this: float32 on the CPU, in shapes that match, and something to compute."""
    units, (batch, time, features) = recurrent_kernel.shape[0], inputs.shape
    shapes = ((batch, time, features), (batch, units), (batch, units), (features, 4 * units), (units, 4 * units))
    tensors = (inputs, h, c, kernel, recurrent_kernel, *([] if bias is None else [bias]))
    return (
        torch.backends.mkldnn.is_available()
        and all(x.dtype is torch.float32 and x.device.type == "cpu" and x.numel() for x in tensors)
        and all(x.shape == shape for x, shape in zip(tensors, (*shapes, (4 * units,)), strict=False))
    )


def lstm(
    inputs,
    initial_h,
    initial_c,
    kernel,
    recurrent_kernel,
    bias=None,
    mask=None,
    *,
    activation="tanh",
    recurrent_activation="sigmoid",
    reverse=False,
    zero_output_for_mask=False,
):
    tensors = inputs, initial_h, initial_c, kernel, recurrent_kernel, bias
    if mask is None and (activation, recurrent_activation) == ("tanh", "sigmoid") and _fits(*tensors):
        return _OneDNN.apply(reverse, *tensors)
    return run_body(
        "lstm",
        *tensors,
        mask,
        activation=activation,
        recurrent_activation=recurrent_activation,
        reverse=reverse,
        zero_output_for_mask=zero_output_for_mask,
    )
