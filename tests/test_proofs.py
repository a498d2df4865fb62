"""A sample of the declared mistakes and variants, run for real; `python -m assay.proving LESSON` runs all of them."""

from __future__ import annotations

import pytest

from assay.command.lessons import load_lessons
from assay.declared import declared
from assay.proof import Mistake, Variant
from assay.proving import prove

LESSONS = load_lessons()
VARIANTS = 4  # of each lesson: the whole suite has to end within minutes


def sample(slug: str) -> list[Mistake | Variant]:
    """So few mistakes that every criterion of every exercise is tripped by one, and some variants, evenly spread."""
    changes = declared(LESSONS[slug].files)
    variants = [c for c in changes if isinstance(c, Variant)]
    return [*cover([c for c in changes if isinstance(c, Mistake)]), *variants[:: max(1, len(variants) // VARIANTS)]]


def cover(mistakes: list[Mistake]) -> list[Mistake]:
    """Always the next mistake that trips the most criteria that none so far has tripped."""
    left = {(m.exercise, i) for m in mistakes for i in m.caught_by}
    chosen = []
    while left:
        best = max(mistakes, key=lambda m: len(left & {(m.exercise, i) for i in m.caught_by}))
        chosen.append(best)
        left -= {(best.exercise, i) for i in best.caught_by}
    return chosen


CASES = [
    pytest.param(slug, change, id=f"{slug}-{change.exercise}-{change.name}".replace(" ", "-"))
    for slug in LESSONS
    for change in sample(slug)
]


@pytest.mark.parametrize(("slug", "change"), CASES)
def test_every_criterion_gives_the_declared_verdict(session, tmp_path, slug, change):
    (proof,) = prove(session, LESSONS[slug].files, [change], tmp_path, jobs=1)
    assert (proof.missed, proof.wronged, proof.unchecked) == (frozenset(), frozenset(), frozenset()), proof.reason
