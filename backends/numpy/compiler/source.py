"""The text of a program and the objects that it names."""

from __future__ import annotations

import itertools
import linecache
import weakref
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from kcompat.backends.numpy.compiler.memory import differs

BLOCK = 2**16
"""Elements of long vectors that one pass after the other goes over, while they are in the cache."""

_serial_numbers = itertools.count(1)


class Pass:
    """A ufunc over long vectors; `operands` are those of the length of `out`, and code for numbers."""

    __slots__ = ("operands", "out", "ufunc")

    def __init__(self, ufunc: np.ufunc, operands: Sequence[np.ndarray | str], out: np.ndarray):
        self.ufunc, self.operands, self.out = ufunc, operands, out

    @property
    def vectors(self) -> list[np.ndarray]:
        """All arrays that it reads or writes."""
        return [x for x in (*self.operands, self.out) if not isinstance(x, str)]


Line = str | Pass


class Source:
    """The lines of a program, and what its names stand for."""

    def __init__(self) -> None:
        self._lines: list[Line] = []
        self._names: dict[int, str] = {}
        self._objects: dict[str, Any] = {}

    def name(self, thing: Any) -> str:
        """The name by which the program knows an object, from the moment it is defined."""
        name = self._names.get(id(thing))
        if name is None:
            name = self._names[id(thing)] = f"a{len(self._objects)}"
            self._objects[name] = thing
        return name

    def write(self, line: Line) -> None:
        """Add a line."""
        self._lines.append(line)

    def function(self, parameters: Sequence[str], result: str) -> Callable[..., Any]:
        """Compile the program; tracebacks show its lines for as long as it lives."""
        body = list(itertools.chain.from_iterable(map(self._python, _group(self._lines))))
        bound = ", ".join(f"{name}={name}" for name in self._objects)
        lines = [f"def program({', '.join([*parameters, bound])}):", *body, f"return {result}"]
        source, filename = "\n    ".join(lines) + "\n", f"<kcompat program {next(_serial_numbers)}>"
        namespace = dict(self._objects)
        exec(compile(source, filename, "exec"), namespace)
        program = namespace["program"]
        linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
        weakref.finalize(program, linecache.cache.pop, filename, None)
        return program

    def _python(self, group: list[Line]) -> list[str]:
        """Lines as they are, and passes as a loop over blocks."""
        passes = [line for line in group if isinstance(line, Pass)]
        if not passes:
            return [line for line in group if isinstance(line, str)]
        vectors = list({id(x): x for step in passes for x in step.vectors}.values())
        names = {id(x): f"x{i}" for i, x in enumerate(vectors)}
        starts = range(0, len(vectors[0]), BLOCK)
        blocks = [tuple(x[start : start + BLOCK] for x in vectors) for start in starts]
        lines = [f"for {', '.join(names.values())}, in {self.name(blocks)}:"]
        for step in passes:
            arguments = ", ".join(x if isinstance(x, str) else names[id(x)] for x in step.operands)
            lines.append(f"    {self.name(step.ufunc)}({arguments}, out={names[id(step.out)]})")
        return lines


def _group(lines: list[Line]) -> list[list[Line]]:
    """The lines in groups: passes that may take turns on blocks, and all others."""
    groups: list[list[Line]] = []
    for line in lines:
        if groups and _may_take_turns(groups[-1], line):
            groups[-1].append(line)
        else:
            groups.append([line])
    return groups


def _may_take_turns(group: list[Line], line: Line) -> bool:
    """Whether a line belongs to a group: vectors of passes that share memory must be the same element by element."""
    if isinstance(line, str) or isinstance(group[0], str):
        return type(line) is type(group[0])
    vectors = [x for step in group if isinstance(step, Pass) for x in step.vectors]
    return len(line.out) == len(vectors[0]) and not any(
        differs(x, y) and np.may_share_memory(x, y) for x in line.vectors for y in vectors
    )
