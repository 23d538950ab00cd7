"""Which heats are run: by presets, or put together from the options of the command line."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from typing import Any, NamedTuple

from kcompat.bench import contestants, op_cases, workloads
from kcompat.bench.measures import MEASURES
from kcompat.bench.race import Heat

FRAMEWORKS = ("tensorflow", "jax", "torch")
KCOMPAT = tuple(f"kcompat:{name}" for name in ("numpy", *FRAMEWORKS))
NATIVE = tuple(f"native:{name}" for name in ("numpy", *FRAMEWORKS))
KERAS3 = tuple(f"keras3:{name}" for name in FRAMEWORKS)
EVERYBODY = (*KCOMPAT, *NATIVE, *KERAS3)
AUTO = "kcompat:auto"
NUMPY = ("kcompat:numpy", "native:numpy")
GPU = tuple(f"{kind}:{name}" for kind in ("kcompat", "native") for name in ("jax", "torch"))
REFERENCE = tuple(workload.name for workload in workloads.REFERENCE)
UNTUNED = tuple(workload.name for workload in workloads.UNTUNED)
DISPATCHED = ("add", "exp", "matmul")


class Plan(NamedTuple):
    """What is run: heats, the contestants whose import is timed (None: no import is)."""

    heats: list[Heat]
    imported: tuple[str, ...] | None = None


def of_workloads(names: Iterable[str], measures: Iterable[str], who: tuple[str, ...], repeats: int) -> list[Heat]:
    """Each measure of each workload."""
    return [Heat(m, name, {"workload": name}, who, repeats) for m in measures for name in names]


def of_ops(names: Iterable[str], who: tuple[str, ...], repeats: int) -> list[Heat]:
    """Each op, forward and with its gradient."""
    return [
        Heat("op", f"{name} {part}", {"op": name, "part": part}, who, repeats)
        for name in names
        for part in op_cases.PARTS
    ]


def of_dispatch(who: tuple[str, ...], repeats: int) -> list[Heat]:
    """The cost of a call, of a few ops."""
    who = tuple(name for name in who if name.startswith("kcompat:") and name != AUTO)
    return [Heat("dispatch", op, {"op": op}, who, repeats) for op in DISPATCHED]


def of_scaling(who: tuple[str, ...], repeats: int) -> list[Heat]:
    """The cost of a step by the number of epochs, of samples, by batch and by depth; memory by streamed samples."""
    who = tuple(name for name in who if name != AUTO)
    curves: dict[str, list[tuple[int, dict[str, Any]]]] = {
        "epochs": [(n, {"workload": "mlp", "epochs": n}) for n in (1, 2, 4, 8, 16)],
        "samples": [(32 * n, {"workload": "mlp", "steps": n, "seconds": 0.2}) for n in (50, 100, 200, 400, 800)],
        "batch": [(n, {"workload": f"mlp@{n}", "seconds": 0.2}) for n in (32, 128, 512, 2048)],
        "depth": [(n, {"workload": f"depth{n}", "seconds": 0.2}) for n in workloads.DEPTHS],
    }
    steps = [
        Heat("step", f"{what}={n}", arguments, who, repeats, {"curve": what, "at": n})
        for what, points in curves.items()
        for n, arguments in points
    ]
    return [*steps, *of_streams(("mlp",), who, repeats)]


def of_streams(names: Iterable[str], who: tuple[str, ...], repeats: int) -> list[Heat]:
    """The memory of training by the number of streamed samples."""
    heats = []
    for name in names:
        for steps in (50, 200, 800):
            samples = steps * workloads.find(name).batch
            details = {"curve": "streamed samples", "at": samples}
            arguments = {"workload": name, "steps": steps}
            heats.append(Heat("streamed", f"{name}, samples={samples}", arguments, who, repeats, details))
    return heats


def roofline(who: tuple[str, ...]) -> list[Heat]:
    """What the machine can do, by the frameworks of those who race."""
    frameworks = [name.partition(":")[2] for name in who]
    names = [f"native:{name}" for name in ("numpy", "torch", "jax") if name in frameworks]
    return [Heat("roofline", "machine", {}, tuple(names), 3)]


def preset(name: str, repeats: int, who: tuple[str, ...]) -> Plan:
    """A plan by name; `who` replaces its contestants, if there are any."""
    everybody = tuple(each for each in who if each != AUTO) or EVERYBODY
    if name == "quick":
        who = who or NUMPY
        heats = of_workloads(REFERENCE, ("step",), who, 3) + of_workloads(("mlp",), ("inference",), who, 3)
        return Plan([*roofline(who), *heats, *of_dispatch(who, 3), *of_workloads(("mlp",), ("fresh",), who, 3)], ())
    if name == "table":
        racing = who or (*EVERYBODY, AUTO)
        heats = of_workloads(REFERENCE, ("step",), racing, repeats)
        heats += of_workloads(REFERENCE, ("inference",), everybody, repeats) + of_dispatch(everybody, repeats)
        return Plan([*roofline(everybody), *heats, *of_workloads(REFERENCE, ("fresh",), everybody, repeats)], ())
    if name == "gpu":
        who = who or GPU
        return Plan([*roofline(who), *of_workloads((*REFERENCE, "big"), ("step",), who, repeats)])
    if name == "untuned":
        names = [f"{name}{batch}" for name in UNTUNED for batch in ("", "@1", "@1024")]
        return Plan(of_workloads(names, ("step",), everybody, repeats))
    if name == "scaling":
        return Plan(of_scaling(who or KCOMPAT, repeats))
    if name == "ops":
        heats = [*of_ops(op_cases.SIZES, everybody, repeats), *of_dispatch(everybody, repeats)]
        return Plan(heats)
    plans = [preset(each, repeats, who) for each in ("table", "untuned", "scaling", "ops")]
    epochs = of_workloads(REFERENCE, ("epoch",), everybody, repeats)
    return Plan([*(heat for plan in plans for heat in plan.heats), *epochs], everybody)


def plan(options: argparse.Namespace) -> Plan:
    """What the options ask for; raises LookupError or ValueError, naming the option that says what is impossible."""
    who = tuple(options.contestant)
    for name in who:
        contestants.check_name(name)
    if options.repeats < 1 or options.threads < 1:
        raise ValueError(f"--repeats and --threads are positive, got {options.repeats} and {options.threads}")
    chosen = "quick" if options.quick else options.preset
    asked = options.workload or options.measure or options.op
    if chosen and asked:
        raise ValueError(f"--preset {chosen} says what is measured; leave out --workload, --measure and --op")
    if chosen or not asked:
        return preset(chosen or ("gpu" if options.device == "cuda" else "table"), options.repeats, who)
    return _chosen(options, who)


def _chosen(options: argparse.Namespace, who: tuple[str, ...]) -> Plan:
    for name in options.workload:
        workloads.find(name)
    for name in options.op:
        op_cases.sized(name)
    for name in options.measure:
        if name not in (*MEASURES, "import"):
            raise LookupError(f"--measure {name}: there are {', '.join(MEASURES)} and import")
    who = who or NUMPY
    measures = options.measure or (["step"] if options.workload else ["op"])
    of_model = [m for m in measures if m in ("step", "epoch", "inference", "fresh")]
    heats = of_workloads(options.workload or REFERENCE, of_model, who, options.repeats)
    if "streamed" in measures:
        heats += of_streams(options.workload or ("mlp",), who, options.repeats)
    if options.op or "op" in measures:
        heats += of_ops(options.op or op_cases.SIZES, who, options.repeats)
    if "dispatch" in measures:
        heats += of_dispatch(who, options.repeats)
    if "roofline" in measures:
        heats += roofline(who)
    return Plan(heats, who if "import" in measures else None)
