"""The course's secret is made once, whole, for its owner alone; one that could be guessed is refused."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from assay.command.secret import course_secret
from assay.failure import Misuse

ROOT = Path(__file__).parent.parent
TELL = "from assay.command.secret import course_secret; print(course_secret().hex())"


@pytest.fixture
def place(tmp_path, monkeypatch):
    path = tmp_path / "settings" / "secret"
    monkeypatch.setenv("ASSAY_SECRET", str(path))
    return path


def test_it_is_made_once_and_is_for_its_owner_alone(place):
    secret = course_secret()
    assert len(secret) == 32 and course_secret() == secret
    assert place.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in place.parent.iterdir()] == ["secret"]


def test_commands_that_make_it_at_once_have_the_same(place):
    asked = [subprocess.Popen([sys.executable, "-c", TELL], cwd=ROOT, stdout=subprocess.PIPE) for _ in range(8)]
    told = {one.communicate()[0].decode().strip() for one in asked}
    assert told == {place.read_text(encoding="ascii").strip()}


@pytest.mark.parametrize("text", ["", "\n", "00" * 15])
def test_one_that_could_be_guessed_is_refused(place, text):
    place.parent.mkdir()
    place.write_text(text)
    with pytest.raises(Misuse, match=r"could be guessed, it has \d+ bytes: remove it"):
        course_secret()


def test_another_one_of_enough_bytes_is_taken(place):
    place.parent.mkdir()
    place.write_text("ab" * 16 + "\n")
    assert course_secret() == b"\xab" * 16


@pytest.mark.parametrize("text", ["no hex", "f\u00fcnf"])
def test_what_is_no_secret_is_refused(place, text):
    place.parent.mkdir()
    place.write_text(text, encoding="utf-8")
    with pytest.raises(Misuse, match="cannot be used"):
        course_secret()
