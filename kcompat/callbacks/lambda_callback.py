"""A callback made of functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kcompat.callbacks.callback import Callback

Hook = Callable[..., Any] | None


class LambdaCallback(Callback):
    """A callback whose hooks are functions, each with the arguments of the hook: `on_epoch_end(epoch, logs)`.

    Raises TypeError for a name that is no hook.
    """

    def __init__(
        self,
        on_epoch_begin: Hook = None,
        on_epoch_end: Hook = None,
        on_train_begin: Hook = None,
        on_train_end: Hook = None,
        on_train_batch_begin: Hook = None,
        on_train_batch_end: Hook = None,
        **kwargs: Hook,
    ):
        hooks = {
            "on_epoch_begin": on_epoch_begin,
            "on_epoch_end": on_epoch_end,
            "on_train_begin": on_train_begin,
            "on_train_end": on_train_end,
            "on_train_batch_begin": on_train_batch_begin,
            "on_train_batch_end": on_train_batch_end,
        }
        for name, hook in {**hooks, **kwargs}.items():
            if not (name.startswith("on_") and hasattr(Callback, name)):
                raise TypeError(f"LambdaCallback takes functions for hooks such as on_epoch_end; {name!r} is no hook")
            if hook is not None:
                setattr(self, name, hook)
