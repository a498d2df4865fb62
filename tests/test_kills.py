"""Some of the moments of `python -m tests.kills`: just after a first result was told, one of each kind dies."""

from __future__ import annotations

import pytest

from tests.kills import VICTIMS, announced, disturb, make_cohort, undisturbed

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return make_cohort(tmp_path_factory.mktemp("kills") / "in")


@pytest.fixture(scope="module")
def peace(folder):
    return undisturbed(folder, folder.parent / "peace")


@pytest.mark.parametrize("victim", VICTIMS)
def test_a_kill_loses_nothing_and_the_same_command_ends_as_if_nothing_had_been(folder, peace, tmp_path, victim):
    assert disturb(folder, tmp_path / "out", victim, lambda out, _: len(announced(out)) >= 1, peace) == []
