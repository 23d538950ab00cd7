"""The other end of a contestant's process: start it, ask it, and stop it while others run."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from typing import Any

from kcompat.bench import contestants
from kcompat.bench.contestants import Unavailable


class Failed(Exception):  # noqa: N818
    """A contestant's process ended, took too long, or raised an error; says which."""


@contextlib.contextmanager
def confined_to(threads: int) -> Iterator[None]:
    """A process that starts within the block may run on so many processors: all the frameworks look at that.

    macOS does not let a process choose; there the numbers of threads in the environment remain.
    """
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(before)[:threads])
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


class Process:
    """A live contestant. Between questions its process is stopped, so that none of its threads can spin.

    Raises Unavailable or Failed if it cannot start.
    """

    def __init__(self, name: str, device: str = "cpu", dtype: str = "float32", threads: int = 1, timeout: float = 120):
        contestants.require(name)
        self.name, self.timeout = name, timeout
        pools = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), str(threads))
        self.errors = tempfile.TemporaryFile("w+")  # noqa: SIM115  (closed in `close`)
        with confined_to(threads):
            self.process = subprocess.Popen(
                [sys.executable, "-m", "kcompat.bench.worker", name, device, dtype],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self.errors,
                env=os.environ | pools | contestants.environment(name, device),
                text=True,
                bufsize=1,
            )
        self.hello = self._answer()
        self._signal(signal.SIGSTOP)

    def ask(self, **request: Any) -> dict[str, Any]:
        """Send a request and wait for its answer; raises Unavailable or Failed."""
        self._signal(signal.SIGCONT)
        assert self.process.stdin
        try:
            self.process.stdin.write(json.dumps(request) + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            raise Failed(self._ended()) from None
        answer = self._answer()
        self._signal(signal.SIGSTOP)
        return answer

    def close(self) -> None:
        """End the process."""
        self._signal(signal.SIGCONT)
        self.process.kill()
        self.process.wait()
        for file in (self.process.stdin, self.process.stdout, self.errors):
            if file:
                file.close()

    def _signal(self, number: int) -> None:
        if self.process.poll() is None:
            self.process.send_signal(number)

    def _answer(self) -> dict[str, Any]:
        assert self.process.stdout
        ready, _, _ = select.select([self.process.stdout], [], [], self.timeout)
        line = self.process.stdout.readline() if ready else None
        if line is None:
            raise Failed(f"no answer within {self.timeout:g} s")
        if not line:
            raise Failed(self._ended())
        answer: dict[str, Any] = json.loads(line)
        if "unavailable" in answer:
            raise Unavailable(answer["unavailable"])
        if "error" in answer:
            raise Failed(answer["error"])
        return answer

    def _ended(self) -> str:
        code = self.process.wait()
        self.errors.seek(0)
        last = self.errors.read().strip().splitlines()[-1:] or ["nothing on the error stream"]
        return f"the process ended with {code}: {last[0]}"
