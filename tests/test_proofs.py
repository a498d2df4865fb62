"""A sample of the declared mistakes and variants, run for real; `python -m assay.proving LESSON` runs all of them."""

from __future__ import annotations

import pytest

from assay.command.lessons import load_lessons
from assay.proof import Mistake, Variant
from assay.proving import declared, prove

LESSON = load_lessons()["textual-inversion"]
EVERY_NTH_VARIANT = 6


def sample() -> list[Mistake | Variant]:
    """For each criterion of each exercise the first mistake that it must catch, and every sixth variant."""
    changes = declared(LESSON.files)
    mistakes = [c for c in changes if isinstance(c, Mistake)]
    variants = [c for c in changes if isinstance(c, Variant)]
    firsts = {(m.exercise, i): m for m in reversed(mistakes) for i in sorted(m.caught_by)}
    return [*dict.fromkeys(firsts.values()), *variants[::EVERY_NTH_VARIANT]]


@pytest.mark.parametrize("change", sample(), ids=lambda change: f"{change.exercise}-{change.name}".replace(" ", "-"))
def test_every_criterion_gives_the_declared_verdict(session, tmp_path, change):
    (proof,) = prove(session, LESSON.files, [change], tmp_path, jobs=1)
    assert (proof.missed, proof.wronged, proof.unchecked) == (frozenset(), frozenset(), frozenset()), proof.reason


def test_every_automatic_criterion_is_tripped_by_a_declared_mistake():
    tripped = {(c.exercise, i) for c in declared(LESSON.files) if isinstance(c, Mistake) for i in c.caught_by}
    criteria = {(e.number, c.id) for e in LESSON.rubric.exercises for c in e.criteria if c.kind == "automatic"}
    assert criteria - tripped == set()
