"""Decides what is looked for in a course notebook, and in which order: one function for each kind of fault."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from assay.coursework.claims import claims
from assay.coursework.comparisons import comparisons
from assay.coursework.effects import effects
from assay.coursework.environment import environment
from assay.coursework.figures import stated_figures
from assay.coursework.finding import Finding
from assay.coursework.house import house_rules
from assay.coursework.memory import gpu_memory
from assay.coursework.page import Page
from assay.coursework.resources import resources
from assay.coursework.rules import Rules
from assay.coursework.runs import Runs
from assay.coursework.skeletons import skeletons
from assay.coursework.solutions import solutions
from assay.coursework.sums import sums
from assay.coursework.teaching import teaching

Look = Callable[[Page, Runs], Iterator[Finding]]


def examine(page: Page, runs: Runs, rules: Rules) -> list[Finding]:
    """Everything that is found in one notebook."""
    looks: list[Look] = [skeletons, solutions, effects, claims, sums, stated_figures, comparisons, resources, teaching]
    findings = [finding for look in looks for finding in look(page, runs)]
    findings += environment(page, runs.placed, rules)
    findings += gpu_memory(page, runs, rules)
    findings += house_rules(page, rules)
    for reason in runs.missing:
        findings.append(page.finding(None, "not-run", "warning", "Not everything could be executed.", reason))
    return findings
