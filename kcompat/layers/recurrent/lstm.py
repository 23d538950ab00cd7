"""Long short-term memory."""

from __future__ import annotations

from typing import Any

import numpy as np

from kcompat import ops
from kcompat.layers._weights import options_of
from kcompat.layers.recurrent._recurrent import Gated
from kcompat.registration import register


@register("layer")
class LSTM(Gated):
    """Long short-term memory (Hochreiter & Schmidhuber, 1997); see `kcompat.ops.lstm` for the equations.

    The last states are h and c. `unit_forget_bias` starts the forget gate's bias at 1 (Jozefowicz et al., 2015).
    Further arguments are those of every recurrent layer; `recurrent_activation` is that of the gates.
    """

    gates = 4
    states = 2

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        unit_forget_bias: bool = True,
        **kwargs: Any,
    ):
        weights = (use_bias, kernel_initializer, recurrent_initializer, bias_initializer)
        super().__init__(units, activation, recurrent_activation, *weights, **kwargs)
        self.unit_forget_bias = unit_forget_bias

    def bias_options(self) -> dict[str, Any]:
        options = super().bias_options()
        return {**options, "initializer": self._open_forget_gate} if self.unit_forget_bias else options

    def _open_forget_gate(self, shape: tuple[int, ...], dtype: str) -> Any:
        bias = np.array(options_of(self, "bias")["initializer"](shape, dtype))
        bias[self.units : 2 * self.units] = 1
        return bias

    def run(self, inputs: Any, states: list[Any]) -> Any:
        return ops.lstm(inputs, *states, self.kernel, self.recurrent_kernel, self.bias, **self._attrs())
