"""Layers that read a sequence step by step."""

from kcompat.layers.recurrent.rnn import GRU, LSTM, SimpleRNN

__all__ = ["GRU", "LSTM", "SimpleRNN"]
