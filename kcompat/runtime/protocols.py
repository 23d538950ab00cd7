"""The types that authors of backends meet in signatures."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, runtime_checkable

if TYPE_CHECKING:
    from kcompat.runtime.interpreter import Interpreter


@runtime_checkable
class Tensor(Protocol):
    """What the library asks of a backend's tensors; all else is done by ops."""

    @property
    def shape(self) -> Any:
        """The size of each axis."""

    @property
    def dtype(self) -> Any:
        """The dtype, as the framework writes it."""


Tensors: TypeAlias = tuple[Any, ...]
"""Several tensors, or none."""

TensorLike: TypeAlias = Any
"""What ops take for a tensor: one of the backend's, a variable, a NumPy array, a number, nested lists of numbers."""

Function: TypeAlias = Callable[..., Any]

ScanStep: TypeAlias = "Callable[[Interpreter, Tensors, Tensors, Tensors], tuple[Tensors, Tensors]]"
"""`(B, carry, x, consts) -> (carry, y)`. It is closed: of values that may be traced it uses only its arguments."""

FoldStep: TypeAlias = Callable[[Tensors, Tensors], tuple[Tensors, Tensors]]
"""`(carry, x) -> (carry, y)`. It may close over tensors that are differentiated."""
