"""The simple recurrent layer."""

from __future__ import annotations

from typing import Any

from kcompat import ops
from kcompat.layers.recurrent._recurrent import Recurrent
from kcompat.registration import register


@register("layer")
class SimpleRNN(Recurrent):
    """`h = activation(x @ kernel + h @ recurrent_kernel + bias)`; arguments as of every recurrent layer."""

    def run(self, inputs: Any, states: list[Any]) -> Any:
        attrs = {"activation": self.activation, "reverse": self.go_backwards}
        return ops.simple_rnn(inputs, *states, self.kernel, self.recurrent_kernel, self.bias, **attrs)
