"""Other libraries on the bench: Keras 3, raw torch and JAX, and the example of the guide."""

import importlib.util
import os
import subprocess
import sys

import numpy as np
import pytest

from kcompat.conformance.adapters import example, raw_jax, raw_torch
from kcompat.conformance.cases import questions
from kcompat.conformance.report import repro, shrink
from kcompat.conformance.run import suite
from kcompat.conformance.run.conform import conform
from kcompat.conformance.run.runner import run, run_one
from kcompat.conformance.run.selection import Selection
from kcompat.conformance.targets.target import Target, Unsupported, load
from kcompat.spec import OPS

TARGETS = {
    "keras3:numpy": "keras",
    "keras3:torch": "torch",
    "keras3:jax": "jax",
    "raw:torch": "torch",
    "raw:jax": "jax",
}


def pool_check():
    """Windows of 3 that move by 2 and reach beyond the edge: what Keras 3.15.1 gets wrong on torch."""
    wanted = {"pool_size": 3, "strides": 2, "padding": "same"}
    return next(case for case in questions.cases_of(OPS["average_pool"]) if case.sample.attrs == wanted).id + ":value"


ASKED = (
    pool_check(),
    "tanh-0:value",
    "tanh-0:gradient",
    "split-0:value",
    "einsum-0:gradient",
    "Dense-4x6-units=3:layer",
)


def installed(name):
    wanted = {TARGETS[name], "keras"} if name.startswith("keras3") else {TARGETS[name]}
    return all(importlib.util.find_spec(package) for package in wanted)


@pytest.fixture(scope="module")
def statuses():
    """What became of each check, by target."""
    names = [name for name in TARGETS if installed(name)]
    report = conform(names, Selection(ids=ASKED))
    assert [(t["status"], t["message"]) for t in report["targets"]] == [("complete", "")] * len(names)
    return {(result["target"], result["id"]): result["status"] for result in report["results"]}


def status(statuses, target, check):
    if not installed(target):
        pytest.skip(f"{target} needs a package that is not installed")
    return statuses[target, check]


@pytest.mark.parametrize("library", TARGETS)
@pytest.mark.parametrize("asked", ["tanh-0:value", "tanh-0:gradient"])
def test_libraries_pass_what_they_do_right(statuses, library, asked):
    without_gradients = library == "keras3:numpy" and asked.endswith("gradient")
    assert status(statuses, library, asked) == ("unsupported" if without_gradients else "pass")


@pytest.mark.parametrize("library", [name for name in TARGETS if name.startswith("keras3")])
@pytest.mark.parametrize("asked", ["split-0:value", "Dense-4x6-units=3:layer"])
def test_lists_of_results_and_layers_of_keras_are_judged(statuses, library, asked):
    assert status(statuses, library, asked) == "pass"


def test_average_pool_of_keras_fails_on_torch_alone(statuses):
    assert status(statuses, "keras3:torch", pool_check()) == "fail"
    assert status(statuses, "keras3:jax", pool_check()) == "pass"


def test_scripts_show_the_failure_with_keras_alone():
    if not installed("keras3:torch"):
        pytest.skip("needs keras and torch")
    layer = "AveragePooling2D-2x6x7x3-pool_size=3-strides=2-padding=same:layer"
    for code in repro.scripts("keras3:torch", [pool_check(), layer]).values():
        assert code.count("\n") < 15
        assert "kcompat" not in code
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        got, expected = done.stdout.strip().removeprefix("got").split("expected")
        assert abs(numbers(got) - numbers(expected.split("within")[0])).max() > 0.1


def test_check_that_is_not_there_is_named():
    with pytest.raises(LookupError, match="no-such-check"):
        repro.script("numpy", "no-such-check")


@pytest.mark.parametrize("name", ["tanh-0:value", "add-0:gradient", "concatenate-0:value", "relu-kink-0:strict-kink"])
def test_script_for_a_backend_of_ours_gives_what_is_expected(name, capsys):
    check = next(check for check in suite.checks() if check.id == name)
    code = repro.write(load("numpy"), check, suite.PROFILES["fp32"])
    assert code.count("\n") < 15
    exec(compile(code, name, "exec"), {})
    got, expected = capsys.readouterr().out.strip().removeprefix("got").split("expected")
    np.testing.assert_allclose(numbers(got), numbers(expected.split("within")[0]), rtol=1e-5)


def numbers(text):
    """The numbers of a printed array or list."""
    return np.array(text.replace("[", " ").replace("]", " ").replace(",", " ").split(), "float32")


def test_case_is_made_smaller_while_it_fails_alike():
    wrong = Target("wrong", {"sum": lambda x, axis=None, keepdims=False: np.max(x, axis, keepdims=keepdims)}, **ARRAYS)
    check = next(check for check in suite.checks("L1") if check.id == "sum-0:value")
    smaller = shrink.shrink(check, wrong).case
    assert run_one(wrong, shrink.with_case(check, smaller)).status == "fail"
    assert smaller.arrays[0].size == 2


ARRAYS = {"asarray": np.array, "to_numpy": np.asarray}


def test_example_is_short_and_passes_its_checks():
    with open(example.__file__) as file:
        assert len(file.readlines()) <= 60
    target = example.target()
    found = [check for check in suite.checks("L1") if check.subject in example.FUNCTIONS and check.kind == "value"]
    results = run(target, [check for check in found if check.case.index == 0])
    assert {result.subject for result in results if result.status == "pass"} == set(example.FUNCTIONS)


@pytest.mark.parametrize("table", [raw_torch.TABLE, raw_jax.TABLE], ids=["torch", "jax"])
def test_raw_tables_name_ops(table):
    assert len(table) >= 100
    assert table.keys() <= OPS.keys()


@pytest.mark.parametrize("library", ["torch", "jax"])
def test_calls_of_raw_functions_are_code(library):
    pytest.importorskip(library)
    target = load(f"raw:{library}")
    for name in target.functions:
        compile(target.call(questions.cases_of(OPS[name])[0]), name, "eval")


def test_unknown_targets_are_named():
    with pytest.raises(LookupError, match="theano"):
        load("raw:theano")
    with pytest.raises(LookupError, match="theano"):
        load("keras3:theano")


def test_what_a_target_lacks_is_unsupported():
    with pytest.raises(Unsupported, match="softplus"):
        example.target().function(OPS["softplus"])


DEADLY = """
import os, signal
import numpy as np
from kcompat.conformance.targets.target import Target

def target():
    functions = {"tanh": lambda x: os.kill(os.getpid(), signal.SIGKILL), "exp": np.exp, "log": np.log}
    return Target("deadly", functions, asarray=np.array, to_numpy=np.asarray)
"""


def test_check_that_kills_the_process_is_an_error_and_the_run_goes_on(tmp_path, monkeypatch):
    (tmp_path / "deadly.py").write_text(DEADLY)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")]))
    report = conform(["deadly:target"], Selection(ids=("exp-0:value", "tanh-0:value", "log-0:value")))
    assert report["targets"][0]["status"] == "complete"
    found = {result["id"]: result for result in report["results"]}
    assert {name: result["status"] for name, result in found.items()} == {
        "exp-0:value": "pass",
        "log-0:value": "pass",
        "tanh-0:value": "error",
    }
    assert "signal 9" in found["tanh-0:value"]["message"]
