"""Numbers too small to be normal, taken as 0 while a program runs, as XLA and TensorFlow do.

A processor needs a hundred times as long for them, and training makes them: the moments of a parameter whose gradient
stays 0 shrink by a tenth a step and end there for good.
"""

from __future__ import annotations

import ctypes
import functools
import platform
from collections.abc import Callable
from typing import Any

FLUSH_TO_ZERO, DENORMALS_ARE_ZERO = 0x8000, 0x0040
"""Bits of the control register MXCSR (Intel 64 and IA-32 Architectures Software Developer's Manual, 10.2.3)."""


class Environment(ctypes.Structure):
    """How a thread computes with floating-point numbers: C's `fenv_t` on Linux on x86-64."""

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


_get, _set = _control_functions() or (None, None)


def current_environment() -> Environment:
    """That of this thread; an empty one where it cannot be had."""
    environment = Environment()
    if _get is not None:
        _get(ctypes.addressof(environment))
    return environment


def call_in(environment: Environment, f: Callable[..., Any], *args: Any) -> Any:
    """`f(*args)` in an environment that `current_environment` gave."""
    if _get is None or _set is None:
        return f(*args)
    before = Environment()
    address = ctypes.addressof(before)
    _get(address)
    _set(ctypes.addressof(environment))
    try:
        return f(*args)
    finally:
        _set(address)


_flushing = current_environment()
_flushing.mxcsr |= FLUSH_TO_ZERO | DENORMALS_ARE_ZERO
without_denormals = functools.partial(call_in, _flushing)
"""`f(*args)`, during which no number of this thread is below the smallest normal one, where that can be had."""
