"""The variables of a model and the programs that work on them: who has a value, and how it gets to who needs it.

A program that runs has its variables on lease. Another model's program that needs some of them takes them over with
their newest values; a reader gets the newest value from whoever has it; what is written goes into the next step.
Locks are taken in one order, the one of transfers before those of stores, and a thread that reads or runs a step
holds that of one store alone: so none waits for itself.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from kcompat.runtime.interrupts import uninterrupted
from kcompat.runtime.program import Program, State
from kcompat.variables.variable import Variable

PARTS = State._fields

_transfer = threading.RLock()
"""Held while variables go from one store to another."""


class Store:
    """The variables of a model by part and path of the state, and the program that has them on lease.

    Several programs of one state, such as those of training and evaluation, are one lease.

    Args:
        variables: for each part of the state the variables by path.
    """

    def __init__(self, variables: Mapping[str, Mapping[str, Variable]]):
        self.variables = {part: dict(variables.get(part, {})) for part in PARTS}
        self.place = {v: (part, path) for part, held in self.variables.items() for path, v in held.items()}
        self.nbytes = sum(variable.numpy().nbytes for variable in self.place)
        self.program: Program | None = None
        self.lock = threading.RLock()
        self._assigned: set[Variable] = set()
        """Variables on lease whose newest value is theirs, not the program's."""
        self._lost: set[Variable] = set()
        """Variables that another store took over, or that were never fetched."""
        self._is_ahead = False
        """Whether the program has newer values than the variables."""

    # Programs.

    def state(self) -> State:
        """The newest values of the variables, as NumPy arrays of one's own."""
        return State(*({path: v.numpy().copy() for path, v in self.variables[part].items()} for part in PARTS))

    def lease_to(self, program: Program) -> None:
        """Let this program, which was made of `state()`, have the variables."""
        with uninterrupted, _transfer:
            self.program = program
            for variable in self.place:
                if variable.owner is not None and variable.owner is not self:
                    variable.owner.lose(variable)
                variable.owner = self
        self._lost.clear()

    def run(self, program: Program, batch: Any, steps: int = 1) -> Any:
        """The logs of a step of a program that shares the state, or of several, whose batches are stacked."""
        return self._run(program.run if steps == 1 else program.run_many, batch)

    def run_each(self, program: Program, batch: Any, steps: int = 1) -> Any:
        """The results of a step, or of each of several, stacked."""
        return self._run(program.run if steps == 1 else program.run_each, batch)

    def _run(self, call: Any, batch: Any) -> Any:
        while True:
            if self._assigned or self._lost:
                self._fetch()
            with uninterrupted, self.lock:
                if self._assigned or self._lost:  # a thread was faster
                    continue
                if not self._is_ahead:
                    self._is_ahead = True
                    for variable in self.place:  # a large model need not be held twice; the program has the values
                        if variable.owner is self:
                            variable.host_value = None
                return call(batch)

    def _fetch(self) -> None:
        """Bring into the program what was assigned, and what others have."""
        assert self.program is not None
        with uninterrupted, _transfer, self.lock:
            values: dict[Variable, Any] = {variable: variable.host_value for variable in self._assigned}
            others: dict[Store | None, list[Variable]] = {}
            for variable in self._lost:
                others.setdefault(variable.owner, []).append(variable)
            for owner, variables in others.items():
                if owner is None:
                    values |= {variable: variable.host_value for variable in variables}
                elif owner is not self:
                    values |= owner.hand_over(variables, self)
            parts: dict[str, dict[str, Any]] = {}
            for variable, value in values.items():
                part, path = self.place[variable]
                parts.setdefault(part, {})[path] = value
            self.program.replace(**parts)
            for variable in self._lost:
                variable.owner, variable.host_value = self, None
            self._is_ahead = self._is_ahead or bool(self._lost)
            self._assigned.clear()
            self._lost.clear()

    def hand_over(self, variables: Iterable[Variable], taker: Store) -> dict[Variable, Any]:
        """Give variables on lease to another store: tensors to its program, if it is one of the same backend.

        Returns the newest values of the others, as arrays.
        """
        with uninterrupted, self.lock:
            assert self.program is not None
            assert taker.program is not None
            rest = list(variables)
            if self._is_ahead and self.program.B is taker.program.B:
                direct = [v for v in rest if v not in self._assigned]
                rest = [v for v in rest if v in self._assigned]
                taker.program.take_over(self.program, {taker.place[v]: self.place[v] for v in direct})
            else:
                self._pull()
            for variable in variables:
                self.lose(variable)
            return {variable: variable.host_value for variable in rest}

    def lose(self, variable: Variable) -> None:
        """Know that another store has the variable from now on."""
        with uninterrupted, self.lock:
            self._assigned.discard(variable)
            self._lost.add(variable)

    def release(self) -> None:
        """Give the variables their values back and leave the program."""
        with uninterrupted, _transfer, self.lock:
            self._pull()
            for variable in self.place:
                if variable.owner is self:
                    variable.owner = None
            self.program = None

    def restore(self, state: State) -> None:
        """Go back to a state that `snapshot` gave."""
        with uninterrupted, _transfer, self.lock:
            assert self.program is not None
            self.program.replace(**state._asdict())
            self._assigned.clear()
            for variable in self.place:
                if variable.owner is self:
                    variable.host_value = None
            self._is_ahead = True

    def snapshot(self) -> State:
        """A copy of the state, as the next step will find it."""
        while True:
            if self._assigned or self._lost:
                self._fetch()
            with uninterrupted, self.lock:
                if self._assigned or self._lost:
                    continue
                assert self.program is not None
                return self.program.state()

    # Variables.

    def read(self, variable: Variable) -> np.ndarray | None:
        """The newest value of a variable on lease; None if it is no more."""
        with uninterrupted, self.lock:
            if variable.owner is not self:
                return None
            self._pull()
            return variable.host_value

    def write(self, variable: Variable, value: np.ndarray) -> bool:
        """Make an array the newest value of a variable on lease; whether it was still on lease."""
        with uninterrupted, self.lock:
            if variable.owner is not self:
                return False
            variable.host_value = value
            self._assigned.add(variable)
            return True

    def write_all(self, values: Mapping[Variable, np.ndarray]) -> None:
        """Make checked arrays, which nobody changes, the newest values of variables, on lease here or not."""
        with uninterrupted, self.lock:
            for variable, value in values.items():
                if variable.owner is self:
                    variable.host_value = value
                    self._assigned.add(variable)
                else:
                    variable.put(value)

    def _pull(self) -> None:
        """Give the variables on lease the values of the program's state."""
        if not self._is_ahead or self.program is None:
            return
        state = self.program.state()
        for variable, (part, path) in self.place.items():
            if variable.owner is self and variable not in self._assigned:
                variable.host_value = getattr(state, part)[path]
        self._is_ahead = False
