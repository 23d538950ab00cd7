"""What `compile` is told: optimizer, loss and metrics, and how the steps are run."""

from __future__ import annotations

from typing import Any

from kcompat import losses, metrics, optimizers
from kcompat.training.checks import positive_int
from kcompat.variables import Variable


class Recipe:
    """Optimizer, loss and metrics of a model, and how its steps are run. Without arguments: of one not compiled.

    Args:
        optimizer: a name, config or `Optimizer`; None if the model is not to be trained.
        loss: a name, config, `Loss` or function of `(y_true, y_pred)`.
        metrics: names, metrics or functions; which accuracy is meant is known once data comes.
        weighted_metrics: the same, weighted by the sample weights.
        run_eagerly: run the steps as they are, without a compiler.
        steps_per_execution: how many batches one call runs.
    """

    def __init__(
        self,
        optimizer: Any = None,
        loss: Any = None,
        metrics: Any = None,
        weighted_metrics: Any = None,
        run_eagerly: bool = False,
        steps_per_execution: int = 1,
    ):
        self.steps_per_execution = positive_int("steps_per_execution", steps_per_execution)
        self.run_eagerly = run_eagerly
        self.optimizer = optimizers.get(optimizer) if optimizer is not None else None
        self.loss = losses.get(loss) if loss is not None else None
        self._identifiers = [(m, False) for m in _listed("metrics", metrics)]
        self._identifiers += [(m, True) for m in _listed("weighted_metrics", weighted_metrics)]
        for identifier, _ in self._identifiers:
            _resolve(identifier, (None,), (None, 2))  # an unknown name is refused at once
        self.loss_tracker = _mean("loss")
        self.metrics: list[tuple[Any, bool]] = []
        """The metrics, each with whether it is weighted, once the shapes of data are known."""

    @property
    def tracked(self) -> list[Any]:
        """The loss's running mean, then the metrics."""
        return [self.loss_tracker, *(metric for metric, _ in self.metrics)]

    @property
    def has_open_metrics(self) -> bool:
        """Whether metrics wait for the shapes of data."""
        return bool(self._identifiers) and not self.metrics

    def resolve_metrics(self, y_shape: tuple[int | None, ...], output_shape: tuple[int | None, ...]) -> None:
        """Make the metrics that fit targets and predictions of these shapes. Raises ValueError for two of one name."""
        chosen = [(_resolve(m, y_shape, output_shape), weighted) for m, weighted in self._identifiers]
        names = ["loss", *(metric.name for metric, _ in chosen)]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"two metrics are called {', '.join(twice)}; give one of them another name")
        self.metrics = chosen

    def initial_values(self) -> dict[Variable, Any]:
        """What the metrics' variables hold before the first batch."""
        return {variable: value for metric in self.tracked for variable, value in metric.initial.items()}


def _mean(name: str) -> Any:
    return metrics.Mean(name)


def _resolve(identifier: Any, y_shape: Any, output_shape: Any) -> Any:
    return metrics.resolve(identifier, y_shape, output_shape)


def _listed(name: str, value: Any) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, (list, tuple)):
        raise TypeError(f"{name} is a list, got {value!r}; write [{value!r}]")
    return list(value)
