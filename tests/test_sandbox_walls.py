"""Every wall is knocked at for real, at every tier that this machine offers; at `limits` the same knocks go through."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

import assay
from assay import course
from assay.doctor import examine
from assay.doctor.attempts import ATTEMPTS
from assay.doctor.examine import TOKEN
from assay.sandbox.probe import missing
from assay.sandbox.tiers import LIMITS, LOCKDOWN, TIERS, holds

# At limits these do nothing where /tmp is the submission's own, or where the caller could not do them either.
NOT_TELLING = {"other runs", "the kit"}
# Some systems have walls of their own: Yama, AppArmor, a container's filter, no rights for ordinary users.
REFUSED_BY_SOME = {"tracing", "memory", "namespaces", "mounts", "wide interfaces"}


@pytest.fixture(scope="module")
def found(warm, kit):
    """What `doctor` finds at a tier, by the name of the wall; each tier is examined once."""
    seen = {}
    rubric = course.course_root() / "rubric" / "clip.yaml"

    def at(tier):
        if (why := missing(tier)) is not None:
            pytest.skip(f"this machine does not offer {tier}: {why}")
        if tier not in seen:
            seen[tier] = {wall.name: wall for wall in examine(tier, warm, kit, rubric)}
        return seen[tier]

    return at


@pytest.fixture(scope="module", autouse=True)
def _token():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(TOKEN, "secret")
        yield


@pytest.mark.parametrize("attempt", ATTEMPTS, ids=lambda attempt: attempt.name)
@pytest.mark.parametrize("tier", TIERS)
def test_what_a_tier_promises_holds(found, tier, attempt):
    wall = found(tier)[attempt.name]
    assert wall.promised == holds(tier, attempt.since)
    if wall.promised:
        assert wall.holds, wall


@pytest.mark.parametrize("attempt", [a for a in ATTEMPTS if a.since == LOCKDOWN], ids=lambda attempt: attempt.name)
def test_without_walls_the_same_attempt_goes_through(found, attempt):
    """Or else it would prove nothing that it fails behind them."""
    if attempt.name in NOT_TELLING:
        pytest.skip("what it reaches for is out of sight, or not ours to write, without any wall")
    wall = found(LIMITS)[attempt.name]
    if wall.holds and attempt.name in REFUSED_BY_SOME:
        pytest.skip(f"this machine refuses it to everybody: {wall.seen}")
    if attempt.name == "the package" and not os.access(assay.__file__, os.W_OK):
        pytest.skip("assay was installed by somebody else here, whose files are not ours to write")
    below_tmp = any(place.is_relative_to("/tmp") for place in (Path.home(), course.course_root()))
    if wall.holds and below_tmp and ("No such file" in wall.seen or "Read-only" in wall.seen):
        pytest.skip("what could be reached lies below /tmp here, which is the submission's own")
    assert not wall.holds, wall


@pytest.mark.parametrize("tier", TIERS)
def test_no_attempt_is_broken_itself(found, tier):
    assert [wall for wall in found(tier).values() if "itself is broken" in json.dumps(wall.seen)] == []
