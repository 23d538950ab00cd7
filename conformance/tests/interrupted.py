"""A process that trains until a SIGINT, looks whether the state is that after a whole step, and goes on.

By hand, for 200 signals at random times: `python conformance/tests/interrupted.py jax 200`. Prints a line of JSON.
"""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from typing import Any


def child(backend: str, count: int) -> None:
    """Train and be interrupted `count` times; print what was torn or lost."""
    import numpy as np

    import kcompat
    from kcompat import layers, ops

    class Count(layers.Layer):
        """With a rate of 1 and a gradient of -1 each of its numbers is the number of steps."""

        def build(self, input_shape: Any) -> None:
            self.a = self.add_weight((300,), "zeros", name="a")
            self.b = self.add_weight((2, 2), "zeros", name="b")
            self.seen = self.add_weight((5,), "zeros", trainable=False, name="seen")

        def call(self, x: Any, training: bool = False) -> Any:
            if training:
                self.seen.assign(self.seen + 1.0)
            return x * 0.0 - ops.sum(self.a) - ops.sum(self.b)

    kcompat.set_backend(backend)
    model = kcompat.Sequential([kcompat.Input((1,)), Count()])
    model.compile(kcompat.optimizers.SGD(1.0), lambda y, y_pred: ops.mean(y_pred, axis=-1))
    x = np.zeros((64, 1), "float32")
    model.fit(x, x, batch_size=2, verbose=0)
    torn: list[Any] = []
    lost: list[str] = []
    steps = 32
    for _ in range(count):
        interrupted = False
        try:
            print("go", flush=True)
            while True:
                model.fit(x, x, batch_size=2, verbose=0)
        except KeyboardInterrupt:
            interrupted = True
        assert interrupted
        try:
            numbers = {*np.concatenate([v.ravel() for v in model.get_weights()]).tolist()}
            numbers.add(float(model.optimizer.iterations.numpy()))
            if len(numbers) != 1 or min(numbers) < steps:
                torn.append(sorted(numbers))
            steps = max(numbers)
            model.predict(x, verbose=0)
            model.train_on_batch(x, x)
            steps += 1
        except Exception as error:
            lost.append(repr(error))
    print(json.dumps({"backend": backend, "signals": count, "steps": steps, "torn": torn, "lost": lost}), flush=True)


def interrupt(backend: str, count: int, seed: int = 0, longest: float = 0.05) -> dict[str, Any]:
    """What a child says after `count` SIGINTs, each up to `longest` seconds after it has begun to train."""
    draw = random.Random(seed)
    process = subprocess.Popen(
        [sys.executable, __file__, "--child", backend, str(count)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        for line in process.stdout:
            if line.startswith("{"):
                return json.loads(line)
            if line.strip() == "go":
                time.sleep(draw.uniform(0, longest))
                process.send_signal(signal.SIGINT)
    finally:
        process.kill()
        process.communicate()
    raise RuntimeError(f"the process ended with {process.returncode}, without a word")


if __name__ == "__main__":
    arguments = sys.argv[1:]
    if arguments[0] == "--child":
        child(arguments[1], int(arguments[2]))
    else:
        print(json.dumps(interrupt(arguments[0], int(arguments[1]))))
