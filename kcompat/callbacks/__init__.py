"""Callbacks, with Keras 3's names, arguments and defaults."""

from kcompat.callbacks.callback import Callback, CallbackList, History

__all__ = ["Callback", "CallbackList", "History"]
