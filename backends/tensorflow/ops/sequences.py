"""Recurrences by `tf.while_loop` with the declared pullback: TensorFlow's own keeps each product of each step."""

from kcompat.backends.tensorflow.declared import by_body

rnn_sequence, lstm_sequence = map(by_body, ("rnn_sequence", "lstm_sequence"))
_gru_sequence = by_body("gru_sequence")


def gru_sequence(x, initial_state, recurrent_kernel, state_bias=None, *, reverse=False):
    bias = () if state_bias is None else (state_bias,)  # TensorFlow differentiates by no None
    return _gru_sequence(x, initial_state, recurrent_kernel, *bias, reverse=reverse)
