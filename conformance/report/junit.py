"""A report as JUnit's XML, which CI systems show."""

from __future__ import annotations

from collections import Counter
from typing import Any
from xml.etree import ElementTree

_ELEMENT = {"fail": "failure", "xpass": "failure", "error": "error", "timeout": "error", "no data": "error"}


def render(report: dict[str, Any]) -> str:
    """One suite a target, one case a check. A target without data is an error."""
    root = ElementTree.Element("testsuites", name="kcompat")
    for target in report["targets"]:
        results = [r for r in report["results"] if r["target"] == target["name"]]
        statuses = Counter(_ELEMENT.get(r["status"], "skipped" if r["status"] != "pass" else "") for r in results)
        suite = ElementTree.SubElement(
            root,
            "testsuite",
            name=target["name"],
            tests=str(len(results)),
            failures=str(statuses["failure"]),
            errors=str(statuses["error"] + (target["status"] != "complete")),
            skipped=str(statuses["skipped"]),
            time=str(target["seconds"]),
        )
        for result in results:
            case = ElementTree.SubElement(
                suite,
                "testcase",
                classname=f"{result['level']}.{result['subject']}",
                name=result["id"],
                time=f"{result['seconds']:.4f}",
            )
            if result["status"] == "pass":
                continue
            message = result["message"] or result["reason"]
            element = ElementTree.SubElement(case, _ELEMENT.get(result["status"], "skipped"), message=_plain(message))
            element.text = _plain(f"{result['status']}: {message} {result['reason']} {result['link']}")
        if target["status"] != "complete":
            case = ElementTree.SubElement(suite, "testcase", classname="target", name="no data")
            ElementTree.SubElement(case, "error", message="no data").text = _plain(target["message"])
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _plain(text: str) -> str:
    """XML has no control characters."""
    return "".join(c for c in text if c >= " " or c in "\n\t")
