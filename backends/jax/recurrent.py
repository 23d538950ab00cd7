"""Recurrences by `lax.scan` with the declared pullback; XLA's own adds up the kernel's gradient step by step."""

from kcompat.backends.jax.declared import by_body

rnn_sequence, lstm_sequence, gru_sequence = map(by_body, ("rnn_sequence", "lstm_sequence", "gru_sequence"))
