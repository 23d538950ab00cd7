"""Recurrences by `lax.scan`, with the spec's pullback: XLA's own adds up the recurrent kernel's gradient step by step."""

from kcompat.backends.jax.declared import by_body

rnn_sequence, lstm_sequence, gru_sequence = map(by_body, ("rnn_sequence", "lstm_sequence", "gru_sequence"))
