"""Decides what a CI system is given: JUnit XML, a suite for each submission and a case for each criterion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree import ElementTree as Xml

from assay.cohort import Row, Settings
from assay.report import plain


def junit_text(rows: Sequence[Row], settings: Settings) -> str:
    """Failed criteria are failures, unchecked ones skipped; a submission without a verdict is one case with an error.
    There are no times in it."""
    root = Xml.Element("testsuites", name="assay")
    for row in {row.submission: row for row in rows}.values():
        _suite(root, row)
    for name in ("tests", "failures", "errors", "skipped"):
        root.set(name, str(sum(int(suite.get(name, "0")) for suite in root)))
    Xml.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{Xml.tostring(root, encoding="unicode")}\n'


def _suite(root: Xml.Element, row: Row) -> None:
    suite = Xml.SubElement(root, "testsuite", name=plain(row.submission))
    lesson = row.result["lesson"] or "no lesson"
    if row.result["score"] is None:
        case = Xml.SubElement(suite, "testcase", classname=lesson, name="it has a verdict")
        Xml.SubElement(case, "error", type=row.result["state"], message=plain(row.result["reason"]))
    else:
        for exercise in row.result["exercises"]:
            for criterion in exercise["criteria"]:
                _case(suite, f"{lesson}.exercise-{exercise['number']}", criterion)
    for name, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(name, str(len(suite.findall(f"testcase/{tag}"))))
    suite.set("tests", str(len(suite)))


def _case(suite: Xml.Element, group: str, criterion: Mapping[str, Any]) -> None:
    case = Xml.SubElement(suite, "testcase", classname=group, name=criterion["id"])
    seen = plain(criterion["seen"] or criterion["claim"])
    if criterion["state"] == "failed":
        failure = Xml.SubElement(case, "failure", type="failed", message=seen)
        failure.text = plain(
            "\n".join([criterion["claim"], *filter(None, [criterion["misconception"], criterion["help"]])])
        )
    elif criterion["state"] == "unchecked":
        Xml.SubElement(case, "skipped", message="a person marks this" if criterion["kind"] == "manual" else seen)
