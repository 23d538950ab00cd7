"""Where the results of a program are, and how its lines come about.

Every result has a place. A static place is a piece of memory that stays the same from run to run: views of it are
constants, and cost nothing when the program runs. A dynamic place is a local variable: the batch, what an op
allocates itself, and numbers, which are faster than arrays of rank 0.
"""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from kcompat.backends.numpy.compiler.memory import Pool, Static, Storage
from kcompat.backends.numpy.compiler.module import Module, nodes_of
from kcompat.backends.numpy.compiler.source import BLOCK, Pass, Source
from kcompat.runtime.graph import Call, Node


class Emitter:
    """Writes the calls of a module, one after the other."""

    def __init__(self, module: Module):
        self.B, self.calls, self.targets, self.last_uses = module.B, module.calls, module.targets, module.last_uses
        self.parameters = [f"b{i}" for i in range(len(module.inputs))]
        self.places: dict[Node, Static | str] = {x: Static(array) for x, array in module.arrays.items()}
        self.places.update(zip(module.inputs, self.parameters, strict=True))
        self.index = 0
        """Of the call that is being written."""
        source = Source()
        self.name, self.write, self.function = source.name, source.write, source.function
        self._pool = Pool()
        self._numbers: dict[Node, str] = {}
        self._serial_numbers = itertools.count()
        self._storage_ends: dict[int, set[Storage]] = defaultdict(set)
        self._variable_ends: dict[int, list[str]] = defaultdict(list)

    def begin(self, index: int) -> None:
        """Start to write the call of this index."""
        self.index = index

    def end(self) -> None:
        """Free the memory and the variables that nothing reads after this call."""
        for storage in self._storage_ends.pop(self.index, ()):
            if storage.last == self.index:
                self._pool.give(storage)
        if names := self._variable_ends.pop(self.index, ()):
            self.write(f"del {', '.join(names)}")

    # Operands, as code.

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
            self._numbers[x] = self.define(f"{self.name(place.array)}[()]")
        return self._numbers[x]

    # Lines.

    def do(self, function: Any, *operands: Any) -> None:
        """Write a call whose result is not needed; operands are nodes, arrays, and numbers."""
        self.write(f"{self.name(function)}({', '.join(map(self.expression, operands))})")

    def apply(self, ufunc: np.ufunc, operands: list[Any], out: np.ndarray) -> None:
        """Write a ufunc on nodes and arrays."""
        is_long = out.ndim == 1 and out.size >= 2 * BLOCK
        long = [self._vector_or_number(x, out) for x in operands] if is_long else []
        vectors = [x for x in long if x is not None]
        if is_long and len(vectors) == len(operands):
            self.write(Pass(ufunc, vectors, out))
        else:
            arguments = ", ".join(map(self.expression, operands))
            self.write(f"{self.name(ufunc)}({arguments}, out={self.name(out)})")

    def _vector_or_number(self, x: Any, out: np.ndarray) -> np.ndarray | str | None:
        """An operand of a pass: an array as long as the result, or code for a number; None if it is neither."""
        place = self.places[x] if type(x) is Node else x
        array = place.array if isinstance(place, Static) else place
        if isinstance(array, np.ndarray) and array.shape == out.shape:
            return array
        return self.expression(x) if x.shape == () else None

    def define(self, expression: str) -> str:
        """Write the definition of a new variable, and give its name."""
        name = f"v{next(self._serial_numbers)}"
        self.write(f"{name} = {expression}")
        return name

    def call(self, call: Call, function: Any, attrs: dict[str, Any]) -> None:
        """Write a function call whose results are those of `call`."""
        arguments = [*map(self.expression, call.args), *(f"{key}={self.name(value)}" for key, value in attrs.items())]
        expression = f"{self.name(function)}({', '.join(arguments)})"
        if call.single:
            self.variable(call.results[0], expression)
            return
        names = [f"v{next(self._serial_numbers)}" for _ in call.results]
        self.write(f"{', '.join(names)}, = {expression}")
        for node, name in zip(call.results, names, strict=True):
            self._hold(node, name)

    # Places.

    def variable(self, node: Node, expression: str) -> None:
        """Let a node be a local variable, which is deleted after its last use."""
        self._hold(node, self.define(expression))

    def _hold(self, node: Node, name: str) -> None:
        self.places[node] = name
        if node.shape:
            self._variable_ends[self.last_uses[node]].append(name)

    def share(self, node: Node, source: Node) -> None:
        """Let a node be where another one is, of which it is the same tensor."""
        self.places[node] = self.places[source]

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

    def output(self, node: Node, over: Iterable[Any] = ()) -> np.ndarray:
        """Give the array to write a node into.

        That is its target, if nothing reads what is there any more; else the memory of the first node among `over`
        that dies here, for results which are elementwise in these operands; else free memory. The state is
        overwritten by targets only.
        """
        over = nodes_of(over)
        target = self.targets.get(node)
        if target is not None:
            if target.last_read < self.index:
                return self._settle(node, target.place)
            if target.last_read == self.index and self._only_elementwise(target.place.array, over):
                return self._settle(node, target.place)
        for x in over:
            place = self.places[x]
            if isinstance(place, str) or place.storage is None or place.storage.last != self.index:
                continue
            if (x.shape, x.dtype) == (node.shape, node.dtype) and place.storage.is_all_of(place.array):
                return self.take_over(node, place)
        size = max(math.prod(node.shape) * np.dtype(node.dtype).itemsize, 1)
        storage = self._pool.take(size, self.last_uses[node])
        return self._settle(node, Static(storage.array(node.shape, node.dtype), storage))

    def _only_elementwise(self, array: np.ndarray, over: list[Node]) -> bool:
        """Whether the call reads the memory of `array` only by operands among `over` that are that very array."""
        for x in nodes_of(self.calls[self.index].args):
            place = self.places.get(x)
            if isinstance(place, Static) and np.may_share_memory(place.array, array):
                same = place.array.ctypes.data == array.ctypes.data and place.array.strides == array.strides
                if not same or not any(x is other for other in over):
                    return False
        return True

    def take_over(self, node: Node, place: Static) -> np.ndarray:
        """Let a node be in a place whose storage is free after this call, and keep it until the node dies."""
        if place.storage is not None:
            place.storage.last = self.last_uses[node]
        return self._settle(node, place)

    def _settle(self, node: Node, place: Static) -> np.ndarray:
        self.places[node] = place
        if place.storage is not None:
            self._storage_ends[place.storage.last].add(place.storage)
        return place.array

    def scratch(self, shape: tuple[int, ...], dtype: Any) -> np.ndarray:
        """Memory for this call alone."""
        dtype = np.dtype(dtype)
        storage = self._pool.take(max(math.prod(shape) * dtype.itemsize, 1), self.index)
        self._storage_ends[self.index].add(storage)
        return storage.array(shape, dtype.name)
