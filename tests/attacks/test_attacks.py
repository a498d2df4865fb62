"""Attacks, played for real: none earns what it should not, harms what is outside, or changes an honest result.

An ordinary run plays a sample; `python -m pytest tests/attacks --all` plays every one, and `python -m tests.attacks`
also writes the table in docs/attacks.md.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from assay.command.session import Session
from tests.attacks.attack import Attack, catalogue
from tests.attacks.outcome import complaints
from tests.attacks.stage import Stage
from tests.attacks.tiers import offered, promises

pytestmark = pytest.mark.slow

# One of each kind, the quick ones: lies, endings, secrets, links, output, markup, and what is ours.
SAMPLE = (4, 9, 17, 27, 34, 47, 50, 54, 55, 60, 61, 68, 157, 203, 205, 209, 213, 222, 232, 234, 243, 252, 271, 273, 274)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A call for each attack and tier; a sample, each at one tier that promises to stop it, unless all are wanted."""
    if "attack" in metafunc.fixturenames:
        tiers = offered()
        if metafunc.config.getoption("--all"):
            cases = [(tier, attack) for tier in tiers for attack in catalogue()]
        else:
            cases = sorted(_dealt(tiers), key=lambda case: tiers.index(case[0]))  # each tier's cohort is made once
        metafunc.parametrize(("tier", "attack"), cases, ids=[f"{t}-{a.id}" for t, a in cases], scope="module")


def _dealt(tiers: tuple[str, ...]) -> Iterator[tuple[str, Attack]]:
    for place, attack in enumerate(attack for attack in catalogue() if attack.number in SAMPLE):
        able = [tier for tier in tiers if promises(tier, attack.held_by)] or list(tiers)
        yield able[place % len(able)], attack


@pytest.fixture(scope="module")
def stage(tier: str, session: Session, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """One cohort for all attacks at a tier."""
    with Stage(session, tier, tmp_path_factory.mktemp("attacks")).open() as opened:
        yield opened


def test_an_attack_comes_to_nothing(stage: Stage, tier: str, attack: Attack) -> None:
    """What a tier does not promise is not played there, and never called passed."""
    if attack.skip is not None:
        pytest.skip(attack.skip)
    if not promises(tier, attack.held_by):
        pytest.skip(f"not promised below {attack.held_by}")
    assert list(complaints(attack, stage.play(attack), stage)) == []


def test_the_catalogue_is_whole() -> None:
    """All seventy, each number once, and at least fifteen of our own."""
    numbers = [attack.number for attack in catalogue()]
    assert len(numbers) == len(set(numbers))
    assert set(range(1, 71)) <= set(numbers)
    assert sum(number > 200 for number in numbers) >= 15
