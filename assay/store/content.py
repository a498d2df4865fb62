"""Decides when two results are the same by what went into them, so that nothing is executed or judged twice."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Content:
    """The addresses of a result.

    `run` stands for the execution: notebook, lesson, kit, what of assay runs notebooks, and what the rubric says about
    running. `judge` stands for what the run was judged by: what of assay judges, checks and rubric; the audit names it.
    """

    run: str
    judge: str

    @property
    def key(self) -> str:
        """The address of the result of judging this run by these checks."""
        return address(self.run, self.judge)


def address(*parts: Any) -> str:
    """A digest of plain data: equal for equal parts, whatever wrote them."""
    text = json.dumps(parts, sort_keys=True)  # in JSON no two different lists of parts read the same
    return hashlib.sha256(text.encode("ascii")).hexdigest()
