"""Decides which pairs of a cohort's submissions are shown side by side: close ones of people who do not work together.

It is a page for a person, and no part of any result.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from assay.cohort import Settings, owner_of
from assay.command.reading import Reading, Refusal
from assay.command.run import writing_into

PAGE = "similar.html"


def write_similar(readings: Mapping[str, Reading | Refusal], settings: Settings, out: Path) -> None:
    """Write the page of all pairs; attempts of one student, and of one group, are no pairs."""
    from assay.similarity import similar_pairs, write_similarity_page

    notebooks = {name: found.notebook for name, found in readings.items() if isinstance(found, Reading)}
    owners = {notebook.file: set(owner_of(name, settings).students) for name, notebook in notebooks.items()}
    pairs = similar_pairs(list(notebooks.values()))
    with writing_into(out):
        write_similarity_page([p for p in pairs if not owners[p.left.file] & owners[p.right.file]], out / PAGE)
