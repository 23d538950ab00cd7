"""Layers that read a sequence step by step."""

from kcompat.layers.recurrent.gru import GRU
from kcompat.layers.recurrent.lstm import LSTM
from kcompat.layers.recurrent.simple_rnn import SimpleRNN

__all__ = ["GRU", "LSTM", "SimpleRNN"]
