"""Decides how findings are told: in words, to a CI system as JUnit XML, and beside the line on GitHub."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any
from xml.etree import ElementTree as Xml

from assay.coursework.finding import KINDS, SEVERITIES, Finding
from assay.report import plain

_LEVELS = {"error": "error", "warning": "warning", "note": "notice"}
_SHOWN = 600  # characters of a piece of evidence in words; JSON has all of it


def as_json(findings: Sequence[Finding]) -> list[dict[str, Any]]:
    """One object per finding."""
    return [asdict(finding) for finding in findings]


def as_text(findings: Sequence[Finding], notebooks: Sequence[str]) -> str:
    """Every notebook with its findings, the gravest first, and how many there are in all."""
    lines: list[str] = []
    for notebook in notebooks:
        mine = [f for f in findings if f.notebook == notebook]
        lines.append(f"{plain(notebook)}: {_count(mine)}")
        for finding in mine:
            lines.append(f"  {finding.severity:<7} {_place(finding)}  [{finding.kind}]")
            lines.append(f"          {plain(finding.message)}")
            lines.append(f"          seen: {_short(plain(finding.evidence))}")
    if len(notebooks) > 1:
        lines.append(f"in all: {_count(findings)}")
    return "\n".join(lines) + "\n"


def as_annotations(findings: Sequence[Finding]) -> str:
    """Workflow commands that GitHub shows beside the file; there is one file for a notebook, and cells are named."""
    return "".join(
        f"::{_LEVELS[f.severity]} file={_property(f.notebook)},title={_property(f.kind)}::"
        f"{_data(f'{_place(f)}: {f.message} Seen: {_short(f.evidence)}')}\n"
        for f in findings
    )


def as_junit(findings: Sequence[Finding], notebooks: Sequence[str]) -> str:
    """A suite for each notebook; a case for each finding, of which errors fail, and one for each kind without any."""
    root = Xml.Element("testsuites", name="assay course")
    for notebook in notebooks:
        suite = Xml.SubElement(root, "testsuite", name=plain(notebook))
        mine = [f for f in findings if f.notebook == notebook]
        for kind in KINDS:
            found = [f for f in mine if f.kind == kind]
            for finding in found:
                _case(suite, finding)
            if not found:
                Xml.SubElement(suite, "testcase", classname=plain(notebook), name=kind)
        suite.set("tests", str(len(suite)))
        suite.set("failures", str(len(suite.findall("testcase/failure"))))
    for name in ("tests", "failures"):
        root.set(name, str(sum(int(suite.get(name, "0")) for suite in root)))
    Xml.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{Xml.tostring(root, encoding="unicode")}\n'


def _case(suite: Xml.Element, finding: Finding) -> None:
    name = f"{finding.kind}, {_place(finding)}"
    case = Xml.SubElement(suite, "testcase", classname=plain(finding.notebook), name=name)
    if finding.severity == "error":
        failure = Xml.SubElement(case, "failure", type=finding.kind, message=plain(finding.message))
        failure.text = plain(finding.evidence)
    else:
        said = f"{finding.severity}: {finding.message} Seen: {finding.evidence}"
        Xml.SubElement(case, "system-out").text = plain(said)


def _place(finding: Finding) -> str:
    if finding.cell is None:
        return "the notebook"
    where = "set-up" if finding.exercise is None else f"Exercise {finding.exercise}"
    return f"cell {finding.cell} ({where})"


def _count(findings: Sequence[Finding]) -> str:
    parts = list(_parts(findings))
    return ", ".join(parts) if parts else "nothing found"


def _parts(findings: Sequence[Finding]) -> Iterator[str]:
    for severity in SEVERITIES:
        if number := sum(f.severity == severity for f in findings):
            yield f"{number} {severity}{'s' if number > 1 else ''}"


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]} ..."


def _data(text: str) -> str:
    """As GitHub's runner wants the text of a command."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
