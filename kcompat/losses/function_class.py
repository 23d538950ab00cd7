"""Classes that are made of functions: arguments of a function become arguments of a constructor."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from inspect import Parameter
from typing import Any


def parameter(name: str, default: Any) -> Parameter:
    """A parameter that is given by position or by name."""
    return Parameter(name, Parameter.POSITIONAL_OR_KEYWORD, default=default)


def own_parameters(function: Callable[..., Any]) -> dict[str, Parameter]:
    """The parameters of a function of `(y_true, y_pred, ...)` that come after these two."""
    return dict(list(inspect.signature(function).parameters.items())[2:])


def make_class(
    class_name: str,
    base: type,
    function: Callable[..., Any],
    parameters: Iterable[Parameter],
    check: Callable[..., None] | None = None,
    **attributes: Any,
) -> Any:
    """A subclass of `base` whose constructor takes `parameters` and calls `base(function, **arguments)`.

    It has the signature and the docstring of a written class, so help and subclassing work. `check` is called with the
    arguments first, and raises for those that are out of range. `attributes` are those of the class; `__module__` is
    among them, and pickle looks for `class_name` there.
    """
    signature = inspect.Signature([Parameter("self", Parameter.POSITIONAL_OR_KEYWORD), *parameters])

    def initialize(self: Any, *args: Any, **kwargs: Any) -> None:
        try:
            bound = signature.bind(self, *args, **kwargs)
        except TypeError as error:
            raise TypeError(f"{class_name}.__init__() {error}") from None
        bound.apply_defaults()
        arguments = dict(bound.arguments)
        del arguments["self"]
        if check is not None:
            check(**arguments)
        base.__init__(self, function, **arguments)  # type: ignore[misc]

    initialize.__signature__ = signature  # type: ignore[attr-defined]
    initialize.__name__, initialize.__qualname__ = "__init__", f"{class_name}.__init__"
    body = {
        "__init__": initialize,
        "__doc__": f"{inspect.getdoc(function)}\n\nMade of the function `{function.__name__}`.",
        **attributes,
    }
    return type(base)(class_name, (base,), body)
