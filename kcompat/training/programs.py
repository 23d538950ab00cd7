"""The programs of a model's steps on its backend, over one store of its variables; made anew when something changed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np

from kcompat.runtime.interrupts import uninterrupted
from kcompat.runtime.program import Program, State
from kcompat.runtime.registry import load
from kcompat.variables import Variable, structure
from kcompat.variables.store import Store
from kcompat.variables.variable import assign_all


class Programs:
    """What runs the steps of a model.

    Layers may be added, frozen or shared with other models, and the model may move to another backend, at any time:
    the next step works on the variables as they are then.
    """

    def __init__(self, model: Any):
        self._model = model
        self._store: Store | None = None
        self._programs: dict[str, Program] = {}
        self._version = -1
        self._running = 0
        self._lock = threading.RLock()
        """Held while a step runs, and while the store or a program is made or left. It comes before those of stores."""

    @property
    def store(self) -> Store:
        """The model's variables by part and path; while a step runs, those that it was begun with."""
        with self._lock:
            if self._store is None or (self._version != structure.version() and not self._running):
                self._renew()
            assert self._store is not None
            return self._store

    def _renew(self) -> None:
        variables = self._variables()
        version = structure.version()
        if self._store is None or _entries(self._store.variables) != _entries(variables):
            self.release()
            self._store = Store(variables)
        self._version = version

    def _variables(self) -> dict[str, dict[str, Variable]]:
        model = self._model
        model.name_variables()
        trained, frozen = model.trainable_weights, model.non_trainable_weights
        slots: list[Variable] = []
        metrics: list[Variable] = []
        if model.compiled:
            if model.optimizer is not None:
                model.optimizer.build(trained)
                slots = _slot_by_slot(model.optimizer)
            metrics = [v for metric in model.metrics for v in metric.variables]
        _by_path([*trained, *frozen])  # no path stands for a parameter and a buffer
        return {
            "params": _by_path(trained),
            "buffers": _by_path(frozen),
            "slots": _by_path(slots),
            "metrics": _by_path(metrics),
            "rng": _by_path(model.seed_variables),
        }

    def release(self) -> None:
        """Give the variables their values back; the next step makes new programs."""
        with uninterrupted, self._lock:
            if self._store is not None:
                self._store.release()
            self._store = None
            self._programs = {}

    def program(self, kind: str) -> Program:
        """The program that runs `train_step`, `test_step` or `predict_step` (`kind` is the first word)."""
        with self._lock:
            store = self.store
            if kind not in self._programs:
                with uninterrupted:
                    self._programs[kind] = self._make(store, getattr(self._model, f"{kind}_step"))
            return self._programs[kind]

    def _make(self, store: Store, step: Callable[..., Any]) -> Program:
        if store.program is not None:
            return store.program.with_step(step)
        B = load(self._model.backend)
        compiler = Program if self._model.recipe.run_eagerly else B.engine.compile
        program = compiler(B, step, store.state())
        store.lease_to(program)
        return program

    def obstacles(self) -> dict[str, str]:
        """Why a step of a kind, as it was run last, has no compiled program: for those that have none."""
        return {kind: p.obstacle for kind, p in self._programs.items() if p.obstacle is not None}

    def run(self, kind: str, batch: Any, steps: int = 1) -> dict[str, Any]:
        """The logs of a step of this kind, or of the last of several, whose batches are stacked."""
        return self._run(Store.run, kind, batch, steps)

    def run_each(self, kind: str, batch: Any, steps: int = 1) -> Any:
        """The results of a step of this kind, or of each of several, stacked."""
        return self._run(Store.run_each, kind, batch, steps)

    def _run(self, run: Callable[..., Any], kind: str, batch: Any, steps: int) -> Any:
        with self._lock:
            program, store = self.program(kind), self._store
            self._running += 1
            try:
                return run(store, program, batch, steps)
            finally:
                self._running -= 1

    def write_all(self, values: dict[Variable, np.ndarray]) -> None:
        """Make arrays, which nobody changes, the newest values of variables."""
        with self._lock:
            if self._store is not None:
                self._store.write_all(values)
            else:
                assign_all(values.items())

    def snapshot(self, limit: int) -> dict[Variable, np.ndarray] | None:
        """Copies of all values, as the next step of training will find them; None if they have more bytes."""
        with self._lock:
            self.program("train")
            store = self.store
            if store.nbytes > limit:
                return None
            state = store.snapshot()
            return {variable: getattr(state, part)[path] for variable, (part, path) in store.place.items()}

    def state_of(self, values: dict[Variable, np.ndarray]) -> State:
        """Values of the variables as a state."""
        parts = self.store.variables.values()
        return State(*({path: values[v].copy() for path, v in variables.items()} for variables in parts))


def _slot_by_slot(optimizer: Any) -> list[Variable]:
    """An optimizer's variables, those of one slot one after the other: so a backend can see them as one vector."""
    slots = {slot: None for of_all in optimizer.slots.values() for slot in of_all.values()}
    return [*(variable for variable in optimizer.variables if variable not in slots), *slots]


def _entries(variables: dict[str, dict[str, Variable]]) -> list[Any]:
    return [(part, path, id(v)) for part, entries in variables.items() for path, v in entries.items()]


def _by_path(variables: list[Variable]) -> dict[str, Variable]:
    """Variables by path. Raises ValueError for two of one path."""
    entries: dict[str, Variable] = {}
    for variable in variables:
        if entries.setdefault(variable.path, variable) is not variable:
            raise ValueError(f"two variables of the model are called {variable.path!r}; give their layers other names")
    return entries
