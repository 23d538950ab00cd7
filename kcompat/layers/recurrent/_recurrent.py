"""What the recurrent layers share."""

from __future__ import annotations

from typing import Any

from kcompat import activations, ops, random
from kcompat.layers._checks import check_inputs, known_size, positive
from kcompat.layers._weights import WeightOptions, options_of
from kcompat.layers.layer import Layer
from kcompat.registration import refuse


class Recurrent(Layer):
    """What the recurrent layers share: arguments, weights, dropout of the inputs, and which result is given.

    Shapes: inputs `(batch, time, features)`; result `(batch, units)`, or `(batch, time, units)` with
    `return_sequences`; with `return_state` a tuple of the result and the last states, `(batch, units)` each.

    Args:
        units: the size of the state.
        activation: the name of an activation, or a function of `kcompat.activations`.
        use_bias: whether to add biases.
        kernel_initializer, recurrent_initializer, bias_initializer: first values of the inputs' weights, of the
            state's and of the biases.
        kernel_regularizer, recurrent_regularizer, bias_regularizer, activity_regularizer: what weights, and the
            result, add to the loss.
        kernel_constraint, recurrent_constraint, bias_constraint: what weights are projected to after each update.
        recurrent_dropout, stateful: not supported yet.
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
        refuse(owner, 0.0, recurrent_dropout=recurrent_dropout)
        refuse(owner, False, stateful=stateful)
        refuse(owner, False, zero_output_for_mask=kwargs.pop("zero_output_for_mask", False))  # in configs of Keras
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        if not 0 <= dropout < 1:
            raise ValueError(f"dropout is a share in [0, 1), got {dropout!r}")
        self.units = positive("units", units)
        self.activation = activations.op_name(activation, owner)
        self.use_bias, self.dropout, self.unroll = use_bias, dropout, unroll
        WeightOptions(kernel_initializer, kernel_regularizer, kernel_constraint).keep(self, "kernel")
        WeightOptions(recurrent_initializer, recurrent_regularizer, recurrent_constraint).keep(self, "recurrent")
        WeightOptions(bias_initializer, bias_regularizer, bias_constraint).keep(self, "bias")
        self.recurrent_dropout, self.stateful, self.seed = recurrent_dropout, stateful, seed
        self.return_sequences, self.return_state, self.go_backwards = return_sequences, return_state, go_backwards
        if dropout:
            self.seed_generator = random.SeedGenerator(seed)

    def bias_shape(self) -> tuple[int, ...]:
        """The shape of the bias."""
        return (self.gates * self.units,)

    def bias_options(self) -> dict[str, Any]:
        """How the bias is made, as arguments of `add_weight`."""
        return options_of(self, "bias")

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        if len(input_shape) != 3:
            raise ValueError(f"{self.name} takes sequences, rank 3: (batch, time, features); got shape {input_shape}")
        features = known_size(self, input_shape, -1, minimum_rank=3)
        width = self.gates * self.units
        self.kernel = self.add_weight((features, width), **options_of(self, "kernel"))
        self.recurrent_kernel = self.add_weight(
            (self.units, width), **options_of(self, "recurrent", "recurrent_kernel")
        )
        self.bias = self.add_weight(self.bias_shape(), **self.bias_options()) if self.use_bias else None

    def call(self, inputs: Any, initial_state: Any = None, training: bool = False) -> Any:
        """The result; `initial_state` is a tensor `(batch, units)`, or one for each state, zeros by default."""
        check_inputs(self, inputs, {-1: self.kernel.shape[0]}, rank=3)
        if inputs.shape[1] == 0:
            raise ValueError(f"{self.name} needs at least one step, got inputs of shape {tuple(inputs.shape)}")
        if training and self.dropout:
            inputs = random.dropout(inputs, self.dropout, (None, 1, None), self.seed_generator)
        outputs, *states = self.run(inputs, self._first_states(inputs, initial_state))
        if self.return_sequences and self.go_backwards:
            outputs = ops.flip(outputs, axis=1)
        result = outputs if self.return_sequences else states[0]
        return (result, *states) if self.return_state else result

    def _first_states(self, inputs: Any, initial_state: Any) -> list[Any]:
        if initial_state is None:
            return [ops.zeros((inputs.shape[0], self.units), self.dtype)] * self.states
        states = list(initial_state) if isinstance(initial_state, (list, tuple)) else [initial_state]
        expected = (inputs.shape[0], self.units)
        if len(states) != self.states or any(tuple(s.shape) != expected for s in states):
            shapes = [tuple(s.shape) for s in states]
            raise ValueError(f"{self.name} takes {self.states} initial states of shape {expected}, got {shapes}")
        return states

    def run(self, inputs: Any, states: list[Any]) -> Any:
        """All outputs and the last states, from the inputs and the first states."""
        raise NotImplementedError


class Gated(Recurrent):
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
