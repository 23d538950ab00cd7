"""How a metric is declared that is the mean of a function: the function, and one line that makes the class."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from kcompat.losses.function_class import make_class, own_parameters, parameter
from kcompat.metrics.metric import Metric
from kcompat.metrics.reduction import MeanMetricWrapper
from kcompat.registration import is_registered, register

_class_of: dict[Callable[..., Any], Callable[..., Metric]] = {}


def define_metric(
    class_name: str,
    function: Callable[..., Any],
    *aliases: str,
    name: str | None = None,
    mask: Callable[..., Any] | None = None,
    order: str | None = None,
    **defaults: Any,
) -> Any:
    """The class of a metric function; it is registered, so that its names can be given to `compile`.

    Args:
        class_name: the name of the class, to be assigned to a variable of that name.
        function: of `(y_true, y_pred, ...)`, one value a sample; a loss function may be one.
        *aliases: other names.
        name: the default of the argument `name`; the function's name if None.
        mask: the method `MeanMetricWrapper.mask` of the class.
        order: the constructor's arguments, if they are not `name`, `dtype` and the function's own.
        **defaults: of arguments that have another default than in the function.
    """
    parameters = {"name": parameter("name", name or function.__name__), "dtype": parameter("dtype", None)}
    parameters |= own_parameters(function)
    parameters |= {key: parameter(key, default) for key, default in defaults.items()}
    chosen = [parameters[key] for key in (order.split() if order else parameters)]
    module = sys._getframe(1).f_globals["__name__"]  # pickle looks for the class where the variable is
    attributes: dict[str, Any] = {"__module__": module}
    if mask is not None:
        attributes["mask"] = mask
    cls = make_class(class_name, MeanMetricWrapper, function, chosen, **attributes)
    if not is_registered(function):  # a loss function is one already
        register("metric")(function)
    _class_of[function] = cls
    return register("metric", *aliases)(cls)


def to_metric(part: Any, name: str | None = None) -> Any:
    """A metric object of a function of `(y_true, y_pred)`: of its class, if it has one. Objects and None stay.

    `name` is that of a metric that is made; that of its function if None. Raises TypeError for what is no metric.
    """
    if part is None or isinstance(part, Metric):
        return part
    if not callable(part):
        raise TypeError(f"a metric is a name, a Metric or a function of (y_true, y_pred), got {part!r}")
    if part not in _class_of:
        return MeanMetricWrapper(part, name)
    return _class_of[part]() if name is None else _class_of[part](name)
