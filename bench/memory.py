"""The most memory that something takes, of the process or of the GPU."""

from __future__ import annotations

import gc
from collections.abc import Callable
from pathlib import Path


def watch(framework: str, device: str) -> Callable[[], int]:
    """Begin to watch; what is given says by how many bytes memory grew at most since."""
    gc.collect()
    return _process() if device == "cpu" else {"torch": _torch, "jax": _jax}.get(framework, _process)()


def _process() -> Callable[[], int]:
    before = _status("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # the high-water mark starts anew
    return lambda: _status("VmHWM") - before


def _status(name: str) -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1]) * 1024
    raise OSError(f"/proc/self/status has no {name}: memory is measured on Linux alone")


def _torch() -> Callable[[], int]:
    import torch

    before = torch.cuda.memory_allocated()
    torch.cuda.reset_peak_memory_stats()
    return lambda: torch.cuda.max_memory_allocated() - before


def _jax() -> Callable[[], int]:
    import jax

    return lambda: jax.devices()[0].memory_stats()["peak_bytes_in_use"]
