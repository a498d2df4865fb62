"""`grade.py doctor` says in words and as JSON what holds, and ends with 1 when something does not that should."""

from __future__ import annotations

import contextlib
import json

import pytest
from commands import command
from packaging.requirements import Requirement

from assay.command import doctor
from assay.doctor import Note, Wall, dependencies, surroundings
from assay.sandbox.tiers import TIERS


@pytest.fixture
def quick(monkeypatch, warm):
    """The command without looking at the kit, at the tiers named only, and with walls that `walls` gives."""

    def prepare(offered, walls):
        monkeypatch.setattr(doctor, "start_warm", lambda *_: contextlib.nullcontext(warm))
        monkeypatch.setattr(doctor, "verify_kit", lambda kit: [])
        monkeypatch.setattr(doctor, "strongest", lambda: offered[-1])
        monkeypatch.setattr(doctor, "missing", lambda tier: None if tier in offered else "there is no Landlock")
        monkeypatch.setattr(doctor, "examine", lambda *_: walls)

    return prepare


HELD = Wall("reading", "read a file outside", True, True, "PermissionError: Permission denied")
OPEN = Wall("tcp", "connect to a server on this machine", False, False, "it was allowed")
BROKEN = Wall("signals", "send a signal to a process of the caller", False, True, "None")


def test_what_holds_is_said_in_words(capsys, quick):
    quick(TIERS, [HELD, OPEN])
    ended = command(capsys, "doctor")
    assert ended.code == 0
    for said in ("Walls at namespaces", "holds", "read a file outside", "open, not promised", "torch (import torch)"):
        assert said in ended.out
    assert "this machine may grade other people's notebooks" in ended.out


def test_a_broken_promise_ends_with_one(capsys, quick):
    quick(TIERS, [HELD, BROKEN])
    ended = command(capsys, "doctor")
    assert ended.code == 1
    assert "BROKEN" in ended.out


def test_what_this_machine_cannot_show_is_not_run(capsys, quick):
    quick(["limits"], [OPEN])
    ended = command(capsys, "doctor", "--json", "-")
    report = json.loads(ended.out)
    assert ended.code == 0
    assert report["tiers"]["lockdown"] == {"offered": False, "missing": "there is no Landlock", "walls": []}
    assert "lockdown: not run, because this machine does not offer it: there is no Landlock" in ended.err
    assert "your own notebooks only" in ended.err


def test_the_json_says_the_same(capsys, quick, tmp_path):
    quick(TIERS, [HELD, BROKEN])
    assert command(capsys, "doctor", "--json", tmp_path / "doctor.json").code == 1
    report = json.loads((tmp_path / "doctor.json").read_text())
    assert (report["ok"], report["strongest"]) == (False, "namespaces")
    assert list(report["tiers"]) == list(TIERS)
    assert report["tiers"]["limits"]["walls"][1] == {
        "name": "signals", "tries": BROKEN.tries, "holds": False, "promised": True, "seen": "None",
    }  # fmt: skip
    assert all(note["ok"] for note in report["dependencies"])


def test_a_library_that_is_missing_or_old_is_named_and_nothing_is_tried(capsys, monkeypatch):
    monkeypatch.setattr(surroundings, "_requirements", lambda: ["numpy>=999", "no-such-thing>=1", "rich"])
    monkeypatch.setattr(doctor, "ensure_kit", lambda *_: pytest.fail("too late"))
    old, absent, fine = dependencies()
    assert (old.ok, old.wanted) == (False, ">=999")
    assert absent == Note(False, "no-such-thing (import no_such_thing)", "not installed", ">=1")
    assert fine.ok
    ended = command(capsys, "doctor")
    assert ended.code == 1
    assert "no-such-thing" in ended.out
    assert "The walls were not tried" in ended.out


@pytest.mark.parametrize("spelt", ["open_clip_torch", "open-clip-torch", "Open.Clip.Torch"])
def test_a_wheel_may_spell_a_name_in_another_way(spelt):
    assert surroundings.note(Requirement(spelt)).ok


def test_every_dependency_is_known_by_the_name_it_is_imported_by():
    assert [note for note in dependencies() if not note.ok] == []
    assert len(dependencies()) > 20


def test_a_file_that_cannot_be_written_is_said_first(capsys, tmp_path):
    ended = command(capsys, "doctor", "--json", tmp_path / "nowhere" / "doctor.json")
    assert ended.code == 2
    assert "cannot write" in ended.err
