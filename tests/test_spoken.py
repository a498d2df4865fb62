"""Values in the records of an untrusted process: a number that can be one, text that can be written, or no record."""

from __future__ import annotations

import pytest

from assay.execution.spoken import LARGEST, announcements, seconds, signed, text, whole

NAME, DIGEST = "0123abcd", "0" * 32


@pytest.mark.parametrize("value", [-1, True, False, 1.0, "1", None, [], {}, 10**400, LARGEST + 1, float("nan")])
def test_what_is_no_count(value):
    with pytest.raises((TypeError, ValueError)):
        whole(value)


@pytest.mark.parametrize("value", [-0.1, float("nan"), float("inf"), -float("inf"), True, "1", None, [1]])
def test_what_is_no_time(value):
    with pytest.raises((TypeError, ValueError)):
        seconds(value)


def test_numbers_that_are_some():
    assert (whole(0), whole(LARGEST), signed(-9), seconds(0), seconds(2.5)) == (0, LARGEST, -9, 0.0, 2.5)


def test_text_can_be_written():
    assert text("a\ud800\udfffb") == "a??b"
    assert text(None) == "None"


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        {NAME: 3},
        {NAME: [3]},
        {NAME: [-1, DIGEST]},
        {NAME: [3, DIGEST[1:]]},
        {NAME: [3, DIGEST.replace("0", "g")]},
        {"../../..": [3, DIGEST]},
        {1: [3, DIGEST]},
        {f"{n:08x}": [3, DIGEST] for n in range(65)},
    ],
)
def test_what_is_no_announcement(value):
    with pytest.raises((TypeError, ValueError, IndexError)):
        announcements(value)


def test_an_announcement():
    assert announcements({NAME: [3, DIGEST]}) == {NAME: (3, DIGEST)}
    assert announcements({}) == {}
