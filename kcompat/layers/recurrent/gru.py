"""The gated recurrent unit."""

from __future__ import annotations

from typing import Any

from kcompat import ops
from kcompat.layers.recurrent._recurrent import Gated
from kcompat.registration import register


@register("layer")
class GRU(Gated):
    """Gated recurrent unit (Cho et al., 2014); see `kcompat.ops.gru` for the equations and `reset_after`.

    Further arguments are those of every recurrent layer; `recurrent_activation` is that of the gates.
    """

    gates = 3

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        *,
        reset_after: bool = True,
        **kwargs: Any,
    ):
        weights = (use_bias, kernel_initializer, recurrent_initializer, bias_initializer)
        super().__init__(units, activation, recurrent_activation, *weights, **kwargs)
        self.reset_after = reset_after

    def bias_shape(self) -> tuple[int, ...]:
        width = self.gates * self.units
        return (2, width) if self.reset_after else (width,)

    def run(self, inputs: Any, states: list[Any]) -> Any:
        attrs = {**self._attrs(), "reset_after": self.reset_after}
        return ops.gru(inputs, *states, self.kernel, self.recurrent_kernel, self.bias, **attrs)
