"""Decides when a cohort has a page of similar submissions: when a pair is close, and as long as it is."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from assay.intake import Notebook

NAME = "similar.html"


def compare(notebooks: Sequence[Notebook], out: Path) -> None:
    """Write the pairs whose own code is close, for a person to judge. It is never a score."""
    from assay.similarity import similar_pairs, write_similarity_page

    pairs = similar_pairs(notebooks)
    if not pairs:
        (out / NAME).unlink(missing_ok=True)
        return
    write_similarity_page(pairs, out / NAME)
    count = "1 pair of submissions is" if len(pairs) == 1 else f"{len(pairs):,} pairs of submissions are"
    print(f"{count} close, for a person to judge: {out / NAME}", file=sys.stderr)
