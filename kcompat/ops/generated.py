"""Functions of `kcompat.ops` generated from the spec, each with the public signature of its op."""

from __future__ import annotations

import functools
import inspect
import linecache
import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from kcompat.keras_names import hint
from kcompat.runtime.active import active
from kcompat.runtime.interpreter import Interpreter
from kcompat.runtime.protocols import Function
from kcompat.spec import OPS, SCALARS, Op, as_dtype, floatx, is_float


def public_signature(op: Op) -> inspect.Signature:
    """The signature of the public function: everything by position or by name, lists of tensors as one argument."""
    parameters = op.signature.parameters
    names = list(op.order or parameters)
    listed = next((i for i, name in enumerate(names) if parameters[name].kind is inspect.Parameter.VAR_POSITIONAL), 0)
    declared = names[listed:] if op.variadic else []  # `*tensors`, and what can only be given by name after it
    positional = inspect.Parameter.POSITIONAL_OR_KEYWORD
    public = (
        parameters[name].replace(kind=parameters[name].kind if name in declared else positional) for name in names
    )
    return inspect.Signature(list(public))


def _source(op: Op) -> str:
    """The function as Python code: admit what is not known to be a tensor, call the interpreter."""
    signature = public_signature(op)
    lines = [f"def {op.name}{signature}:", "    B = active()"]
    lists = [p.name for p in op.tensors if p.kind is p.VAR_POSITIONAL]
    tensors = [p.name for p in op.tensors if p.kind is not p.VAR_POSITIONAL]
    names = [p.name for p in op.attributes]
    if "dtype" in names:
        lines.append("    if dtype is not None: dtype = as_dtype(dtype)")
    arguments = [*tensors, *(f"*{xs}" for xs in lists), *(f"{name}={name}" for name in names)]
    call = f"return B.{op.name}({', '.join(arguments)})"
    if tensors and not (lists or op.listed or op.floats):  # what most calls are, in as few steps as there can be
        lines.append(f"    if {' is '.join(['B.tensor_type', *(f'type({x})' for x in tensors)])}: {call}")
    if tensors:
        lines.append("    known = B.tensor_types")
        lines += [f"    if type({x}) not in known: {x} = B.admit({x})" for x in tensors if x not in op.listed]
        lines += [f"    {x} = _listed(B, {x})" for x in op.listed]
        lines.append(
            f"    if {' and '.join(f'type({x}) in SCALARS' for x in tensors)}: {tensors[0]} = B.constant({tensors[0]})"
        )
    lines += [f"    {x} = _as_float(B, {x})" for x in op.floats]
    lines += [f"    {xs} = [x if type(x) in B.tensor_types else B.admit(x) for x in {xs}]" for xs in lists]
    return "\n".join([*lines, f"    {call}"]) + "\n"


def _as_float(B: Interpreter, x: Any) -> Any:
    """An operand of an op that takes floats: integers become floatx; scalars and absent ones stay."""
    if x is None or type(x) in SCALARS or is_float(B.dtype(x)):
        return x
    return B.cast(x, dtype=floatx())


def _listed(B: Interpreter, x: Any) -> Any:
    """Integers, one by one: ints that are known, and scalar tensors; or all of them in one tensor."""
    if not isinstance(x, (list, tuple)):
        return x if type(x) in B.tensor_types else B.admit(x)
    return tuple(int(i) if isinstance(i, np.integer) else i if type(i) in B.tensor_types else B.admit(i) for i in x)


def make_function(op: Op, module: str = "kcompat.ops") -> Function:
    """The public function of an op: it admits what is not known to be a tensor, and calls the active interpreter."""
    source, filename = _source(op), f"<kcompat.ops.{op.name}>"
    namespace: dict[str, Any] = {"active": active, "SCALARS": frozenset(SCALARS)}
    namespace |= {"as_dtype": as_dtype, "_as_float": _as_float, "_listed": _listed}
    exec(compile(source, filename, "exec"), namespace)
    function = namespace[op.name]
    function.__doc__, function.__module__ = op.doc, module
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    return function


@functools.cache
def _function(name: str, module: str) -> Function:
    return make_function(OPS[name], module)


def make_on_demand(
    module: str, names: Sequence[str], home: str = "kcompat.ops"
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """The `__getattr__` and `__dir__` of a module of ops: a function is made when it is first asked for.

    Making all of them would take as long as importing NumPy.

    Args:
        module: its name.
        names: what it gives out; those that it does not define itself are ops.
        home: the module that the functions say they are from; modules with the same home share them.
    """
    namespace = module.removeprefix("kcompat.")

    def get(name: str) -> Any:
        if name not in names:
            near = "" if name.startswith("_") else f"; {hint(namespace, name, names)}"
            raise AttributeError(f"{module} has no {name!r}{near}", name=name, obj=sys.modules[module])
        function = _function(name, home)
        setattr(sys.modules[module], name, function)
        return function

    def list_names() -> list[str]:
        return sorted({*vars(sys.modules[module]), *names})

    return get, list_names
