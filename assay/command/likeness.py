"""Decides when a cohort has a page of similar submissions: when a pair is close, and as long as it is."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from assay.intake import Notebook

NAME = "similar.html"


def compare(notebooks: Sequence[Notebook], out: Path, owners: Mapping[str, set[str]] | None = None) -> None:
    """Write the pairs whose own code is close, for a person to judge. It is never a score.

    Args:
        notebooks: the submissions.
        out: the folder to write into.
        owners: by file, whose it is: attempts of one student, and of one group, are no pairs.
    """
    from assay.similarity import similar_pairs, write_similarity_page

    whose = owners or {}
    pairs = [p for p in similar_pairs(notebooks) if not whose.get(p.left.file, set()) & whose.get(p.right.file, set())]
    if not pairs:
        (out / NAME).unlink(missing_ok=True)
        return
    write_similarity_page(pairs, out / NAME)
    count = "1 pair of submissions is" if len(pairs) == 1 else f"{len(pairs):,} pairs of submissions are"
    print(f"{count} close, for a person to judge: {out / NAME}", file=sys.stderr)
