"""The suite names every clause, says what became of every check, and can neither shrink nor skip unnoticed."""

import dataclasses
import datetime
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

from kcompat.conformance.judge.gate import Verdict
from kcompat.conformance.report import compare, junit
from kcompat.conformance.run import document as reports
from kcompat.conformance.run import suite, xfails
from kcompat.conformance.run.runner import Result, run, run_one
from kcompat.conformance.run.selection import Selection
from kcompat.conformance.run.suite import Check
from kcompat.conformance.targets.target import InterpreterTarget, NotApplicable, Target, Unsupported
from kcompat.runtime.registry import load

ROW = {"id": "add-0:*", "status": "fail", "reason": "a reason", "link": "https://example.org/1", "until": "2999-01-01"}
ALL = suite.checks()


def numpy_target():
    return InterpreterTarget(load("numpy"))


def check(run, identifier="add-0:value"):
    return Check(identifier, "L1", "value", "add", "arithmetic", ("add.value",), None, run)


def raising(error):
    def run(target):
        raise error

    return run


def test_every_clause_is_named_by_a_check():
    declared, missing = suite.coverage(ALL)
    assert len(declared) > 3000
    assert not missing, f"no check names {missing}: add samples that set these attributes, or give these tensors"


def test_the_quick_selection_names_every_clause():
    chosen = Selection(quick=True).checks()
    assert not suite.coverage(chosen)[1]
    assert len(chosen) < len(ALL) / 2


def test_check_ids_are_unique():
    assert len({c.id for c in ALL}) == len(ALL)


def test_there_are_as_many_checks_as_the_manifest_asks_for():
    counts = {level: sum(c.level == level for c in ALL) for level in suite.LEVELS}
    for level, least in suite.MINIMUM.items():
        assert least <= counts[level] <= 1.2 * least, f"{level}: put {counts[level]} into suite.MINIMUM"


def test_a_pattern_without_a_match_is_refused():
    with pytest.raises(LookupError, match=r"no check has a subject like 'foo\*'"):
        Selection(ops=("foo*",)).checks()
    assert {c.subject for c in Selection(ops=("relu", "matm*")).checks()} == {"relu", "matmul"}


@pytest.mark.parametrize(
    ("outcome", "status"),
    [
        (lambda target: Verdict(), "pass"),
        (lambda target: Verdict(z=8.1, message="off"), "fail"),
        (raising(RuntimeError("broken")), "error"),
        (raising(Unsupported("has none")), "unsupported"),
        (raising(NotImplementedError("not yet")), "unsupported"),
        (raising(NotApplicable("no compiler")), "skip"),
        (raising(SystemExit(0)), "error"),
        (raising(GeneratorExit()), "error"),
    ],
)
def test_status(outcome, status):
    assert run_one(numpy_target(), check(outcome)).status == status


def test_a_check_that_takes_too_long_is_a_timeout():
    def forever(target):
        while True:
            pass

    assert run_one(numpy_target(), check(forever), timeout=0.05).status == "timeout"


def test_a_timeout_that_the_target_catches_is_one():
    def stubborn(target):
        try:
            while True:
                pass
        except BaseException:
            return Verdict()

    assert run_one(numpy_target(), check(stubborn), timeout=0.05).status == "timeout"


def statuses_of(subject, **functions):
    """What becomes of the checks of an op at level 0 on a target with these functions."""
    target = Target("few", functions, asarray=np.asarray, to_numpy=np.asarray)
    checks = [c for c in suite.checks("L0") if c.subject == subject]
    return {c.id: run_one(target, c).status for c in checks}


def test_what_is_not_implemented_refuses_nothing():
    def absent(*args, **attrs):
        raise NotImplementedError("not yet")

    assert set(statuses_of("matmul", matmul=absent).values()) == {"unsupported"}


def test_another_error_than_the_declared_one_is_no_refusal_on_a_backend():
    class Odd(InterpreterTarget):
        def function(self, op):
            def odd(*args, **attrs):
                raise RuntimeError("odd")

            return odd

    refusals = [c for c in suite.checks("L0") if c.kind == "refusal"][:20]
    assert refusals
    for refusal in refusals:
        assert run_one(numpy_target(), refusal).status == "pass"
        assert run_one(Odd(load("numpy")), refusal).status == "fail"


def test_an_input_that_is_changed_is_found_where_tensors_share_memory():
    def negative(x):
        return np.negative(x, out=x)

    checks = [c for c in suite.checks("L0") if c.subject == "negative" and c.kind == "surface"]
    target = Target("few", {"negative": negative}, asarray=np.asarray, to_numpy=np.asarray)
    for c in checks:
        before = [x.copy() for x in c.case.arrays]
        changed = any(x.size and (x != 0).any() for x in before)
        assert run_one(target, c).status == ("fail" if changed else "pass")
        assert [x.tobytes() for x in c.case.arrays] == [x.tobytes() for x in before]


def expected(**changes):
    return xfails.Row(**{**ROW, "until": datetime.date(2999, 1, 1), **changes})


def test_an_expected_failure_is_an_xfail_and_keeps_its_link():
    (result,) = run(numpy_target(), [check(lambda target: Verdict(z=9.0))], expected=[expected()])
    assert (result.status, result.link) == ("xfail", "https://example.org/1")


def test_an_unexpected_pass_fails():
    (result,) = run(numpy_target(), [check(lambda target: Verdict())], expected=[expected()])
    assert result.status == "xpass"
    assert "take its row out" in result.message


def test_a_failure_of_another_kind_stays_one():
    (result,) = run(numpy_target(), [check(raising(RuntimeError("broken")))], expected=[expected()])
    assert result.status == "error"


def test_a_row_for_another_target_is_not_meant():
    (result,) = run(numpy_target(), [check(lambda target: Verdict(z=9.0))], expected=[expected(target="torch")])
    assert result.status == "fail"


def toml(tmp_path, **changes):
    row = {**ROW, **changes}
    text = "[[xfail]]\n" + "\n".join(f'{name} = "{value}"' for name, value in row.items() if value is not None)
    path = tmp_path / "xfails.toml"
    path.write_text(text)
    return path


def test_rows_are_read_from_a_file(tmp_path):
    (row,) = xfails.load(toml(tmp_path))
    assert (row.id, row.target, row.until) == ("add-0:*", "*", datetime.date(2999, 1, 1))


@pytest.mark.parametrize("name", xfails.FIELDS)
def test_a_row_that_lacks_a_field_is_refused(tmp_path, name):
    with pytest.raises(ValueError, match=f"lacks \\['{name}'\\]"):
        xfails.load(toml(tmp_path, **{name: None}))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"until": "2020-01-01"}, "expired on 2020-01-01; look at https://example.org/1 again"),
        ({"status": "flaky"}, "status is fail, error or timeout, got 'flaky'"),
        ({"issue": "7"}, r"does not know \['issue'\]"),
        ({"link": "javascript:alert(1)"}, "link is an address that begins with https://"),
        ({"until": "soon"}, "until is a date such as 2027-06-30, got 'soon'"),
    ],
)
def test_a_row_that_says_nothing_valid_is_refused(tmp_path, changes, message):
    with pytest.raises(ValueError, match=message):
        xfails.load(toml(tmp_path, **changes))


def test_a_table_of_another_name_is_refused(tmp_path):
    path = tmp_path / "xfails.toml"
    path.write_text("[[xfials]]\nid = 'add-*'")
    with pytest.raises(ValueError, match="tables called \\[\\[xfail\\]\\], got xfials"):
        xfails.load(path)


@pytest.mark.parametrize("text", ["[xfail]\nid = 'add-*'", "xfail = 3"])
def test_a_table_in_single_brackets_is_refused(tmp_path, text):
    path = tmp_path / "xfails.toml"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"tables called \[\[xfail\]\], in two brackets"):
        xfails.load(path)


def test_a_field_of_another_type_is_refused(tmp_path):
    path = toml(tmp_path)
    path.write_text(path.read_text().replace('"add-0:*"', "7"))
    with pytest.raises(ValueError, match=r"id must be a string, got \[7\]"):
        xfails.load(path)


# Reports.


def result(identifier, status="pass", z=1.0, **more):
    fields = {f.name: "" for f in dataclasses.fields(Result)}
    fields |= {"target": "numpy", "id": identifier, "level": "L1", "status": status, "z": z, "seconds": 0.5}
    return {**fields, "count": 3, "unjudged": 0, "clauses": [], "worst": {}, **more}


def document(*results, **target):
    described = {"name": "numpy", "version": "2", "device": "cpu", "status": "complete", "message": "", "seconds": 1.0}
    levels = reports.summary(results)
    described |= {"levels": levels, "granted": reports.granted(levels), **target}
    return {
        "format": reports.FORMAT,
        "selection": Selection().as_json(),
        "environment": reports.environment(),
        "checks": len(results),
        "targets": [described],
        "problems": [],
        "results": list(results),
    }


def test_a_level_is_granted_where_nothing_failed():
    passed = {"L0": {"pass": 2}, "L1": {"pass": 4, "unsupported": 4}, "L2": {"fail": 1, "pass": 8}, "L3": {"pass": 1}}
    assert reports.granted(passed) == "L1"
    assert not reports.remarks(passed)
    assert reports.granted({"L0": {"unsupported": 9}}) == ""


def test_a_level_is_not_granted_where_most_is_unsupported():
    passed = {"L0": {"pass": 2}, "L1": {"pass": 4, "unsupported": 5, "skip": 2}, "L2": {"pass": 1}}
    assert reports.granted(passed) == "L0"
    assert reports.remarks(passed) == ["L1 is not granted: 5 of its 11 checks are unsupported"]


def test_a_run_that_judges_nothing_is_a_problem():
    found = document(result("a", "unsupported"), result("b", "unsupported"), result("c", "skip"))
    assert reports.problems(found) == ["numpy: nothing was judged: 2 unsupported, 1 skip"]
    assert not reports.problems(document(result("a", "unsupported"), result("b")))


def test_a_report_survives_its_file(tmp_path):
    found = document(result("add-0:value", "fail", "inf"))
    reports.write(found, tmp_path / "deep" / "report.json")
    assert reports.read(tmp_path / "deep" / "report.json") == found
    assert reports.z_of(found["results"][0]) == float("inf")


def test_what_is_no_report_is_refused(tmp_path):
    (tmp_path / "other.json").write_text("[]")
    with pytest.raises(ValueError, match="is no report"):
        reports.read(tmp_path / "other.json")


def test_a_report_goes_into_a_device_as_it_is(tmp_path):
    reports.write_text("text", "/dev/null")
    assert not list(tmp_path.iterdir())
    reports.require_writable("/dev/null")
    with pytest.raises(IsADirectoryError, match="is a folder"):
        reports.require_writable(tmp_path)


def test_a_report_goes_into_the_standard_output_behind_what_is_there(tmp_path):
    code = """
        from kcompat.conformance.run import document
        print("before")
        document.write_text("text\\n", "/dev/stdout")
        document.write_text("more\\n", "{}")
        print("after")
    """
    path = tmp_path / "out"
    with path.open("w") as file:
        command = [sys.executable, "-c", textwrap.dedent(code).format(path)]
        subprocess.run(command, stdout=file, check=True)
    assert path.read_text() == "before\ntext\nmore\nafter\n"
    assert list(tmp_path.iterdir()) == [path]
    assert Path("/dev/stdout").is_symlink()


def test_a_link_to_a_file_stays_one(tmp_path):
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "file")
    reports.require_writable(link)
    reports.write_text("text", link)
    assert link.is_symlink()
    assert (tmp_path / "file").read_text() == "text"


def test_nothing_to_compare_is_an_error():
    with pytest.raises(ValueError, match="neither report has a result"):
        compare.compare(document(), document())


def test_failures_and_missing_data_are_problems():
    assert not reports.problems(document(result("add-0:value")))
    assert reports.problems(document(result("add-0:value", "fail", 9.0))) == ["numpy: 1 fail"]
    broken = document(result("add-0:value"), status="no data", message="Segmentation fault")
    assert reports.problems(broken) == ["numpy: no data: Segmentation fault"]


def test_the_oracle_is_suspected_where_all_targets_differ_on_one_side():
    both = [result("a", "fail", 9.0, signed=3.0, target=name) for name in ("numpy", "jax")]
    apart = [result("b", "fail", 9.0, signed=side, target=name) for name, side in (("numpy", 3.0), ("jax", -3.0))]
    one = [result("c", "fail", 9.0, signed=3.0), result("c", signed=0.1, target="jax"), result("d", "fail", signed=1.0)]
    assert reports.suspects(document(*both, *apart, *one)) == ["a"]


def test_comparison_says_what_got_worse_first():
    old = document(result("a"), result("b", "fail", 9.0), result("c", z=1.5), result("gone"), result("same", z=0.2))
    new = document(result("a", "fail", 20.0), result("b"), result("c", z=4.0), result("new"), result("same", z=0.9))
    assert [str(change) for change in compare.compare(old, new)] == [
        "- numpy a: pass (z 1) -> fail (z 20)",
        "- numpy c: pass (z 1.5) -> pass (z 4)",
        "- numpy gone: pass -> absent",
        "+ numpy b: fail (z 9) -> pass (z 1)",
        "+ numpy new: absent -> pass",
    ]


def test_junit_counts_what_failed():
    text = junit.render(
        document(result("a"), result("b", "fail", 9.0, message="off \x00 & <odd>"), result("c", "skip"))
    )
    assert 'tests="3" failures="1" errors="0" skipped="1"' in text
    assert "off  &amp; &lt;odd&gt;" in text
    assert 'errors="1"' in junit.render(document(status="no data", message="crashed"))


def test_a_target_may_have_few_functions():
    target = Target("few", {"add": np.add}, asarray=lambda x: x, to_numpy=np.asarray)
    found = {c.id: run_one(target, c).status for c in suite.checks("L2") if c.subject in ("add", "exp")}
    assert found["add-0:value"] == "pass"
    assert found["add-0:gradient"] == found["exp-0:value"] == "unsupported"
