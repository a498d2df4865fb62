"""Criteria that rest on a claim alone are listed, and none of them weighs more than a tenth of its exercise."""

from __future__ import annotations

import json

from commands import command, edit, own_course

from assay.command.claims import LARGEST_SHARE, claims_of
from assay.command.lessons import load_lessons


def test_the_course_has_claims_and_the_limit_is_a_tenth():
    claims = claims_of(lesson.rubric for lesson in load_lessons().values())
    assert LARGEST_SHARE == 0.1
    assert len(claims) > 10


def test_the_claims_are_listed_in_words(capsys):
    ended = command(capsys, "doctor", "--claims")
    assert ended.code == 0
    assert "  textual-inversion, exercise 2: gradients-reach-exactly-the-prompts-rows, 0.6 points, 10.0%" in ended.out
    assert "0 of them too heavy." in ended.out


def test_the_claims_are_listed_for_machines(capsys):
    listed = json.loads(command(capsys, "doctor", "--claims", "--json", "-").out)
    claim = next(c for c in listed if c["criterion"] == "the-loss-of-the-round-trip-was-measured")
    assert (claim["lesson"], claim["exercise"], claim["points"]) == ("from-pixels-to-latents", 1, 0.3)
    assert 0 < claim["share"] <= 0.1 and claim["too_heavy"] is False


def test_a_claim_that_is_too_heavy_is_something_wrong(capsys, tmp_path, monkeypatch):
    folder = own_course(tmp_path, monkeypatch)
    edit(folder / "rubric" / "from_pixels_to_latents.yaml", "points: 0.3, claim_only", "points: 0.9, claim_only")
    ended = command(capsys, "doctor", "--claims")
    assert ended.code == 1
    assert "the-loss-of-the-round-trip-was-measured, 0.9 points" in ended.out
    assert "too heavy" in ended.out
