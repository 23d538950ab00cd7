"""`kcompat bench`: what is asked for, and where the answers go."""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kcompat.bench.race import Heat

DTYPES = ("float32", "float64", "bfloat16", "float16")


def add_to(commands: Any) -> None:
    """Add `bench` to the parser of `kcompat`; what it takes to run is imported when it runs."""
    parser = commands.add_parser(
        "bench",
        help="measure how fast it is, beside loops written by hand and Keras 3",
        description="Race kcompat:BACKEND, native:FRAMEWORK (loops written by hand) and keras3:BACKEND.",
    )
    parser.set_defaults(run=run, extras=dict.fromkeys(("rich", "matplotlib", "threadpoolctl"), "bench"))
    parser.add_argument("--workload", action="append", default=[], metavar="NAME", help="as mlp or cnn@1; repeatable")
    parser.add_argument("--contestant", action="append", default=[], metavar="NAME", help="as kcompat:jax; repeatable")
    parser.add_argument("--measure", action="append", default=[], metavar="NAME", help="as step or predict; repeatable")
    parser.add_argument("--repeats", type=int, default=5, help="repeats of each, interleaved (default 5)")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="cores to use (default all)")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--dtype", choices=DTYPES, default="float32")
    parser.add_argument("--json", metavar="FILE", help="write the report")


def run(options: argparse.Namespace) -> None:
    """Race, and report."""
    import datetime

    from kcompat.bench import machine, race, result, table

    try:
        heats = plan(options)
    except LookupError as error:
        sys.exit(f"kcompat: {error.args[0]}")
    report = result.Report(
        datetime.datetime.now().astimezone().isoformat(timespec="seconds"),
        options.device,
        options.dtype,
        machine.environment(options.threads),
    )
    field = race.Field(options.device, options.dtype, options.threads)
    with table.progress() as show:
        progress = race.Progress(heats, show)
        try:
            for heat in heats:
                report.rows += race.run(heat, field, progress)
        finally:
            field.close()
    report.contestants = field.said
    table.show(report)
    if options.json:
        result.write(report, options.json)


def plan(options: argparse.Namespace) -> list[Heat]:
    """The heats that are asked for; raises LookupError for a name that nobody knows."""
    from kcompat.bench import contestants, measures, race, workloads

    names = options.contestant or [f"{kind}:numpy" for kind in ("kcompat", "native")]
    for name in names:
        contestants.check_name(name)
    heats: list[Heat] = []
    for workload in options.workload or ["mlp"]:
        workloads.find(workload)
        for measure in options.measure or ["step"]:
            if measure not in measures.MEASURES:
                raise LookupError(f"--measure {measure}: there are {', '.join(measures.MEASURES)}")
            arguments: list[dict[str, Any]] = [{"batch": 1}, {"batch": 256}] if measure == "predict" else [{}]
            for more in arguments:
                subject = " ".join([workload, *(f"batch {n}" for n in more.values())])
                heats.append(race.Heat(measure, subject, {"workload": workload, **more}, tuple(names), options.repeats))
    return heats
