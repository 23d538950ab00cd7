"""Numbers too small to be normal, taken as 0 while a program runs, as XLA and TensorFlow do.

A processor needs a hundred times as long for them, and training makes them: the moments of a parameter whose gradient
stays 0 shrink by a tenth a step and end there for good.
"""

from __future__ import annotations

import ctypes
import platform
from collections.abc import Callable
from typing import Any

FLUSH_TO_ZERO, DENORMALS_ARE_ZERO = 0x8000, 0x0040
"""Bits of the control register MXCSR (Intel 64 and IA-32 Architectures Software Developer's Manual, 10.2.3)."""


class _Environment(ctypes.Structure):
    """C's `fenv_t` on Linux on x86-64."""

    _fields_ = [("x87", ctypes.c_uint32 * 7), ("mxcsr", ctypes.c_uint32)]


def _control_functions() -> tuple[Any, Any] | None:
    """C's `fegetenv` and `fesetenv`, which take an address; None where the bits above do not apply."""
    if platform.system() != "Linux" or platform.machine() != "x86_64":
        return None
    try:
        library = ctypes.CDLL("libm.so.6")
    except OSError:  # another C library
        return None
    prototype = ctypes.PYFUNCTYPE(None, ctypes.c_void_p)
    return prototype(("fegetenv", library)), prototype(("fesetenv", library))


def _call(f: Callable[..., Any], *args: Any) -> Any:
    return f(*args)


def _call_within(get_environment: Any, set_environment: Any) -> Callable[..., Any]:
    flushing = _Environment()
    get_environment(ctypes.addressof(flushing))
    flushing.mxcsr |= FLUSH_TO_ZERO | DENORMALS_ARE_ZERO

    def call(f: Callable[..., Any], *args: Any) -> Any:
        before = _Environment()
        address = ctypes.addressof(before)
        get_environment(address)
        set_environment(ctypes.addressof(flushing))
        try:
            return f(*args)
        finally:
            set_environment(address)

    return call


_functions = _control_functions()
without_denormals = _call if _functions is None else _call_within(*_functions)
"""`f(*args)`, during which no number of this thread is below the smallest normal one, where that can be had."""
