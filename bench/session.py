"""A run of the benchmark from the plan to the report."""

from __future__ import annotations

import datetime
import signal
from collections.abc import Callable

from kcompat.bench import contestants, cost, dispatch, machine, op_cases, race, workloads
from kcompat.bench.presets import EVERYBODY, Plan
from kcompat.bench.result import Report


def measured(plan: Plan, device: str, dtype: str, threads: int, show: Callable[[str, float], None]) -> Report:
    """Race all heats. `show` gets what is going on, and the share that is done.

    Stopped by an interrupt or a request to terminate, it reports the heats that are over.
    """
    signal.signal(signal.SIGTERM, _interrupt)
    now = datetime.datetime.now().astimezone().isoformat(timespec="seconds")
    report = Report(now, device, dtype, machine.environment(threads))
    field = race.Field(device, dtype, threads)
    progress = race.Progress(plan.heats, show)
    imports = (1 + len(plan.imported)) * (IMPORTS + 1) if plan.imported is not None else 0
    progress.total += imports
    try:
        if plan.imported is not None:
            report.rows += dispatch.import_rows(plan.imported, IMPORTS, progress.step)
        for heat in plan.heats:
            rows = race.run(heat, field, progress)
            if heat.measure == "op":
                for row in rows:
                    op_cases.judge(row, heat.arguments["op"], heat.arguments["part"], dtype)
            report.rows += rows
    except KeyboardInterrupt:  # what was measured until then is worth a report
        report.environment["stopped"] = f"after {progress.done} of {progress.total} answers"
    finally:
        field.close()
    report.contestants = field.said
    _add_absent(report)
    _add_machine(report)
    return report


def _interrupt(number: int, _: object) -> None:
    """Interrupt once: `timeout` sends the signal twice, and the second would cut off the report."""
    signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


IMPORTS = 5
"""How often an import is timed."""


def _add_absent(report: Report) -> None:
    """Say of everybody who did not race why."""
    for name in EVERYBODY:
        if name not in report.contestants:
            try:
                contestants.require(name)
            except contestants.Unavailable as error:
                report.contestants[name] = {"absent": str(error)}
            else:
                report.contestants[name] = {"absent": "not asked for"}


def _add_machine(report: Report) -> None:
    """What the machine can do, and what the workloads ask of it."""
    peaks = [row for row in report.rows if row.measure in ("gemm", "copy") and row.values]
    fastest = {what: max((max(r.values) for r in peaks if r.measure == what), default=0.0) for what in ("gemm", "copy")}
    report.machine = {"peaks": fastest, "costs": {}}
    for subject in {row.subject for row in report.rows if row.measure == "step" and not row.details.get("curve")}:
        work = workloads.find(subject)
        report.machine["costs"][subject] = cost.of_step(work)._asdict()
