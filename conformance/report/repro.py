"""Scripts that show a check's result in the target's own API: `kcompat repro ID --target T`.

A script has at most 15 lines and needs the target's library alone. Its inputs are literals, made smaller as long as the
check ends alike.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from kcompat.conformance.cases import questions
from kcompat.conformance.judge.expectations import LIMIT, expected
from kcompat.conformance.judge.gate import compare
from kcompat.conformance.report.shrink import outcome, shrink
from kcompat.conformance.run import probes, suite
from kcompat.conformance.targets import dialect
from kcompat.conformance.targets.precision import PROFILES, Profile
from kcompat.conformance.targets.target import Target, Unsupported, load
from kcompat.spec import FLOATS, Op

SECONDS = 60.0
"""How long making the inputs of all scripts of a page smaller may take."""
NO_TARGET = 3
"""The exit status of a process whose target cannot be loaded."""
NO_SCRIPT = "# no script: "
"""How the text begins that stands in place of a script."""
GRADIENTS = {
    "gradient": questions.gradient,
    "eager-gradient": questions.gradient,
    "kink": questions.gradient_of_sum,
    "strict-kink": questions.gradient_of_sum,
}


def script(target: str, check: str, profile: str = "fp32") -> str:
    """A script for one check of a target. Raises LookupError for an unknown check or target."""
    return scripts(target, [check], profile)[check]


def scripts(target: str, checks: Iterable[str], profile: str = "fp32") -> dict[str, str]:
    """Scripts for several checks, written in a process of their own: a library may be loaded in one way a process.

    Where a check kills the process, another one goes on behind that check.
    """
    waiting, texts = list(checks), dict[str, str]()
    ids = {check.id for check in suite.checks(profile=PROFILES[profile])}
    unknown = [check for check in waiting if check not in ids]
    if unknown:
        raise LookupError(f"there is no check {unknown[0]!r}; `kcompat conform --report` writes the ids of all")
    while waiting:
        written, message = _write_in_process(target, waiting, profile)
        texts |= written
        deadly, waiting = waiting[len(written) : len(written) + 1], waiting[len(written) + 1 :]
        texts |= dict.fromkeys(deadly if written else [*deadly, *waiting], f"{NO_SCRIPT}{message}")
        waiting = waiting if written else []
    return texts


def _write_in_process(target: str, checks: list[str], profile: str) -> tuple[dict[str, str], str]:
    """The scripts that a process writes before it ends, and the last line that it prints."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "scripts.jsonl")
        command = [sys.executable, "-m", __name__, target, profile, str(out)]
        done = subprocess.run(command, input=json.dumps(checks), capture_output=True, text=True, check=False)
        lines = out.read_text().splitlines() if out.exists() else []
    message = (done.stderr.strip().splitlines() or [f"status {done.returncode}"])[-1]
    if done.returncode == NO_TARGET:
        raise LookupError(message)
    return dict(map(json.loads, lines)), message


def main(name: str, profile: str, out: str) -> None:
    """Write scripts for the ids on the standard input, a line of JSON each; they share `SECONDS`."""
    try:
        target = load(name)
    except (Exception, SystemExit) as error:
        said = str(error.args[0] if isinstance(error, KeyError) else error)
        usage = isinstance(error, (LookupError, ImportError))
        print(said if usage else f"{name} cannot be loaded: {type(error).__name__}: {said}", file=sys.stderr)
        sys.exit(NO_TARGET)
    ids = json.loads(sys.stdin.read())
    checks = {check.id: check for check in suite.checks(profile=PROFILES[profile])}
    seconds = min(10.0, SECONDS / len(ids))
    with Path(out).open("w", buffering=1) as file:
        for identifier in ids:
            try:
                text = write(target, checks[identifier], PROFILES[profile], seconds)
            except Exception as error:  # the other scripts are worth having
                text = f"{NO_SCRIPT}{error}"
            file.write(json.dumps([identifier, text]) + "\n")


def write(target: Target, check: suite.Check, profile: Profile, seconds: float = 10.0) -> str:
    """A script for a check, in this process."""
    if not isinstance(check.case, questions.Case):
        return _of_built(target, check, profile)
    if not _has(target, check.case.op):
        return _by_the_suite(target, check)
    if check.kind == "dtypes":
        check = _of_one_dtype(target, check)
    gradient = check.kind in GRADIENTS
    if target.dialect is None or (gradient and not target.dialect.gradient) or check.kind == "second-derivative":
        return _by_the_suite(target, check)
    check = shrink(check, target, seconds)
    status, _, message = outcome(check, target)
    lines = [*target.dialect.prelude.split("\n"), *_inputs(target, check.case)]
    if status not in ("pass", "fail"):
        attempt = _gradient_code(target, check) if gradient and _answers(target, check.case) else []
        return "\n".join([*lines, *(attempt or [f"print({target.call(check.case)})"]), f"# {status}: {_line(message)}"])
    if check.kind == "refusal":
        return "\n".join([*lines, f"print({target.call(check.case)})", f"# {_line(message) or 'refused'}"])
    if check.kind in ("surface", "dtypes"):
        return "\n".join([*lines, *_surface(target, check)])
    return "\n".join([*lines, *(_gradients(target, check, profile) if gradient else _values(target, check, profile))])


def _of_built(target: Target, check: suite.Check, profile: Profile) -> str:
    """A script for a layer or a loss, where the target says how it is built."""
    built = target.built(check.case)
    if not built or target.dialect is None or check.question is None:
        return _by_the_suite(target, check)
    lines = [*target.dialect.prelude.split("\n"), *built]
    status, _, message = outcome(check, target)
    if status not in ("pass", "fail"):
        return "\n".join([*lines, f"# {status}: {_line(message)}"])
    got, wanted = target.ask(check.question, check.case), expected(check.case, check.question, profile)
    i = _worst(wanted, got, profile)
    return "\n".join([*lines, *_print_judged(target, f"y[{i}]" if len(got) > 1 else "y", wanted[i], got[i], profile)])


def _has(target: Target, op: Op) -> bool:
    try:
        target.function(op)
    except Unsupported:
        return False
    return target.interpreter is None or op.public


def _of_one_dtype(target: Target, check: suite.Check) -> suite.Check:
    """The check of shape and dtype in the first float dtype that is answered otherwise."""
    for dtype in ("float64", "float16", *FLOATS):
        case = questions.in_dtype(check.case, dtype)
        run = partial(probes.surface, case)
        surface = suite.Check(check.id, "L0", "surface", check.subject, check.family, (), case, run)
        if outcome(surface, target)[0] != "pass":
            return surface
    return check


def _inputs(target: Target, case: Any) -> list[str]:
    assert target.dialect is not None
    return [
        f"{name} = {target.dialect.tensor.format(dialect.write_array(x))}"
        for name, x in zip(dialect.names_of(case), case.arrays, strict=True)
        if isinstance(x, np.ndarray)
    ]


def _surface(target: Target, check: suite.Check) -> list[str]:
    case = check.case
    wanted = [(tuple(spec.shape), spec.dtype) for spec in questions.inferred(case)]
    return [
        f"y = {target.call(case)}",
        'print("got     ", [(tuple(z.shape), z.dtype) for z in (y if isinstance(y, (tuple, list)) else [y])])',
        f'print("expected", {wanted})',
    ]


def _values(target: Target, check: suite.Check, profile: Profile) -> list[str]:
    case = check.case
    if check.kind == "special":
        point = check.run.args[0]  # type: ignore[attr-defined]
        name = "y[{}]" if isinstance(point.result, tuple) else "y"
        prints = [_print(target, name.format(i), (), repr(r)) for i, r in enumerate(_tuple(point.result))]
        return [f"y = {target.call(case)}", *(line for lines in prints for line in lines)]
    got = target.ask(questions.value, case)
    wanted = expected(case, questions.value, profile)
    i = _worst(wanted, got, profile)
    several = len(got) > 1 or isinstance(target.ask(_raw, case), (tuple, list))
    lines = _print_judged(target, f"y[{i}]" if several else "y", wanted[i], got[i], profile)
    return [f"y = {target.call(case)}", *lines]


def _raw(target: Any, case: Any) -> Any:
    """A question: the result of the call as it is."""
    return target.function(case.op)(*questions.arguments(target, case), **case.sample.attrs)


def _answers(target: Target, case: Any) -> bool:
    """Whether the call itself gives a result."""
    try:
        target.ask(_raw, case)
    except Exception:
        return False
    return True


def _gradient_code(target: Target, check: suite.Check) -> list[str]:
    """Lines that make the tuple `g` of gradients, with the cotangents of the check."""
    assert target.dialect is not None
    case, ones = check.case, GRADIENTS[check.kind] is questions.gradient_of_sum
    names = dialect.names_of(case)
    y = target.ask(_raw, case)
    parts = y if isinstance(y, (tuple, list)) else [y]
    dtypes = [target.to_numpy(part).dtype for part in parts]
    floats = [i for i, dtype in enumerate(dtypes) if dtype.kind == "f" or dtype.name == "bfloat16"]
    cotangents = [
        np.ones(tuple(parts[i].shape)) if ones else questions.cotangent(case, n, tuple(parts[i].shape))
        for n, i in enumerate(floats)
    ]
    codes = [
        target.dialect.tensor.format(dialect.write_array(ct.astype(dtypes[i])))
        for ct, i in zip(cotangents, floats, strict=True)
    ]
    call = target.call(case)
    if isinstance(y, (tuple, list)):
        call = f"({call})[{floats[0]}]" if len(floats) == 1 else f"tuple({call})"
    ct = codes[0] if len(floats) == 1 else f"({', '.join(codes)})"
    xs = ", ".join(names[i] for i in case.floats)
    return target.dialect.gradient.format(f=call, xs=xs, ct=ct).split("\n")


def _gradients(target: Target, check: suite.Check, profile: Profile) -> list[str]:
    case, question = check.case, GRADIENTS[check.kind]
    got, wanted = target.ask(question, case), expected(case, question, profile)
    i = _worst(wanted, got, profile)
    return [*_gradient_code(target, check), *_print_judged(target, f"g[{i}]", wanted[i], got[i], profile)]


def _worst(wanted: Any, got: Any, profile: Profile) -> int:
    return int(np.argmax([compare("", *pair, profile).z for pair in zip(wanted, got, strict=True)]))


def _print_judged(target: Target, name: str, wanted: Any, got: np.ndarray, profile: Profile) -> list[str]:
    """Lines that print a small result whole, else its worst element."""
    value, sigma = (np.asarray(x, np.float64) if x.dtype.kind == "f" else x for x in (wanted.value, wanted.sigma))
    verdict = compare("", wanted, got, profile)
    index = verdict.worst.get("index", ()) if got.shape == value.shape and got.size > 8 else ()
    within = float(np.max((LIMIT * sigma)[index], initial=0.0, where=np.isfinite(sigma[index])))
    short = value[index].astype(profile.dtype if value.dtype.kind == "f" else value.dtype)
    return _print(target, name, index, dialect.write_numbers(short), f', "within {within:.2g}"' if within else "")


def _print(target: Target, name: str, index: tuple[int, ...], value: str, more: str = "") -> list[str]:
    assert target.dialect is not None
    array = target.dialect.array.format(name) + (f"[{', '.join(map(str, index))}]" if index else "")
    value = value if "nan" not in value and "inf" not in value else repr(value)
    return [f'print("got     ", {array})', f'print("expected", {value}{more})']


def _tuple(x: Any) -> tuple[Any, ...]:
    return x if isinstance(x, tuple) else (x,)


def _line(message: str) -> str:
    return " ".join(message.split())[:160]


def _by_the_suite(target: Target, check: suite.Check) -> str:
    """A script that asks the suite, for checks that no call of one op shows."""
    return "\n".join(
        [
            "from kcompat.conformance.run import suite",
            "from kcompat.conformance.targets.target import load",
            f'library = load("{target.name}")',
            f"check = next(check for check in suite.checks() if check.id == {check.id!r})",
            "print(check.run(library).message or 'right')",
        ]
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
