"""The torch engine: conversion, and torch's autograd."""

from __future__ import annotations

import contextlib
import contextvars
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import torch

from kcompat.backends._host import BFLOAT16
from kcompat.backends.torch.declared import on_device_of
from kcompat.backends.torch.dtypes import NAMES, TORCH, readable
from kcompat.backends.torch.recording.program import TorchProgram
from kcompat.backends.torch.recording.recorder import report_read
from kcompat.runtime import tree
from kcompat.runtime.active import use
from kcompat.runtime.engine import Engine, check_numbers, default_dtype
from kcompat.runtime.gradients import check_scalar, differentiated, split_aux
from kcompat.spec import as_dtype

_differentiating: contextvars.ContextVar[bool] = contextvars.ContextVar("kcompat_torch_differentiating", default=False)
"""Whether a function is being differentiated: what is computed within it, gradients too, keeps its graph."""


@contextlib.contextmanager
def _differentiate() -> Iterator[None]:
    token = _differentiating.set(True)
    try:
        with torch.enable_grad():
            yield
    finally:
        _differentiating.reset(token)


def _keeps_graph(leaves: Sequence[torch.Tensor]) -> bool:
    """Whether somebody may differentiate what we give back: a function around us, or the user by torch."""
    return torch.is_grad_enabled() and (_differentiating.get() or any(x.requires_grad for x in leaves))


def _input(x: torch.Tensor) -> torch.Tensor:
    """A stand-in for `x` to differentiate with respect to: uses of `x` itself, by a closure, do not count."""
    return x.view_as(x) if x.requires_grad else x.detach().requires_grad_()


def _detached(x: Any) -> Any:
    return x.detach() if isinstance(x, torch.Tensor) else x


def _pullback(
    outputs: Sequence[Any], cotangents: Sequence[Any], inputs: Sequence[torch.Tensor], **options: bool
) -> list[torch.Tensor]:
    """The cotangents of `inputs`, given those of `outputs`; zeros where there is no path."""
    traced = [(y, g) for y, g in zip(outputs, cotangents, strict=True) if getattr(y, "requires_grad", False)]
    if not traced or not inputs:
        return [torch.zeros_like(x) for x in map(_detached, inputs)]
    ys, gs = zip(*traced, strict=True)
    return list(torch.autograd.grad(ys, inputs, gs, allow_unused=True, materialize_grads=True, **options))


class _WithGradient(torch.autograd.Function):
    """Tensors that are computed already, with a gradient rule for the arguments they were made of."""

    @staticmethod
    def forward(ctx: Any, B: Any, gradient: Callable[..., Any], results: tuple[Any, ...], *args: Any) -> Any:
        ctx.interpreter, ctx.gradient, ctx.count = B, gradient, len(args)
        return results

    @staticmethod
    def backward(ctx: Any, *cotangents: Any) -> Any:
        with use(ctx.interpreter), on_device_of(cotangents):
            pulled = ctx.gradient(*cotangents)
        pulled = pulled if isinstance(pulled, (tuple, list)) else (pulled,)
        return (None, None, None, *pulled, *([None] * (ctx.count - len(pulled))))


class TorchEngine(Engine):
    """Tensors are `torch.Tensor`; what made them is recorded by torch."""

    name = package = "torch"
    tensor_type = torch.Tensor

    def __init__(self) -> None:
        super().__init__()
        self.tensor_types |= {torch.Tensor, torch.nn.Parameter}

    def asarray(self, x: Any, dtype: str | None = None) -> torch.Tensor:
        """A copy, unless `x` is a tensor of that dtype."""
        if isinstance(x, torch.Tensor):
            return x if dtype is None else x.to(TORCH[dtype])
        if not readable(x):
            if dtype is None and not hasattr(x, "dtype"):
                x = np.asarray(x)
                dtype = default_dtype(x)
            x = np.asarray(x)
            check_numbers(x)
            if x.dtype.name == "bfloat16":  # NumPy's is an extension that torch does not read
                x, dtype = x.astype(np.float32), dtype or "bfloat16"
            x = np.ascontiguousarray(x, x.dtype.newbyteorder("=")).reshape(x.shape)
        return torch.tensor(x, dtype=None if dtype is None else TORCH[dtype])

    def to_numpy(self, x: Any) -> np.ndarray:
        if not isinstance(x, torch.Tensor):
            return np.asarray(x)
        report_read()
        if x.dtype is torch.bfloat16 and BFLOAT16 is not None:  # by its bits: torch writes no such array
            return x.detach().contiguous().view(torch.int16).numpy(force=True).view(BFLOAT16)
        return (x.float() if x.dtype is torch.bfloat16 else x).numpy(force=True)

    def is_tensor(self, x: Any) -> bool:
        return isinstance(x, torch.Tensor)

    def dtype(self, x: Any) -> str:
        return NAMES[x.dtype] if isinstance(x, torch.Tensor) else as_dtype(type(x))

    def devices(self) -> list[str]:
        return ["cpu", *(f"cuda:{i}" for i in range(torch.cuda.device_count()))]

    def _use_device(self, name: str) -> None:
        torch.set_default_device(name)

    def use_tf32(self, allowed: bool) -> None:
        """Alike for products and convolutions, whose defaults differ in torch."""
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = allowed

    def synchronize(self, x: Any) -> None:
        if x.is_cuda:
            torch.cuda.synchronize(x.device)

    def seed(self, seed: int) -> None:
        torch.manual_seed(seed)

    def native_bits(self, key: Any, *, shape: tuple[int, ...]) -> torch.Tensor:
        """By torch's global generator, whatever the key."""
        return torch.randint(-(2**31), 2**31, shape, dtype=torch.int32, device=key.device)

    def value_and_grad(self, B: Any, f: Callable[..., Any], argnums: int | Sequence[int], has_aux: bool) -> Any:
        if B.level:
            return super().value_and_grad(B, f, argnums, has_aux)

        def run(*args: Any) -> Any:
            leaves, with_leaves = differentiated(B, args, argnums)
            keep = _keeps_graph(leaves)
            with _differentiate():
                inputs = list(map(_input, leaves))
                new_args, rebuild = with_leaves(inputs)
                value, aux = split_aux(f(*new_args), has_aux)
            check_scalar(value)
            grads = _pullback([value], [None], inputs, create_graph=keep)
            if not keep:
                value, aux = _detached(value), tree.map_leaves(_detached, aux)
            return ((value, aux) if has_aux else value), rebuild(grads)

        return run

    def vjp(self, B: Any, f: Callable[..., Any], primals: tuple[Any, ...]) -> Any:
        if B.level:
            return super().vjp(B, f, primals)
        leaves, with_leaves = differentiated(B, primals, range(len(primals)))
        keep = _keeps_graph(leaves)
        with _differentiate():
            inputs = list(map(_input, leaves))
            new_args, rebuild = with_leaves(inputs)
            outputs, rebuild_outputs = tree.flatten(f(*new_args))

        def pull_back(cotangent: Any) -> Any:
            cotangents = [B.admit(g) for g in tree.flatten(cotangent)[0]]
            graph = _keeps_graph([*leaves, *cotangents])
            return rebuild(_pullback(outputs, cotangents, inputs, create_graph=graph, retain_graph=True))

        return rebuild_outputs(outputs if keep else list(map(_detached, outputs))), pull_back

    def custom_gradient(self, B: Any, f: Callable[..., Any], args: tuple[Any, ...]) -> Any:
        """By a run of `f` with its graph: its own gradient can be differentiated by what it closes over."""
        if B.level:
            return super().custom_gradient(B, f, args)
        result, gradient = f(*args)
        if not (torch.is_grad_enabled() and any(x.requires_grad for x in args)):
            return result
        results = result if isinstance(result, tuple) else (result,)
        results = _WithGradient.apply(B, gradient, tuple(map(_detached, results)), *args)
        return results if isinstance(result, tuple) else results[0]

    def compile(self, B: Any, step: Callable[..., Any], state: Any) -> TorchProgram:
        return TorchProgram(B, step, state)

    def scan(self, B: Any, f: Any, init: tuple, xs: tuple, consts: tuple = (), reverse: bool = False) -> Any:
        """With one op for all slices of each of `xs`, and one for each stacked output."""
        carry, outputs = init, []
        rows = list(zip(*(x.unbind(0) for x in xs), strict=True))
        for x in reversed(rows) if reverse else rows:
            carry, y = f(B, carry, x, consts)
            outputs.append(y)
        if reverse:
            outputs.reverse()
        return carry, tuple(torch.stack(ys) for ys in zip(*outputs, strict=True))


engine = TorchEngine()
