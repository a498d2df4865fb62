"""Decides what is looked for in a course notebook, and in which order: one function for each kind of fault."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Protocol

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


class Look(Protocol):
    """Looks for one kind of fault."""

    __name__: str

    def __call__(self, page: Page, runs: Runs) -> Iterator[Finding]:
        """What is found."""
        ...


def examine(page: Page, runs: Runs, rules: Rules) -> list[Finding]:
    """Everything that is found in one notebook."""
    plain: list[Look] = [skeletons, solutions, effects, claims, sums, stated_figures, comparisons, resources, teaching]
    looks = [(look.__name__, partial(look, page, runs)) for look in plain]
    looks.append(("environment", partial(environment, page, runs.placed, rules)))
    looks.append(("gpu_memory", partial(gpu_memory, page, runs, rules)))
    looks.append(("house_rules", partial(house_rules, page, rules)))
    findings = [finding for name, look in looks for finding in _looked(page, name, look)]
    for reason in runs.missing:
        findings.append(page.finding(None, "not-run", "warning", "Not everything could be executed.", reason))
    return findings


def _looked(page: Page, name: str, look: Callable[[], Iterator[Finding]]) -> list[Finding]:
    """What one look finds; a bug of ours must not take the others' findings with it."""
    try:
        return list(look())
    except Exception as error:
        told = f"{name}: {type(error).__name__}: {error}"
        return [page.finding(None, "not-run", "warning", "assay itself failed at one of its looks.", told[:500])]
