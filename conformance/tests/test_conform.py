"""`kcompat conform` and its company, as they are used: processes, files, exit status, and the page in a browser."""

import html
import json
import re
import shutil
import subprocess
import sys

import pytest

from kcompat.conformance.report import display, page
from kcompat.conformance.run import document as reports
from kcompat.conformance.run.conform import conform
from kcompat.conformance.run.selection import Selection

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
DOWNLOAD = "https://www.chromium.org/getting-involved/download-chromium/"
WRONG = "kcompat.conformance.tests.wrong_targets"
HEADLESS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]


def kcompat(*arguments, status=0):
    command = [sys.executable, "-m", "kcompat", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def found():
    """A run on NumPy, on an adapter that is wrong about everything, and on a process that breaks."""
    targets = [
        "numpy",
        "kcompat.conformance.tests.wrong_targets:zeros",
        "kcompat.conformance.tests.wrong_targets:crash",
    ]
    return conform(targets, Selection(level="L2s", ops=("relu", "exp", "matmul", "leaky_relu")))


def test_each_target_has_its_results(found):
    honest, zeros, crashed = found["targets"]
    assert (honest["status"], honest["granted"]) == ("complete", "L2s")
    assert zeros["levels"]["L1"]["fail"] > 10
    assert crashed["status"] == "no data"
    assert crashed["granted"] == ""


def test_what_failed_and_what_broke_are_problems(found):
    said = reports.problems(found)
    assert any("zeros: " in line and "fail" in line for line in said)
    assert any("crash: no data" in line for line in said)


def test_figures_are_kept_of_what_passes_too(found):
    result = next(r for r in found["results"] if r["id"] == "exp-0:value" and r["target"] == "numpy")
    assert result["status"] == "pass"
    assert 0 < result["mean"] <= result["z"] < 8
    assert result["worst"]["got"].startswith(("0x", "-0x"))
    assert len(result["worst"]["inputs"]) == 1


def test_conform_writes_what_it_is_asked_for(tmp_path):
    paths = [tmp_path / name for name in ("report.json", "page.html", "junit.xml")]
    options = [text for pair in zip(("--report", "--html", "--junit"), paths, strict=True) for text in pair]
    said = kcompat("conform", "--backend", "numpy", "--ops", "relu", "--level", "L1", *options)
    assert "numpy" in said
    assert json.loads(paths[0].read_text())["format"] == reports.FORMAT
    assert "<html" in paths[1].read_text()
    assert "<testsuites" in paths[2].read_text()
    assert kcompat("compare", paths[0], paths[0]) == "nothing changed\n"


def test_a_failure_is_the_exit_status():
    said = kcompat("conform", "--target", f"{WRONG}:zeros", "--ops", "relu", "--level", "L1", status=1)
    assert "relu-0:value" in said


def test_results_bear_the_name_that_was_asked_for(tmp_path):
    asked, path = "kcompat.conformance.adapters.example:target", tmp_path / "report.json"
    kcompat("conform", "--target", asked, "--id", "exp-0:value", "--report", path)
    assert {result["target"] for result in json.loads(path.read_text())["results"]} == {asked}


def test_expected_failures_are_none(tmp_path):
    rows = tmp_path / "xfails.toml"
    row = """
        [[xfail]]
        id = "exp-*:{}"
        status = "fail"
        reason = "zeros"
        link = "https://example.org"
        until = 2999-01-01
    """
    rows.write_text(row.format("value") + row.format("special"))
    arguments = ["conform", "--target", f"{WRONG}:zeros", "--level", "L1", "--xfails", rows]
    assert "exp-2:value" in kcompat(*arguments, "--id", "exp-*:*a*", status=1)  # of nothing, zeros are right
    rows.write_text(row.format("nothing"))
    assert "matches no check that was run" in kcompat(*arguments, "--id", "exp-0:value", status=1)


def test_a_file_or_pipe_gets_the_whole_table_and_some_failures():
    arguments = ["conform", "--target", f"{WRONG}:zeros", "--ops", "arc*", "--level", "L1"]
    said = kcompat(*arguments, status=1)
    head = next(line for line in said.splitlines() if "granted" in line)
    assert [cell.strip() for cell in head.split("┃")[1:-1]] == [
        "target",
        "L0",
        "L1",
        "worst z",
        "z <= 4",
        "granted",
        "seconds",
    ]
    failures = [line for line in said.splitlines() if line.startswith("fail ")]
    assert len(failures) == display.FAILURES
    assert "docs/pages/guide/glossary.md" in said
    rest = int(re.search(r"and (\d+) more of", said)[1])
    assert "--failures all" in said
    said = kcompat(*arguments, "--failures", "all", status=1)
    assert sum(line.startswith("fail ") for line in said.splitlines()) == rest + display.FAILURES


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["--jobs", "0"], "jobs is at least 1, got 0"),
        (["--timeout", "-1"], "timeout is a positive number of seconds, at most 1e+06, got -1"),
        (["--timeout", "inf"], "timeout is a positive number of seconds, at most 1e+06, got inf"),
        (["--xfails", "nonesuch.toml"], "[Errno 2] No such file or directory: 'nonesuch.toml'"),
        (["--report", "."], ". is a folder; name a file in it"),
        (["--backend", "numpy", "--target", "numpy"], "each target is named once, got numpy, numpy"),
    ],
)
def test_a_wrong_option_is_an_error_before_the_run(arguments, line):
    assert kcompat("conform", "--ops", "relu", *arguments, status=1) == f"kcompat: {line}\n"


def test_several_values_follow_one_option(tmp_path):
    path = tmp_path / "report.json"
    kcompat("conform", "--ops", "relu", "exp", "--level", "L0", "--report", path)
    assert {result["subject"] for result in json.loads(path.read_text())["results"]} == {"relu", "exp"}


def test_a_target_that_implements_nothing_is_granted_nothing():
    said = kcompat("conform", "--target", f"{WRONG}:nothing", "--ops", "relu", "argmax", "--level", "L0", status=1)
    assert f"{WRONG}:nothing: nothing was judged: " in said
    assert "L0 is not granted: " in said
    assert "checks are unsupported" in said


@pytest.mark.parametrize(
    ("target", "line"),
    [
        ("os:path", "module 'os' has no function 'path' that makes a target"),
        ("os:getcwd", "os:getcwd gives a str; an adapter makes a kcompat.conformance.targets.target.Target"),
        ("os:fdopen", "os:fdopen cannot be loaded: TypeError: "),
    ],
)
def test_a_script_of_a_target_that_cannot_be_made_is_an_error(target, line):
    said = kcompat("repro", "relu-0:value", "--target", target, status=1)
    assert said.startswith(f"kcompat: {line}")
    assert said.count("\n") == 1


def test_a_target_that_is_not_there_is_named_without_a_traceback():
    said = kcompat("conform", "--target", "nonesuch", "--ops", "relu", "--level", "L0", status=1)
    assert "nonesuch: no data: no backend is registered as 'nonesuch'" in said
    assert "Traceback" not in said
    assert "no backend is registered as 'nonesuch'" in kcompat(
        "repro", "relu-0:value", "--target", "nonesuch", status=1
    )


def test_what_is_asked_wrongly_is_said_in_a_line():
    said = kcompat("conform", "--ops", "foo*", status=1)
    assert said == "kcompat: no check has a subject like 'foo*' at levels up to L5\n"
    assert "there are relu-0:surface" in kcompat("case", "relu-0:nothing", status=1)


def test_a_check_can_be_looked_at():
    said = kcompat("case", "exp-0:value")
    assert "clauses: exp.value" in said
    assert "sigma" in said


def test_a_reproducer_is_short_and_runs(tmp_path):
    script = kcompat("repro", "exp-0:value", "--target", "numpy")
    assert len(script.splitlines()) <= 15
    (tmp_path / "repro.py").write_text(script)
    done = subprocess.run([sys.executable, tmp_path / "repro.py"], capture_output=True, text=True, check=True)
    assert "expected" in done.stdout


def test_the_checks_are_tests_too():
    """`make test` runs them by `kcompat conform`, in several processes; whoever likes pytest has them here."""
    command = [sys.executable, "-m", "pytest", "-q", f"{__file__.replace('test_conform.py', 'test_conformance.py')}"]
    options = ["--target", f"{WRONG}:zeros", "--level", "L1", "-k", "exp-", "-p", "no:cacheprovider"]
    done = subprocess.run([*command, *options], capture_output=True, text=True, check=False)
    assert "test_check[exp-0:value-" in done.stdout
    assert re.search(r"\d+ failed, \d+ passed", done.stdout), done.stdout


def in_browser(path):
    """The page after its script has run."""
    command = [CHROMIUM, *HEADLESS, f"--user-data-dir={path.parent / 'profile'}", "--virtual-time-budget=4000"]
    done = subprocess.run(
        [*command, "--dump-dom", path.as_uri()], capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout


@pytest.mark.skipif(
    CHROMIUM is None, reason="chromium is not installed: https://www.chromium.org/getting-involved/download-chromium/"
)
def test_the_page_works_in_a_browser(found, tmp_path):
    act = "document.querySelector('[data-cell^=\"exp@\"][data-cell*=zeros]').click();"
    show = "byId('detail').append(...readable('x = -0x1.8p+1'));"
    click = f"<script>{act}{show}</script></body>"
    text = page.render(found)
    assert not re.search(r"(?:src|href)\s*=\s*[\"']?https?:", text), "the page needs no network"
    path = tmp_path / "page.html"
    path.write_text(text.replace("</body>", click))
    dom = html.unescape(in_browser(path))
    assert dom.count('data-cell="') == 3 * 4 - 4  # the target that broke has none
    assert "4 rows" in dom
    assert "no data" in dom
    assert 'class="chosen"' in dom
    detail = dom[dom.index('id="detail"') :]
    assert "exp on kcompat.conformance.tests.wrong_targets:zeros" in detail
    assert 'x = <span class="number" title="-0x1.8p+1">-3<' in detail, "decimal, with the bits in the tooltip"
    assert re.search(r"<pre[^>]*id=\"script\"[^>]*>.*import", detail, re.DOTALL)
