"""Decides what is looked for in a course notebook, and in which order: one function for each kind of fault."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from assay.coursework.effects import effects
from assay.coursework.finding import Finding
from assay.coursework.page import Page
from assay.coursework.runs import Runs
from assay.coursework.skeletons import skeletons
from assay.coursework.solutions import solutions

Look = Callable[[Page, Runs], Iterator[Finding]]

LOOKS: tuple[Look, ...] = (skeletons, solutions, effects)


def examine(page: Page, runs: Runs) -> list[Finding]:
    """Everything that is found in one notebook."""
    findings = [finding for look in LOOKS for finding in look(page, runs)]
    for reason in runs.missing:
        findings.append(page.finding(None, "not-run", "warning", "Not everything could be executed.", reason))
    return findings
