"""Layers, with Keras 3's names, arguments and defaults."""

from kcompat.layers.convolution import AveragePooling2D, Conv2D, GlobalAveragePooling2D, MaxPooling2D
from kcompat.layers.dense import Activation, Dense, Embedding, Input, InputLayer
from kcompat.layers.layer import Layer
from kcompat.layers.normalization import BatchNormalization, Dropout
from kcompat.layers.recurrent.rnn import GRU, LSTM, SimpleRNN
from kcompat.layers.reshaping import Flatten, Reshape

__all__ = [
    "GRU",
    "LSTM",
    "Activation",
    "AveragePooling2D",
    "BatchNormalization",
    "Conv2D",
    "Dense",
    "Dropout",
    "Embedding",
    "Flatten",
    "GlobalAveragePooling2D",
    "Input",
    "InputLayer",
    "Layer",
    "MaxPooling2D",
    "Reshape",
    "SimpleRNN",
]
