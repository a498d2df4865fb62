"""Only top-level literals that the rubric names are shortened, and only downwards."""

from __future__ import annotations

import pytest

from assay.execution.overrides import shorten

STEPS = (("steps", 12, "quick"), ("marks", [3, 6], "quick"))


def after(source: str) -> str:
    return shorten(source, 7, STEPS)[0]


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("steps = 300", "steps = 12"),
        ("steps: int = 300  # many", "steps: int = 12  # many"),
        ("é = 'é'; steps = 300", "é = 'é'; steps = 12"),
        (
            "!pip install x\n%matplotlib inline\nsteps = 300\nmarks = [50, 100]",
            "!pip install x\n%matplotlib inline\nsteps = 12\nmarks = [3, 6]",
        ),
    ],
)
def test_a_named_literal_is_lowered(source, wanted):
    assert after(source) == wanted


@pytest.mark.parametrize(
    "source",
    [
        "steps = 5",
        "steps = 3 * 100",
        "steps = other",
        "def train(steps=300):\n    steps = 300",
        "if True:\n    steps = 300",
        "steps = 300.0",
        "marks = ['a']",
        "steps, x = 300, 1",
        "steps = 300 300",
        "for steps in [300]: pass",
    ],
)
def test_everything_else_stays(source):
    assert after(source) == source


def test_what_was_done_is_told():
    _, (applied,) = shorten("x = 1\nsteps = 300", 7, STEPS)
    assert (applied.name, applied.was, applied.now, applied.cell, applied.reason) == ("steps", "300", "12", 7, "quick")
