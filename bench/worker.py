"""The process of one contestant: `python -m kcompat.bench.worker CONTESTANT DEVICE DTYPE`.

It reads a request, a line of JSON, and writes a line that answers it. What is asked often is prepared once, with
warm-up, and repeated on command, so that contestants take turns while all stay alive. What needs a process in which
nothing has run yet is done in a fork of this one, which has imported the framework and done nothing with it.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Iterator
from typing import Any, TextIO


def serve(contestant: Any, requests: TextIO, answers: TextIO) -> None:
    """Answer requests until there are no more."""
    from kcompat.bench import measures

    running: dict[str, Iterator[dict[str, Any]]] = {}

    def answer(request: dict[str, Any]) -> dict[str, Any]:
        key, do = request["key"], request["do"]
        if do == "drop":
            running.pop(key, None)
            return {}
        if do == "fresh":
            return in_fork(lambda: next(measures.start(contestant, request["measure"], **request["arguments"])))
        if key not in running:
            running[key] = measures.start(contestant, request["measure"], **request["arguments"])
        return next(running[key])

    for line in requests:
        answers.write(json.dumps(answered(answer, json.loads(line))) + "\n")
        answers.flush()


def answered(answer: Any, request: dict[str, Any]) -> dict[str, Any]:
    """What `answer` says, or why it could not."""
    from kcompat.bench.contestants import Unavailable

    try:
        return answer(request)
    except Unavailable as error:
        return {"unavailable": str(error)}
    except Exception as error:  # a contestant that fails is reported, and the others go on
        return {"error": f"{type(error).__name__}: {error}", "traceback": traceback.format_exc()}


def in_fork(answer: Any) -> dict[str, Any]:
    """The answer of a copy of this process."""
    receiver, sender = os.pipe()
    child = os.fork()
    if not child:
        os.close(receiver)
        message = answered(lambda _: answer(), {})
        with os.fdopen(sender, "w") as file:
            json.dump(message, file)
        os._exit(0)
    os.close(sender)
    with os.fdopen(receiver) as file:
        said = file.read()
    os.waitpid(child, 0)
    return json.loads(said) if said else {"error": "the process ended without an answer"}


def main(name: str, device: str, dtype: str) -> None:
    """Import the framework, say hello, and serve. What libraries print goes to the standard error stream."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def hello(_: dict[str, Any]) -> dict[str, Any]:
        from kcompat.bench import machine
        from kcompat.bench.contestants import Contestant

        live.append(Contestant(name, device, dtype))
        return machine.libraries()

    live: list[Any] = []
    answers.write(json.dumps(answered(hello, {})) + "\n")
    answers.flush()
    if live:
        serve(live[0], sys.stdin, answers)


if __name__ == "__main__":
    main(*sys.argv[1:])
