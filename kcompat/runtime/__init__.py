"""What runs the ops; here is what the author of a backend imports.

In the order in which to read it:

- `tree`: nested dicts, lists and tuples of tensors
- `protocols`: the types in signatures
- `active`: which interpreter `kcompat.ops` uses now
- `interpreter`: the ops as attributes, and the recorders that stand over an interpreter
- `unrolled`: control flow by Python
- `tape`: reverse-mode differentiation over any interpreter
- `gradients`: the public gradient functions by the tape
- `interrupts`: sections of code that Ctrl-C may not break
- `program`: a train step and the state that it owns
- `engine`: what a framework offers besides ops, with defaults for most of it
- `shapes`: the interpreter that computes nothing but shapes
- `graph`: the interpreter that notes what is computed
- `registry`: finding, loading and choosing backends
"""

from kcompat.runtime.active import use
from kcompat.runtime.engine import Engine, check_numbers, default_dtype
from kcompat.runtime.gradients import check_scalar, differentiated, split_aux
from kcompat.runtime.interpreter import COMPOSED, MISSING, NATIVE, Interpreter
from kcompat.runtime.program import Batch, Holder, Logs, Program, State, Step
from kcompat.runtime.protocols import FoldStep, Function, ScanStep, Tensor, TensorLike, Tensors
from kcompat.runtime.registry import current, load
from kcompat.runtime.tree import Tree

__all__ = [
    "COMPOSED",
    "MISSING",
    "NATIVE",
    "Batch",
    "Engine",
    "FoldStep",
    "Function",
    "Holder",
    "Interpreter",
    "Logs",
    "Program",
    "ScanStep",
    "State",
    "Step",
    "Tensor",
    "TensorLike",
    "Tensors",
    "Tree",
    "check_numbers",
    "check_scalar",
    "current",
    "default_dtype",
    "differentiated",
    "load",
    "split_aux",
    "use",
]
