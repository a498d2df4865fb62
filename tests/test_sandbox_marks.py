"""Walls change no mark: a reference notebook gets, criterion by criterion, what it gets at *limits*."""

from __future__ import annotations

from dataclasses import replace

import pytest
from engine import let_others_through

from assay.command.walls import hidden_places, require_readable
from assay.course import lesson_files
from assay.sandbox.probe import missing
from assay.sandbox.tiers import LIMITS, LOCKDOWN, NAMESPACES

pytestmark = pytest.mark.slow

# The ones that load most kinds of things: open_clip's twin and transformers' pair; a data set, adapters saved and read.
LESSONS = ("clip", "lora-finetuning")


@pytest.fixture(scope="module")
def at_limits(session, tmp_path_factory):
    graded = {}

    def result(lesson):
        if lesson not in graded:
            folder = tmp_path_factory.mktemp("limits") / "run"
            graded[lesson] = session.grade(str(lesson_files(lesson).reference), folder, lambda step: None)
        return graded[lesson]

    return result


@pytest.mark.parametrize("lesson", LESSONS)
@pytest.mark.parametrize("tier", [LOCKDOWN, NAMESPACES])
def test_a_reference_gets_the_same_at_every_tier(session, at_limits, tmp_path, tier, lesson):
    if (why := missing(tier)) is not None:
        pytest.skip(f"this machine does not offer {tier}: {why}")
    require_readable(session.kit, tier)
    let_others_through(tmp_path / "run")
    walled = replace(session, tier=tier, hidden=hidden_places(tmp_path))
    result = walled.grade(str(lesson_files(lesson).reference), tmp_path / "run", lambda step: None)
    assert result["runner"]["tier"] == tier
    assert at_limits(lesson)["runner"]["tier"] == LIMITS
    assert result["exercises"] == at_limits(lesson)["exercises"]
    assert result["score"] == result["max_score"]
