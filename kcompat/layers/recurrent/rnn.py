"""Layers that read a sequence step by step."""

from __future__ import annotations

from typing import Any

import numpy as np

from kcompat import activations, ops, random
from kcompat.initializers import random as initializers
from kcompat.layers.dense import check_inputs, known_size, positive
from kcompat.layers.layer import Layer
from kcompat.registration import refuse


class _Recurrent(Layer):
    """What the recurrent layers share: arguments, weights, dropout of the inputs, and which result is given.

    Shapes: inputs `(batch, time, features)`; result `(batch, units)`, or `(batch, time, units)` with
    `return_sequences`; with `return_state` a tuple of the result and the last states, `(batch, units)` each.

    Args:
        units: the size of the state.
        activation: the name of an activation, or a function of `kcompat.activations`.
        use_bias: whether to add biases.
        kernel_initializer: first values of the inputs' weights.
        recurrent_initializer: first values of the state's weights.
        bias_initializer: first values of the biases.
        kernel_regularizer, recurrent_regularizer, bias_regularizer, activity_regularizer, kernel_constraint,
            recurrent_constraint, bias_constraint, recurrent_dropout, stateful: not supported yet.
        dropout: the share of the inputs that is dropped while training, the same at each step.
        seed: of the dropout mask.
        return_sequences: give the outputs of all steps.
        return_state: give the last states, too.
        go_backwards: read the sequence from its end; outputs come in the order of reading.
        unroll: accepted for Keras's sake; how a scan runs is the backend's choice, the result is the same.
        **kwargs: `name`, `trainable`, `dtype`.
    """

    gates = 1
    states = 1

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        seed: int | None = None,
        **kwargs: Any,
    ):
        owner = type(self).__name__
        refuse(
            owner,
            kernel_regularizer=kernel_regularizer,
            recurrent_regularizer=recurrent_regularizer,
            bias_regularizer=bias_regularizer,
            activity_regularizer=activity_regularizer,
            kernel_constraint=kernel_constraint,
            recurrent_constraint=recurrent_constraint,
            bias_constraint=bias_constraint,
        )
        refuse(owner, 0.0, recurrent_dropout=recurrent_dropout)
        refuse(owner, False, stateful=stateful)
        super().__init__(**kwargs)
        if not 0 <= dropout < 1:
            raise ValueError(f"dropout is a share in [0, 1), got {dropout!r}")
        self.units = positive("units", units)
        self.activation = activations.op_name(activation, owner)
        self.use_bias, self.dropout, self.unroll = use_bias, dropout, unroll
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.recurrent_initializer = initializers.get(recurrent_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.return_sequences, self.return_state, self.go_backwards = return_sequences, return_state, go_backwards
        if dropout:
            self.seed_generator = random.SeedGenerator(seed)

    def bias_shape(self) -> tuple[int, ...]:
        """The shape of the bias."""
        return (self.gates * self.units,)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """See `Layer.build`."""
        if len(input_shape) != 3:
            raise ValueError(f"{self.name} takes sequences, rank 3: (batch, time, features); got shape {input_shape}")
        features = known_size(self, input_shape, -1, minimum_rank=3)
        width = self.gates * self.units
        self.kernel = self.add_weight((features, width), self.kernel_initializer, name="kernel")
        self.recurrent_kernel = self.add_weight(
            (self.units, width), self.recurrent_initializer, name="recurrent_kernel"
        )
        self.bias = self.add_weight(self.bias_shape(), self.bias_initializer, name="bias") if self.use_bias else None

    def call(self, inputs: Any, initial_state: Any = None, training: bool = False) -> Any:
        """See `Layer.call`; `initial_state` is a tensor `(batch, units)`, or one for each state, zeros by default."""
        check_inputs(self, inputs, {-1: self.kernel.shape[0]}, rank=3)
        if inputs.shape[1] == 0:
            raise ValueError(f"{self.name} needs at least one step, got inputs of shape {tuple(inputs.shape)}")
        if training and self.dropout:
            inputs = random.dropout(inputs, self.dropout, (None, 1, None), self.seed_generator)
        outputs, *states = self.run(inputs, self._initial(inputs, initial_state))
        if self.return_sequences and self.go_backwards:
            outputs = ops.flip(outputs, axis=1)
        result = outputs if self.return_sequences else states[0]
        return (result, *states) if self.return_state else result

    def _initial(self, inputs: Any, given: Any) -> list[Any]:
        if given is None:
            return [ops.zeros((inputs.shape[0], self.units), self.dtype)] * self.states
        states = list(given) if isinstance(given, (list, tuple)) else [given]
        expected = (inputs.shape[0], self.units)
        if len(states) != self.states or any(tuple(s.shape) != expected for s in states):
            found = [tuple(s.shape) for s in states]
            raise ValueError(f"{self.name} takes {self.states} initial states of shape {expected}, got {found}")
        return states

    def run(self, inputs: Any, states: list[Any]) -> Any:
        """All outputs and the last states, from the inputs and the first states."""
        raise NotImplementedError


class SimpleRNN(_Recurrent):
    """`h = activation(x @ kernel + h @ recurrent_kernel + bias)`; arguments as of every recurrent layer."""

    def run(self, inputs: Any, states: list[Any]) -> Any:
        """See `_Recurrent.run`."""
        attrs = {"activation": self.activation, "reverse": self.go_backwards}
        return ops.simple_rnn(inputs, *states, self.kernel, self.recurrent_kernel, self.bias, **attrs)


class _Gated(_Recurrent):
    """A recurrent layer with gates, which have an activation of their own."""

    def __init__(
        self, units: int, activation: Any = "tanh", recurrent_activation: Any = "sigmoid", *args: Any, **kwargs: Any
    ):
        use_cudnn = kwargs.pop("use_cudnn", "auto")
        super().__init__(units, activation, *args, **kwargs)
        refuse(type(self).__name__, "auto", use_cudnn=use_cudnn)
        self.recurrent_activation = activations.op_name(recurrent_activation, type(self).__name__)

    def _attrs(self) -> dict[str, Any]:
        names = {"activation": self.activation, "recurrent_activation": self.recurrent_activation}
        return {**names, "reverse": self.go_backwards}


class LSTM(_Gated):
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
        if unit_forget_bias:
            rest, n = self.bias_initializer, self.units

            def forget_gate_open(shape: tuple[int, ...], dtype: str) -> Any:
                bias = np.array(rest(shape, dtype))
                bias[n : 2 * n] = 1
                return bias

            self.bias_initializer = forget_gate_open

    def run(self, inputs: Any, states: list[Any]) -> Any:
        """See `_Recurrent.run`."""
        return ops.lstm(inputs, *states, self.kernel, self.recurrent_kernel, self.bias, **self._attrs())


class GRU(_Gated):
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
        """See `_Recurrent.bias_shape`."""
        width = self.gates * self.units
        return (2, width) if self.reset_after else (width,)

    def run(self, inputs: Any, states: list[Any]) -> Any:
        """See `_Recurrent.run`."""
        attrs = {**self._attrs(), "reset_after": self.reset_after}
        return ops.gru(inputs, *states, self.kernel, self.recurrent_kernel, self.bias, **attrs)
