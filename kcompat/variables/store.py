"""A model's variables and the state of its program: one truth, moved only when somebody looks."""

from __future__ import annotations

from typing import Any

import numpy as np

from kcompat.runtime.program import Program, State
from kcompat.variables.variable import PARTS, Variable


class Store:
    """Holds a program and the variables that its state is made of.

    While the program runs, its state is ahead of the variables; reading a variable pulls the state back.
    A variable that is assigned is ahead of the program, until the next step pushes it.
    """

    def __init__(self, variables: list[Variable]):
        self.variables: dict[str, dict[str, Variable]] = {part: {} for part in PARTS}
        for variable in variables:
            held = self.variables[variable.part]
            if held.setdefault(variable.path, variable) is not variable:
                raise ValueError(
                    f"two variables of the model are called {variable.path!r}; give their layers other names"
                )
        self.nbytes = sum(variable.numpy().nbytes for variable in self._all())
        self.program: Program | None = None
        self._assigned: set[Variable] = set()
        self._program_is_ahead = False

    def state(self) -> State:
        """The values of the variables, as NumPy arrays of one's own."""
        return State(*({path: v.numpy().copy() for path, v in self.variables[part].items()} for part in PARTS))

    def attach(self, program: Program) -> None:
        """Let the variables follow this program."""
        self.program = program
        for variable in self._all():
            variable.store = self

    def detach(self) -> None:
        """Bring the variables up to date and leave the program."""
        self.pull()
        for variable in self._all():
            variable.store = None

    def _all(self) -> list[Variable]:
        return [v for part in self.variables.values() for v in part.values()]

    def run(self, program: Program, batch: Any, steps: int = 1) -> Any:
        """A step of a program that shares the state, or several, whose batches are stacked."""
        self.push()
        if not self._program_is_ahead:
            self._program_is_ahead = True
            self._forget()
        return program.run(batch) if steps == 1 else program.run_many(batch)

    def _forget(self) -> None:
        """Let go of values that the program is about to change: a large model need not be held twice."""
        for variable in self._all():
            if variable.store is self:
                variable._value = None

    def pull(self) -> None:
        """Give the variables the values of the program's state."""
        if not self._program_is_ahead or self.program is None:
            return
        self._program_is_ahead = False
        state = self.program.state()
        for part, held in self.variables.items():
            values = getattr(state, part)
            for path, variable in held.items():
                if variable not in self._assigned:
                    variable._value = values[path]

    def changed(self, variable: Variable) -> None:
        """Note that a variable is assigned outside of a step."""
        self._assigned.add(variable)

    def push(self) -> None:
        """Give the program the values of variables that were assigned."""
        if not self._assigned or self.program is None:
            return
        parts: dict[str, dict[str, np.ndarray]] = {}
        for variable in self._assigned:
            parts.setdefault(variable.part, {})[variable.path] = variable._value
        self._assigned.clear()
        self.program.replace(**parts)

    def reset(self, values: dict[Variable, np.ndarray]) -> None:
        """Set variables without looking at the rest of the state."""
        for variable, value in values.items():
            variable._value = value
            self._assigned.add(variable)
