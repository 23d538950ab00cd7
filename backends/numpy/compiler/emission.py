"""From the calls of a graph to Python source that makes them on preallocated memory.

Every result has a place. A static place is a piece of memory that stays the same from run to run: views of it are
constants, and cost nothing when the program runs. A dynamic place is a local variable: the batch, what an op
allocates itself, and numbers, which are faster than arrays of rank 0.
"""

from __future__ import annotations

import itertools
import linecache
import weakref
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from kcompat.backends.numpy.compiler.memory import Pool, Storage, differs
from kcompat.backends.numpy.compiler.plan import Lean
from kcompat.runtime.graph import Call, Node


class Static:
    """A result in memory that the program owns, or shares with the state."""

    __slots__ = ("array", "storage")

    def __init__(self, array: np.ndarray, storage: Storage | None = None):
        self.array, self.storage = array, storage


class Pass:
    """A ufunc over long vectors; `operands` are those of the length of `out`, and code for numbers."""

    __slots__ = ("operands", "out", "ufunc")

    def __init__(self, ufunc: Any, operands: list[np.ndarray | str], out: np.ndarray):
        self.ufunc, self.operands, self.out = ufunc, operands, out

    @property
    def vectors(self) -> list[np.ndarray]:
        """All arrays that it reads or writes."""
        return [x for x in (*self.operands, self.out) if not isinstance(x, str)]


BLOCK = 2**16
"""Elements of long vectors that one pass after the other goes over, while they are in the cache."""


class Emitter:
    """Writes a program.

    Args:
        B: the interpreter whose ops the program calls.
        calls: what is to be done, in order.
        last: the index of the call that uses a node last, of itself or through a view.
        plans: the plan of each call, or None.
    """

    def __init__(self, B: Any, calls: Sequence[Call], last: dict[Node, int], plans: dict[Call, Any]):
        self.B, self.calls, self.last, self.plans = B, calls, last, plans
        self.places: dict[Node, Static | str] = {}
        self.targets: dict[Node, tuple[Static, int]] = {}
        """Where a node should be, and the last use of what is there now."""
        self.lines: list[str | Pass] = []
        self.index = 0
        self._pool = Pool()
        self._names: dict[int, str] = {}
        self._bound: dict[str, Any] = {}
        self._numbers: dict[Node, str] = {}
        self._fresh = itertools.count()
        self._storage_ends: dict[int, set[Storage]] = defaultdict(set)
        self._variable_ends: dict[int, list[str]] = defaultdict(list)

    # Names.

    def name(self, thing: Any) -> str:
        """The name by which the program knows an object, from the moment it is defined."""
        name = self._names.get(id(thing))
        if name is None:
            name = self._names[id(thing)] = f"a{len(self._bound)}"
            self._bound[name] = thing
        return name

    def expression(self, x: Any) -> str:
        """An operand: a node, an array or a number."""
        if type(x) is not Node:
            return self.name(x)
        place = self.places[x]
        return place if isinstance(place, str) else self.name(place.array)

    def number(self, x: Any) -> str:
        """An operand of rank 0, as one of NumPy's scalars."""
        if type(x) is not Node:
            return self.name(x[()] if isinstance(x, np.ndarray) else x)
        place = self.places[x]
        if isinstance(place, str):
            return place
        if x not in self._numbers:
            self._numbers[x] = f"v{next(self._fresh)}"
            self.lines.append(f"{self._numbers[x]} = {self.name(place.array)}[()]")
        return self._numbers[x]

    # Lines.

    def do(self, function: Any, *operands: Any) -> None:
        """A call whose result is not needed; operands are nodes, arrays, and numbers."""
        self.lines.append(f"{self.name(function)}({', '.join(map(self.expression, operands))})")

    def apply(self, ufunc: Any, operands: list[Any], out: np.ndarray) -> None:
        """A ufunc on nodes and arrays."""
        whole = [self._whole(x, out) for x in operands] if out.ndim == 1 and out.size >= 2 * BLOCK else [None]
        if any(x is None for x in whole):
            arguments = ", ".join(map(self.expression, operands))
            self.lines.append(f"{self.name(ufunc)}({arguments}, out={self.name(out)})")
        else:
            self.lines.append(Pass(ufunc, whole, out))  # type: ignore[arg-type]

    def _whole(self, x: Any, out: np.ndarray) -> np.ndarray | str | None:
        """An operand of a pass: an array as long as the result, or code for a number; None if it is neither."""
        place = self.places[x] if type(x) is Node else x
        array = place.array if isinstance(place, Static) else place
        if isinstance(array, np.ndarray) and array.shape == out.shape:
            return array
        return self.expression(x) if x.shape == () else None

    def variable(self, node: Node, expression: str) -> None:
        """Let a node be a local variable."""
        name = f"v{next(self._fresh)}"
        self.lines.append(f"{name} = {expression}")
        self.hold(node, name)

    def hold(self, node: Node, name: str) -> None:
        """Let a node be the variable of this name, which is deleted after its last use."""
        self.places[node] = name
        if node.shape:
            self._variable_ends[self.last[node]].append(name)

    def view(self, node: Node, source: Node, function: Callable[[Any], Any], method: str) -> None:
        """Let a node be a view of another: `function` of its array, or `method` as code to follow its name."""
        place = self.places[source]
        if isinstance(place, str):
            self.variable(node, place + method)
            return
        array = function(place.array)
        if array.size and not np.may_share_memory(array, place.array):  # it cannot be one
            out = self.output(node)
            self.do(np.copyto, out.reshape(place.array.shape), place.array)
            return
        self.places[node] = Static(array, place.storage)

    # Memory.

    def output(self, node: Node, over: Iterable[Any] = ()) -> np.ndarray:
        """The array to write a node into: its target, or that of one of the nodes `over` which dies, or free memory."""
        target = self.targets.get(node)
        over = [x for x in over if type(x) is Node]
        if target is not None:
            place, used = target
            if used < self.index or (used == self.index and self._only_in(place.array, over)):
                return self._settle(node, place)
        for x in over:
            held = self.places[x]
            if isinstance(held, str) or held.storage is None or held.storage.last != self.index:
                continue
            if (x.shape, x.dtype) == (node.shape, node.dtype) and held.storage.is_all_of(held.array):
                held.storage.last = self.last[node]
                return self._settle(node, held)
        size = max(int(np.prod(node.shape)) * np.dtype(node.dtype).itemsize, 1)
        storage = self._pool.take(size, self.last[node])
        return self._settle(node, Static(storage.array(node.shape, node.dtype), storage))

    def _only_in(self, array: np.ndarray, over: list[Node]) -> bool:
        """Whether no operand of the call but those in `over` reads from the memory of `array`."""
        for x in self.calls[self.index].args:
            place = self.places.get(x) if type(x) is Node else None
            if isinstance(place, Static) and np.may_share_memory(place.array, array):
                same = place.array.ctypes.data == array.ctypes.data and place.array.strides == array.strides
                if x not in over or not same:
                    return False
        return True

    def _settle(self, node: Node, place: Static) -> np.ndarray:
        self.places[node] = place
        if place.storage is not None:
            self._storage_ends[place.storage.last].add(place.storage)
        return place.array

    def scratch(self, shape: tuple[int, ...], dtype: Any) -> np.ndarray:
        """Memory for this call alone."""
        dtype = np.dtype(dtype)
        storage = self._pool.take(max(int(np.prod(shape)) * dtype.itemsize, 1), self.index)
        self._storage_ends[self.index].add(storage)
        return storage.array(shape, dtype.name)

    # The program.

    def emit(self, lowerings: dict[str, Callable[[Emitter, Call], bool]]) -> None:
        """Write all calls."""
        for index, call in enumerate(self.calls):
            self.index = index
            lower = lowerings.get(call.op)
            if lower is None or not lower(self, call):
                self._planned(call) or self._plain(call)
            for storage in self._storage_ends.pop(self.index, ()):
                if storage.last == self.index:
                    self._pool.give(storage)
            if names := self._variable_ends.pop(self.index, ()):
                self.lines.append(f"del {', '.join(names)}")
        self.index = len(self.calls)

    def _planned(self, call: Call) -> bool:
        run = self.plans[call]
        if run is None:
            return False
        lean = isinstance(run, Lean)
        outputs = tuple(None if lean and self.last[y] == self.index else self.output(y) for y in call.results)
        self.do(run, *call.args, outputs[0] if call.single else outputs)
        return True

    def _plain(self, call: Call) -> bool:
        """Call the op as it is."""
        if call.op == "scan":
            self.called(call, scanning(self.B, **call.attrs), {})
        else:
            self.called(call, getattr(self.B, call.op), call.attrs)
        return True

    def called(self, call: Call, function: Any, attrs: dict[str, Any]) -> None:
        """Let the results of a call be what a function gives."""
        arguments = [*map(self.expression, call.args), *(f"{key}={self.name(value)}" for key, value in attrs.items())]
        expression = f"{self.name(function)}({', '.join(arguments)})"
        if call.single:
            self.variable(call.results[0], expression)
            return
        names = [f"v{next(self._fresh)}" for _ in call.results]
        self.lines.append(f"{', '.join(names)}, = {expression}")
        for node, name in zip(call.results, names, strict=True):
            self.hold(node, name)

    def function(self, parameters: Sequence[str], result: str) -> Callable[..., Any]:
        """The program as a function of the batch's tensors."""
        body = list(itertools.chain.from_iterable(map(self._written, _runs(self.lines))))
        bound = ", ".join(f"{name}={name}" for name in self._bound)
        lines = [f"def program({', '.join([*parameters, bound])}):", *body, f"return {result}"]
        source, filename = "\n    ".join(lines) + "\n", f"<kcompat program {next(_programs)}>"
        namespace = dict(self._bound)
        exec(compile(source, filename, "exec"), namespace)
        program = namespace["program"]
        linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
        weakref.finalize(program, linecache.cache.pop, filename, None)
        return program

    def _written(self, run: list[str | Pass]) -> list[str]:
        """Lines as they are, and passes as a loop over blocks."""
        passes = [line for line in run if isinstance(line, Pass)]
        if not passes:
            return [line for line in run if isinstance(line, str)]
        vectors = list({id(x): x for step in passes for x in step.vectors}.values())
        names = {id(x): f"x{i}" for i, x in enumerate(vectors)}
        starts = range(0, len(vectors[0]), BLOCK)
        blocks = [tuple(x[start : start + BLOCK] for x in vectors) for start in starts]
        lines = [f"for {', '.join(names.values())}, in {self.name(blocks)}:"]
        for step in passes:
            arguments = ", ".join(x if isinstance(x, str) else names[id(x)] for x in step.operands)
            lines.append(f"    {self.name(step.ufunc)}({arguments}, out={names[id(step.out)]})")
        return lines


def _runs(lines: list[str | Pass]) -> list[list[str | Pass]]:
    """The lines in groups: passes that may take turns on blocks, and all others."""
    runs: list[list[str | Pass]] = []
    for line in lines:
        if runs and _may_take_turns(runs[-1], line):
            runs[-1].append(line)
        else:
            runs.append([line])
    return runs


def _may_take_turns(run: list[str | Pass], line: str | Pass) -> bool:
    """Whether a line belongs to a run: for passes, what shares memory must be element by element the same."""
    if isinstance(line, str) or isinstance(run[0], str):
        return type(line) is type(run[0])
    known = [x for step in run if isinstance(step, Pass) for x in step.vectors]
    return len(line.out) == len(known[0]) and not any(
        differs(x, y) and np.may_share_memory(x, y) for x in line.vectors for y in known
    )


_programs = itertools.count(1)


def scanning(B: Any, f: Any, counts: tuple[int, int], reverse: bool) -> Callable[..., tuple[Any, ...]]:
    """A scan as a function of all its tensors, which gives the carry and then the outputs."""
    from kcompat.runtime.active import use

    n, m = counts

    def run(*args: Any) -> tuple[Any, ...]:
        with use(B):
            carry, ys = B.scan(f, args[:n], args[n : n + m], args[n + m :], reverse=reverse)
        return (*carry, *ys)

    return run
