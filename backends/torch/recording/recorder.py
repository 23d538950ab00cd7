"""The recorder notes what a step does while it runs: every operator below autograd, with its arguments and results."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import torch
from torch._ops import OpOverload
from torch.multiprocessing.reductions import StorageWeakRef
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode, _get_current_dispatch_mode
from torch.utils.weak import TensorWeakRef

SMALL = 1024
"""Elements of a tensor, the same at every step, that is kept for the next steps in place of being made again."""

_READS_VALUES = {torch.Tag.dynamic_output_shape, torch.Tag.data_dependent_output}
_FACTORIES = {f"aten::{name}" for name in ("ones_like", "zeros_like", "full_like", "new_ones", "new_zeros", "new_full")}
_HOST_READS = {getattr(torch.Tensor, name) for name in ("numpy", "__array__", "tolist", "data_ptr", "__dlpack__")}


class Value:
    """Stands for a tensor of the step, whatever numbers it holds.

    Values of one `memory` share storage. `constant` is the tensor itself if it is the same at every step.
    """

    __slots__ = ("constant", "contiguous", "layout", "memory")

    def __init__(self, tensor: torch.Tensor, memory: int, constant: torch.Tensor | None = None):
        self.memory, self.constant = memory, constant
        self.layout = tensor.dtype, tensor.shape, tensor.stride(), tensor.storage_offset()
        self.contiguous = tensor.is_contiguous()

    def in_memory(self, memory: int) -> Value:
        """The same tensor in the storage of others."""
        moved = copy.copy(self)
        moved.memory = memory
        return moved


class Call(NamedTuple):
    """An operator with all arguments of its schema, and its results; Values stand for tensors, in lists too."""

    op: OpOverload
    args: tuple[Any, ...]
    results: tuple[Any, ...]

    @property
    def written(self) -> list[Value]:
        """The tensors that it changes in place."""
        schema = zip(self.op._schema.arguments, self.args, strict=True)
        return [x for spec, arg in schema if spec.alias_info and spec.alias_info.is_write for x in values((arg,))]

    @property
    def draws(self) -> bool:
        """Whether it moves torch's random generator on."""
        return torch.Tag.nondeterministic_seeded in self.op.tags


def values(args: Sequence[Any]) -> Iterator[Value]:
    """The Values among arguments or results."""
    for arg in args:
        if isinstance(arg, Value):
            yield arg
        elif isinstance(arg, list):
            yield from values(arg)


def map_args(f: Callable[[Any], Any], args: Sequence[Any]) -> tuple[Any, ...]:
    """`f` of each argument, and of the elements of those that are lists."""
    return tuple([f(x) for x in arg] if isinstance(arg, (list, tuple)) else f(arg) for arg in args)


class Recorder(TorchDispatchMode):
    """A context that notes the operators which run in it as `calls`, and changes nothing.

    `obstacle` says why the calls, done again, would not do what the step does for other values: the step looked at a
    value, or did something that the recorder cannot see. None: they would.
    """

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """False: torch would import its compiler to hide the recorder from it, which takes a second and 80 MB."""
        return False

    def __init__(self, inputs: Sequence[torch.Tensor]):
        super().__init__()
        self.calls: list[Call] = []
        self.obstacle: str | None = None
        self._values: dict[int, tuple[TensorWeakRef, Value]] = {}
        self._storages: dict[int, tuple[StorageWeakRef, int]] = {}
        self._memories = 0
        self._outer: set[int] = set()  # memory of tensors that exist outside of the step
        self._changed: set[int] = set()  # memory that was written to
        self.inputs = [self._enter(x) for x in inputs]
        self._reads = _HostReads(self)

    def __enter__(self) -> Recorder:
        self._reads.__enter__()
        super().__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        super().__exit__(*error)
        self._reads.__exit__(*error)

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if self.obstacle is not None:
            return func(*args, **kwargs)
        with torch._C.DisableTorchFunction():
            call = self._note_call(func, args, kwargs)
            result = func(*args, **kwargs)
            if call is not None:
                self._note_results(call, result)
        return result

    def report(self, obstacle: str) -> None:
        """Note why the step cannot be replayed; the first reason counts."""
        self.obstacle = self.obstacle or obstacle

    def value(self, x: torch.Tensor) -> Value:
        """The Value of a tensor; one that no call gave is a constant."""
        reference, value = self._values.get(id(x), (None, None))
        if value is not None and reference is not None and reference() is x:
            return value
        storage, _ = self._storages.get(x.untyped_storage()._cdata, (None, 0))
        if storage is not None and not storage.expired():
            self.report("the step uses a tensor that shares memory with others in a way the recorder did not see")
        value = self._enter(x)
        value.constant = x
        self._outer.add(value.memory)
        return value

    def _enter(self, x: torch.Tensor) -> Value:
        storage = x.untyped_storage()
        reference, memory = self._storages.get(storage._cdata, (None, 0))
        if reference is None or reference.expired():
            self._memories += 1
            memory = self._memories
            self._storages[storage._cdata] = StorageWeakRef(storage), memory
        value = Value(x, memory)
        self._values[id(x)] = TensorWeakRef(x), value
        return value

    def _note_call(self, func: Any, args: Any, kwargs: Any) -> Call | None:
        """Note an operator that is about to run."""
        if not isinstance(func, OpOverload) or torch.Tag.inplace_view in func.tags:
            self.report(f"{func} changes the shape of a tensor, or is no operator")
            return None
        if _READS_VALUES & set(func.tags):
            self.report(f"{func} makes a shape or a number of the values of a tensor")
            return None
        arguments = [
            args[i] if i < len(args) else kwargs.get(spec.name, spec.default_value)
            for i, spec in enumerate(func._schema.arguments)
        ]
        if any(isinstance(x, torch.Generator) for x in arguments):
            self.report(f"{func} draws from a generator of its own")
            return None
        call = Call(func, map_args(lambda x: self.value(x) if isinstance(x, torch.Tensor) else x, arguments), ())
        written = {x.memory for x in call.written}
        if written & self._outer:
            self.report(f"{func} changes a tensor that exists outside of the step")
        if func is torch.ops.aten._to_copy.default and args[0].is_cuda and str(kwargs.get("device")) == "cpu":
            self.report("the step copies a tensor to the host")
        self._changed |= written
        return call

    def _note_results(self, call: Call, result: Any) -> None:
        parts = result if isinstance(result, tuple) else () if result is None else (result,)
        outputs = map_args(self._output, parts)
        self.calls.append(call._replace(results=outputs))
        fixed = call.op._schema.name in _FACTORIES or all(map(self._is_constant, values(call.args)))
        if fixed and not call.written and not call.draws and "empty" not in call.op._schema.name:
            for x, value in zip(parts, outputs, strict=True):
                if isinstance(value, Value) and x.numel() <= SMALL:
                    value.constant = x

    def _is_constant(self, x: Value) -> bool:
        return x.constant is not None and x.memory not in self._changed

    def _output(self, x: Any) -> Any:
        if x is None:
            return None
        if not isinstance(x, torch.Tensor):
            self.report(f"an operator gave {x!r}, which is no tensor")
            return None
        reference, value = self._values.get(id(x), (None, None))
        return value if reference is not None and reference() is x else self._enter(x)


class _HostReads(TorchFunctionMode):
    """Tells the recorder of methods that give values to Python or NumPy."""

    def __init__(self, recorder: Recorder):
        super().__init__()
        self.recorder = recorder

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func in _HOST_READS:
            self.recorder.report(f"the step reads a value by {func.__name__}")
        return func(*args, **(kwargs or {}))


def report_read() -> None:
    """Tell the recorder, if one is active, that the step reads a value."""
    mode = _get_current_dispatch_mode()
    if isinstance(mode, Recorder):
        mode.report("the step reads the value of a tensor")
