"""Decides the words in which a course notebook's faults are told: a listed kind, a severity, a cell, evidence."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")

# Every kind of finding, with what it says. Names are for machines and stay; a kind is never used for two things.
KINDS: dict[str, str] = {
    "unreadable": "the file is no notebook that can be read",
    "not-run": "something that was to be executed was not, and why",
    "skeleton-breaks": "a cell that has nothing to fill in fails before any TODO is reached",
    "skeleton-unhelpful": "an open TODO stops the notebook with a message that does not name it",
    "gpu-only-failure": "a cell that works on a CPU fails on a machine with a GPU",
    "cell-fails": "a cell fails although every solution is in its place",
    "solution-unplaced": "a solution answers no place in the code that students get",
    "solution-missing": "a place that students fill in has no solution",
    "solution-fails": "a published solution fails when it is executed",
    "solution-loses-points": "a published solution does not earn full marks by the lesson's rubric",
    "solution-without-effect": "a solution runs, and nothing comes of it",
    "claim-contradicted": "the text asserts what execution showed to be otherwise",
    "import-not-installed": "an import that the install cell does not cover",
    "model-id": "a model or adapter that does not exist, or does not fit",
    "placeholder-left": "a placeholder is left in code that is handed out complete, or in a solution",
    "no-timeout": "a download that may hang for ever",
    "hard-coded": "a device or a path that exists on one machine only",
    "unseeded-comparison": "outputs are compared that were drawn from different random numbers",
    "component-mismatch": "exercises are compared that use different schedulers or models",
    "sampled-comparison": "a random sample is drawn where a deterministic value is compared",
    "loaded-twice": "a component is loaded again while the first copy is alive",
    "two-pipelines": "two whole pipelines are alive at once",
    "wide-precision": "float32 where float16 would do",
    "gpu-memory": "the predicted peak of GPU memory at full size",
    "scaffold-gives-away": "an independent exercise whose scaffold holds its solution",
    "no-reasoning": "a solution without reasoning before its code",
    "noise-as-data": "noise stands where a picture or training data belongs",
    "level-mismatch": "an exercise's level does not match its TODOs",
    "house-rule": "a rule of the course's text is broken",
    "changed": "what a new version changes for students",
    "unused-acceptance": "an accepted finding that no longer occurs",
}


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong; `cell` is the 0-based index among all cells, None for the whole notebook."""

    notebook: str
    cell: int | None
    exercise: int | None
    kind: str
    severity: Severity
    message: str
    evidence: str

    def __post_init__(self) -> None:
        assert self.kind in KINDS, self.kind


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """By notebook as first met, then errors first, then by place; the same twice is told once."""
    different = list(dict.fromkeys(findings))
    notebooks = list(dict.fromkeys(finding.notebook for finding in different))

    def place(finding: Finding) -> tuple[int, int, int, str]:
        cell = -1 if finding.cell is None else finding.cell
        return notebooks.index(finding.notebook), SEVERITIES.index(finding.severity), cell, finding.kind

    return sorted(different, key=place)


def is_clean(findings: Iterable[Finding]) -> bool:
    """Whether no error is among them."""
    return all(finding.severity != "error" for finding in findings)
