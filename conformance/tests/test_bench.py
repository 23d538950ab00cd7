"""The benchmark measures what it says: the same training for all, by live processes that take turns."""

import importlib
import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import kcompat
from kcompat.runtime.registry import list_backends

pytest.importorskip("rich")
from kcompat.bench import (
    compare,
    contestants,
    cost,
    machine,
    op_cases,
    presets,
    process,
    race,
    result,
    session,
    targets,
    workloads,
)
from kcompat.bench.contestants import Fitted
from kcompat.bench.result import Report, Row

INSTALLED = [info.name for info in list_backends() if info.installed and info.name in contestants.FRAMEWORKS]
STEPS = {"mlp": 30, "cnn": 3, "lstm": 8}


@pytest.fixture(scope="module", params=STEPS)
def trained(request):
    """A workload, its data, kcompat's initial weights, and what kcompat makes of them in two epochs."""
    model = workloads.find(request.param).at(steps=STEPS[request.param])
    x, y = model.data()
    with kcompat.use_backend("numpy"):
        kcompat.utils.set_random_seed(0)
        trainer = Fitted(kcompat, model)
        trainer.model.prepare(x, y)
        weights = trainer.model.get_weights()
        losses = trainer.fit(x, y, model.batch, 2, shuffle=False)
        judged, logits = trainer.evaluate(x, y, model.batch), trainer.predict(x[:8], 4)
    return model, x, y, weights, losses, judged, logits


@pytest.mark.parametrize("framework", INSTALLED)
def test_loops_written_by_hand_train_as_kcompat_does(trained, framework, monkeypatch):
    model, x, y, weights, losses, (loss, accuracy), logits = trained
    monkeypatch.setattr(workloads.Workload, "weights", lambda self: weights)
    module = importlib.import_module(f"kcompat.bench.loops.{framework}")
    ways = module.ways(model, "cpu")
    assert ways, f"{framework} has no loop for {model.name}"
    for name, make in ways.items():
        loop = make()
        found = loop.fit(x, y, model.batch, 2, shuffle=False)
        np.testing.assert_allclose(found, losses, rtol=2e-3, err_msg=name)
        np.testing.assert_allclose(loop.evaluate(x, y, model.batch), (loss, accuracy), rtol=5e-3, atol=0.01)
        np.testing.assert_allclose(loop.predict(x[:8], 4), logits, rtol=0.05, atol=0.05)


def test_a_loop_is_the_fastest_of_its_ways():
    from kcompat.bench.loops.loop import Loop, fastest

    class Sleeper(Loop):
        def __init__(self, seconds):
            self.seconds = seconds

        def fit(self, *args, **kwargs):
            time.sleep(self.seconds)

    ways = {name: lambda seconds=seconds: Sleeper(seconds) for name, seconds in (("slow", 0.05), ("fast", 0.0))}
    assert fastest(ways, workloads.find("mlp").at(steps=1)).chosen == "fast"


@pytest.fixture(scope="module")
def report():
    heats = presets.of_workloads(("mlp@8",), ("step", "inference", "fresh"), presets.NUMPY, 2)
    heats += presets.of_ops(("softmax",), ("kcompat:numpy",), 2)
    heats += presets.of_dispatch(("kcompat:numpy",), 2)
    heats += presets.roofline(presets.NUMPY)
    said = []
    found = session.measured(presets.Plan(heats), "cpu", "float32", 1, lambda text, share: said.append((text, share)))
    assert said[-1][1] == 1
    return found


def test_each_measure_gives_a_row_for_each_contestant(report):
    rows = {row.key for row in report.rows if row.values}
    for measure in ("step", "predict@1", "predict@256", "evaluate", "first", "memory"):
        assert {(measure, "mlp@8", name) for name in presets.NUMPY} <= rows
    assert {("op", "softmax forward", "kcompat:numpy"), ("dispatch", "add", "kcompat:numpy")} <= rows
    assert not [row.error for row in report.rows if row.error]
    assert all(len(row.values) == 2 for row in report.rows if row.measure == "step")


def test_speed_stands_beside_precision(report):
    z = [row.details["z"] for row in report.rows if row.measure == "op"]
    assert len(z) == 2
    assert max(z) <= 8


def test_the_environment_is_recorded(report):
    assert report.environment["threads"] == 1
    assert report.environment["packages"]["numpy"] == np.__version__
    assert report.contestants["kcompat:numpy"]["threads"]["affinity"] == 1
    assert set(report.contestants) >= set(presets.EVERYBODY)


def test_no_step_is_above_the_roofline(report):
    peak = report.machine["peaks"]["gemm"]
    flops = report.machine["costs"]["mlp@8"]["flops"]
    for name in presets.NUMPY:
        assert 0 < flops / report.find("step", "mlp@8", name).median < 1.5 * peak


def test_a_report_survives_being_written(report, tmp_path):
    result.write(report, tmp_path / "report.json")
    assert result.read(tmp_path / "report.json") == report
    (tmp_path / "other.json").write_text(json.dumps({"schema": 0}))
    with pytest.raises(ValueError, match="schema 1"):
        result.read(tmp_path / "other.json")


def test_the_page_holds_all_numbers_and_loads_nothing(report):
    pytest.importorskip("matplotlib")
    from kcompat.bench import page

    text = page.render(report)
    assert "<script" not in text
    assert not [line for line in text.splitlines() if "src=" in line or 'href="http' in line]
    assert text.count("<svg") >= 4
    assert "{{" not in text
    for row in report.rows:
        assert result.quantity(row.median, row.unit) in text


@pytest.mark.parametrize("measure", ["step", "op", "memory", "gemm", ""])
def test_a_measure_that_nobody_answered_leaves_a_page_and_a_table(report, measure):
    pytest.importorskip("matplotlib")
    from kcompat.bench import page, table

    late = [replace(row, values=[], error="no answer within 120 s") for row in report.rows]
    rows = [mute if not measure or row.measure == measure else row for row, mute in zip(report.rows, late, strict=True)]
    found = replace(report, rows=rows)
    assert "no answer within 120 s" in page.render(found)
    table.show(found)


def test_where_a_system_does_not_say_so_all_processors_are_ours(monkeypatch):
    monkeypatch.delattr("os.sched_getaffinity")
    monkeypatch.delattr("os.sched_setaffinity")
    assert machine.processors() == os.cpu_count()
    with process.confined_to(1):
        pass


def test_the_table_can_be_shown(report, capsys):
    from kcompat.bench import table

    table.show(report)
    shown = capsys.readouterr().out
    assert "kcompat:numpy" in shown
    assert "goals are met" in shown


def rows_of(*values, contestant="kcompat:jax", measure="step", subject="mlp"):
    return Row(measure, subject, contestant, "s", list(values))


def report_of(*rows, **options):
    return Report("2026-01-01", "cpu", "float32", {"cpu": "x", "threads": 1, **options}, rows=list(rows))


def test_a_ratio_pairs_the_repeats_of_a_round():
    ours, theirs = rows_of(1.0, 2.0, 4.0), rows_of(2.0, 4.0, 8.0)
    assert result.ratio(ours, theirs)[0] == 0.5


def test_compare_marks_what_moved_beyond_the_spread():
    old = report_of(rows_of(1.0, 1.1, 0.9), rows_of(1.0, 1.1, 0.9, subject="cnn"), rows_of(1.0, subject="lstm"))
    new = report_of(rows_of(1.5, 1.6, 1.4), rows_of(1.05, 1.1, 0.95, subject="cnn"), rows_of(0.5, subject="lstm"))
    changes = {change.new.subject: change.verdict for change in compare.compare(old, new)}
    assert changes == {"mlp": "slower", "cnn": "", "lstm": "faster"}


def test_compare_says_what_else_is_different():
    assert compare.conditions(report_of(threads=1), report_of(threads=2)) == ["threads: 1 and 2"]
    other = report_of()
    other.device = "cuda"
    with pytest.raises(ValueError, match="--device"):
        compare.compare(report_of(), other)


def test_nothing_to_compare_is_an_error():
    old = report_of(rows_of(1.0))
    for new in (report_of(), report_of(rows_of()), report_of(rows_of(1.0, subject="cnn"))):
        with pytest.raises(ValueError, match="no measured row in common"):
            compare.compare(old, new)


def test_a_run_that_measures_nothing_is_an_error(monkeypatch, tmp_path):
    from kcompat.bench import session
    from kcompat.cli import main

    monkeypatch.setattr(session, "measured", lambda *_: report_of(rows_of()))
    page = tmp_path / "page.html"
    with pytest.raises(SystemExit, match="kcompat: nothing was measured on --device cuda"):
        main(["bench", "--device", "cuda", "--html", str(page)])
    assert not page.exists()


def test_a_page_that_cannot_be_written_is_said_before_the_run(tmp_path):
    from kcompat.cli import main

    for option in ("--json", "--html"):
        with pytest.raises(SystemExit, match="is a folder; name a file in it"):
            main(["bench", "--quick", option, str(tmp_path)])


@pytest.mark.parametrize("text", ["[]", "no JSON", '{"schema": 1}', '{"schema": 1, "rows": [{"speed": 3}]}'])
def test_what_is_no_report_is_refused(tmp_path, text):
    path = tmp_path / "report.json"
    path.write_text(text)
    with pytest.raises(ValueError, match="is not a report of schema 1"):
        result.read(path)


def test_goals_are_met_or_missed():
    rows = rows_of(1.0), rows_of(1.0, contestant="native:jax"), rows_of(1.2, contestant="keras3:jax")
    assert [(goal.against, goal.met) for goal in targets.goals(report_of(*rows))] == [
        ("native:jax", True),
        ("keras3:jax", False),
    ]


def test_auto_is_held_to_the_fastest_backend():
    rows = rows_of(1.0), rows_of(2.0, contestant="kcompat:torch"), rows_of(1.01, contestant="kcompat:auto")
    (goal,) = targets.goals(report_of(*rows))
    assert (goal.against, goal.met) == ("kcompat:jax", True)


def test_an_idle_contestant_does_not_run():
    live = process.Process("kcompat:numpy")
    try:
        stat, end = Path(f"/proc/{live.process.pid}/stat"), time.monotonic() + 20
        while stat.read_text().rpartition(")")[2].split()[0] != "T":  # stopped
            assert time.monotonic() < end
            time.sleep(0.01)
        answer = live.ask(do="next", key="a", measure="dispatch", arguments={"op": "add", "calls": 10})
        assert answer["call"] > 0
    finally:
        live.close()


def test_a_contestant_that_fails_drops_out_and_says_why():
    field = race.Field("cpu", "float32", 1)
    try:
        heat = race.Heat("step", "nothing", {"workload": "nothing"}, ("kcompat:numpy",), 2)
        (row,) = race.run(heat, field, race.Progress([heat], lambda text, share: None))
    finally:
        field.close()
    assert not row.values
    assert "there are mlp" in row.error


def test_streamed_batches_are_not_kept():
    heats = presets.of_streams(("mlp@16",), presets.NUMPY, 1)
    found = session.measured(presets.Plan(heats), "cpu", "float32", 1, lambda text, share: None)
    ours = [row.median for row in found.rows if row.contestant == "kcompat:numpy"]
    assert len(ours) == 3
    assert max(ours) < min(ours) + 4e6, "800 batches have 40 MB"
    assert {row.error for row in found.rows if row.contestant == "native:numpy"} == {"native:numpy takes arrays alone"}


def test_a_contestant_that_is_not_installed_is_reported(monkeypatch):
    monkeypatch.setattr(contestants.importlib.util, "find_spec", lambda name: None)
    field = race.Field("cpu", "float32", 1)
    heat = race.Heat("step", "mlp", {"workload": "mlp"}, ("keras3:jax",), 2)
    (row,) = race.run(heat, field, race.Progress([heat], lambda text, share: None))
    assert row.error == "jax is not installed"
    assert field.said == {"keras3:jax": {"absent": "jax is not installed"}}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--workload", "nlp"], "--workload nlp: there are mlp"),
        (["--workload", "mlp@0"], "--workload mlp@0"),
        (["--contestant", "keras3:numpy"], "--contestant keras3:numpy: expected"),
        (["--contestant", "jax"], "--contestant jax: expected"),
        (["--measure", "speed"], "--measure speed: there are step"),
        (["--op", "gamma"], "--op gamma: there are sizes for add"),
        (["--repeats", "0"], "--repeats"),
        (["--quick", "--workload", "mlp"], "leave out --workload"),
        (["compare", "/nowhere.json", "/nowhere.json"], "/nowhere.json"),
    ],
)
def test_what_is_impossible_is_said_in_a_line(arguments, said):
    from kcompat.cli import main

    with pytest.raises(SystemExit) as stopped:
        main(["bench", *arguments])
    assert str(stopped.value).startswith("kcompat: ")
    assert said in str(stopped.value)


@pytest.mark.parametrize(("dtype", "device"), [("float64", "cpu"), ("float32", "cuda")])
def test_a_loop_for_another_dtype_or_device_is_refused(dtype, device):
    with pytest.raises(contestants.Unavailable, match=f"--(dtype {dtype}|device {device})"):
        contestants.Contestant("native:numpy", device, dtype)


def test_costs_are_counted_from_the_model():
    model = workloads.perceptron("two", 100, (50,), 8, 1)
    found = cost.of_step(model)
    products = 2 * 8 * (100 * 50 + 50 * 10) + 2 * 8 * (
        100 * 50 + 2 * 50 * 10
    )  # forward, then the gradients that are needed
    assert products < found.flops < 1.5 * products + 20 * 5560
    parameters = 100 * 50 + 50 + 50 * 10 + 10
    assert 6 * 4 * parameters < found.bytes < 7 * 4 * parameters + 4 * 8 * 101


def test_a_longer_sequence_costs_as_much_more():
    short = workloads.find("lstm")
    long = replace(short, input_shape=(2 * short.input_shape[0], *short.input_shape[1:]))
    assert 1.9 < cost.of_step(long).flops / cost.of_step(short).flops < 2.05


def test_ops_are_those_of_the_suite_at_another_size():
    case = op_cases.sized("softmax")
    assert case.arrays[0].shape == op_cases.SIZES["softmax"][0]
    assert case.arrays[0].dtype == np.float32


def test_every_op_has_a_size_for_each_tensor():
    for name in op_cases.SIZES:
        assert len(op_cases.sized(name).arrays) == len(op_cases.SIZES[name])


@pytest.mark.parametrize("name", INSTALLED)
def test_a_step_takes_no_more_python_than_is_recorded(name):
    from kcompat.bench import overhead

    counted = overhead.of_step(name)
    assert counted <= overhead.limit(name), (
        f"a step of fit on {name} takes {counted:.0f} bytecode instructions, {overhead.recorded()[name]:.0f} are "
        "recorded; find what was added, or record it with: kcompat bench overhead --record"
    )


def test_counts_are_the_same_each_time():
    from kcompat.bench import overhead

    def work():
        return [n * n for n in range(100)]

    assert overhead.instructions(work) == overhead.instructions(work) > 300


def test_pytest_runs_the_same_cases():
    pytest.importorskip("pytest_benchmark")
    arguments = [sys.executable, "-m", "pytest", "bench", "--collect-only", "-q", "-k", "numpy and softmax"]
    done = subprocess.run(arguments, capture_output=True, text=True, cwd=Path(__file__).parents[2])
    assert done.returncode == 0, done.stdout + done.stderr
    assert "test_op[softmax-forward-kcompat:numpy]" in done.stdout
