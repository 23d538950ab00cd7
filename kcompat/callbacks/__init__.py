"""Callbacks, with Keras 3's names, arguments and defaults."""

from kcompat.callbacks.callback import Callback
from kcompat.callbacks.callback_list import HOOKS, CallbackList
from kcompat.callbacks.history import History
from kcompat.callbacks.lambda_callback import LambdaCallback

__all__ = ["HOOKS", "Callback", "CallbackList", "History", "LambdaCallback"]
