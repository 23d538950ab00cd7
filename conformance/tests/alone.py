"""Programs that need a process of their own, such as one that forks: frameworks do not stand that (JAX warns of it)."""

import os
import subprocess
import sys
import textwrap

import pytest

needs_fork = pytest.mark.skipif(
    not hasattr(os, "fork"), reason="Windows has no fork: docs.python.org/3/library/os.html#os.fork"
)


def run_alone(program: str) -> None:
    """Run a program in a fresh process, and fail with what it says if it fails."""
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
