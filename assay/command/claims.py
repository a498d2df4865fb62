"""`grade.py doctor --claims`: which criteria rest on what a student's process said, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable

from assay.command.findings import write_findings
from assay.command.lessons import load_lessons
from assay.rubric import LARGEST_SHARE, Claim, claims_of


def show_claims(to: str | None) -> int:
    """List the claims of every lesson: in words on the screen, or as JSON in the file `to`, where - is the screen; 1
    when one of them weighs too much.

    Raises:
        Misuse: the file cannot be written.
    """
    claims = claims_of(lesson.rubric for lesson in load_lessons().values())
    write_findings([claim.as_json() for claim in claims], to)
    if to != "-":
        print(in_words(claims))
    return int(any(claim.is_too_heavy for claim in claims))


def in_words(claims: Iterable[Claim]) -> str:
    """A paragraph for people, a line for each claim."""
    listed = list(claims)
    lines = [
        "These criteria rest on what the notebook's own process said; nothing recomputes them. Each may weigh at most "
        f"{LARGEST_SHARE:.0%} of its exercise.",
        *(
            f"  {c.lesson}, exercise {c.exercise}: {c.criterion}, {c.points:g} points, {c.share:.1%}"
            + (" - too heavy" if c.is_too_heavy else "")
            for c in listed
        ),
    ]
    heavy = sum(c.is_too_heavy for c in listed)
    return "\n".join([*lines, f"{len(listed)} claims, {heavy} of them too heavy."])
