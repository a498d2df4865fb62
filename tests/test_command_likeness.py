"""A cohort has a page of similar submissions as long as two are close, and no longer."""

from __future__ import annotations

from pathlib import Path

from assay.command.likeness import NAME, compare
from assay.intake import read_bytes, read_notebook

SAMPLES = Path(__file__).parent.parent / "submissions"


def read(*names):
    return [read_notebook(read_bytes(SAMPLES / name), name) for name in names]


def test_the_page_comes_and_goes_with_the_pairs(capsys, tmp_path):
    compare(read("ada_excellent.ipynb", "eli_crash_in_exercise_2.ipynb"), tmp_path)
    assert f"1 pair of submissions is close, for a person to judge: {tmp_path / NAME}" in capsys.readouterr().err
    assert "ada_excellent" in (tmp_path / NAME).read_text(encoding="utf-8")
    compare(read("ada_excellent.ipynb", "tao_queries_and_values.ipynb"), tmp_path)
    assert capsys.readouterr().err == ""
    assert not (tmp_path / NAME).exists()


def test_attempts_of_one_student_are_no_pair(tmp_path):
    two = ["ada_excellent.ipynb", "eli_crash_in_exercise_2.ipynb"]
    compare(read(*two), tmp_path, {two[0]: {"ada"}, two[1]: {"ada", "eli"}})
    assert not (tmp_path / NAME).exists()
    compare(read(*two), tmp_path, {two[0]: {"ada"}, two[1]: {"eli"}})
    assert (tmp_path / NAME).exists()
