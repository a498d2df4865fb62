"""What the grader writes where a notebook could write before: never through a link, whatever stands there."""

from __future__ import annotations

import os

import pytest

from assay.anew import make_accessible, make_anew, write_anew


@pytest.fixture
def outside(tmp_path):
    path = tmp_path / "outside"
    path.write_text("theirs")
    return path


def _link(path, outside):
    path.symlink_to(outside)


def _hard_link(path, outside):
    path.hardlink_to(outside)


def _pipe(path, outside):
    os.mkfifo(path)


def _full_folder(path, outside):
    (path / "deep").mkdir(parents=True)
    (path / "deep" / "link").symlink_to(outside.parent)


def _dangling(path, outside):
    path.symlink_to(outside.parent / "nowhere")


def _file(path, outside):
    path.write_text("older and longer")


@pytest.mark.parametrize("stands", [_link, _hard_link, _pipe, _full_folder, _dangling, _file])
def test_a_file_is_written_as_a_new_one(tmp_path, outside, stands):
    folder = tmp_path / "run"
    folder.mkdir()
    stands(folder / "result.json", outside)
    write_anew(folder / "result.json", "ours")
    status = (folder / "result.json").lstat()
    assert (folder / "result.json").read_text() == "ours" and status.st_nlink == 1
    assert outside.read_text() == "theirs" and not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("stands", [_link, _pipe, _full_folder, _file])
def test_a_folder_is_made_as_a_new_one(tmp_path, outside, stands):
    folder = tmp_path / "run"
    folder.mkdir()
    stands(folder / "replays", outside)
    make_anew(folder / "replays")
    assert list((folder / "replays").iterdir()) == [] and not (folder / "replays").is_symlink()
    assert outside.read_text() == "theirs"


def test_a_folder_that_is_a_link_is_not_written_into(tmp_path, outside):
    (tmp_path / "real").mkdir()
    (tmp_path / "run").symlink_to(tmp_path / "real")
    with pytest.raises(OSError):
        write_anew(tmp_path / "run" / "result.json", "ours")
    assert list((tmp_path / "real").iterdir()) == []


def test_half_a_surrogate_pair_is_written_as_a_question_mark(tmp_path):
    write_anew(tmp_path / "x", "a\ud800b")
    assert (tmp_path / "x").read_bytes() == b"a?b"


def test_a_folder_behind_a_link_stays_as_it_is(tmp_path):
    (tmp_path / "theirs" / "closed").mkdir(parents=True)
    (tmp_path / "theirs" / "closed").chmod(0)
    (tmp_path / "mine").symlink_to(tmp_path / "theirs")
    make_accessible(tmp_path / "mine" / "closed", tmp_path / "mine")
    assert (tmp_path / "theirs" / "closed").stat().st_mode & 0o777 == 0


def test_a_closed_folder_is_opened_for_its_owner(tmp_path):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0)
    make_accessible(closed, tmp_path / "nowhere")
    assert closed.stat().st_mode & 0o700 == 0o700
