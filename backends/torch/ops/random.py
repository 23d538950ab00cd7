"""Random bits."""

import torch

from kcompat.backends import _host
from kcompat.backends.torch.interpreter import run_body


def _on_the_host(key, shape):
    return torch.from_numpy(_host.random_bits(key.numpy(), shape=shape))


_operators = torch.library.Library("kcompat", "DEF")  # an operator of torch, so that a recorded step can call it
_operators.define("random_bits(Tensor key, SymInt[] shape) -> Tensor")
_operators.impl("random_bits", _on_the_host, "CPU")


def random_bits(key, *, shape):
    """On the CPU by NumPy, whose uint32 is several times faster."""
    if key.device.type == "cpu":
        return torch.ops.kcompat.random_bits(key, shape)
    return run_body("random_bits", key, shape=shape)
