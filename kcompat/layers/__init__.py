"""Layers, with Keras 3's names, arguments and defaults."""

from kcompat.layers.core import Activation, Dense, Embedding, Input, InputLayer
from kcompat.layers.layer import Layer
from kcompat.layers.recurrent import GRU, LSTM, SimpleRNN
from kcompat.layers.regularization import BatchNormalization, Dropout
from kcompat.layers.reshaping import Flatten, Reshape
from kcompat.layers.spatial import AveragePooling2D, Conv2D, GlobalAveragePooling2D, MaxPooling2D

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
