"""All reports of a run: safe names, and one page that fails never costs the others."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path
from typing import Any

import pytest
import report_runs as runs
import report_samples as samples
from report_reader import words

from assay.report import report_ids, write_all


def ids(*files: str) -> list[str]:
    return report_ids([{"file": file} for file in files])


def test_ids_are_plain_unique_and_short() -> None:
    files = ["A.ipynb", "a.ipynb", "x/a.ipynb", "CON.ipynb", "nul", "..", "", "/", "猫.ipynb", "a b.ipynb", "l" * 300]
    files += [*samples.HOSTILE, "../../etc/passwd", "C:\\x\\a.ipynb", "-rf.ipynb", ".hidden", "L" * 300]
    found = ids(*files)
    assert len({name.casefold() for name in found}) == len(files)
    assert all(re.fullmatch(r"[A-Za-z0-9_][\w-]{0,79}", name, re.ASCII) for name in found)
    assert not {name.casefold() for name in found} & {"con", "nul", "aux", "prn"}


def test_ids_say_whose_file_it_is() -> None:
    assert ids("w/6-5-3-textual-inversion.ipynb") == ["6-5-3-textual-inversion"]
    assert ids("ada/work.ipynb", "bob/work.ipynb") == ["ada-work", "bob-work"]
    assert ids("work.ipynb", "work.ipynb") == ["work", "work-2"]
    twins = [unicodedata.normalize(form, "josé.ipynb") for form in ("NFC", "NFD")]
    assert ids(*twins) == ["jose", "jose-2"]


def written(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_all_files_are_written_under_their_ids(tmp_path: Path) -> None:
    folder = runs.run_folder(tmp_path / "run")
    out = write_all([samples.mistaken(), samples.rejected()], {0: folder}, tmp_path / "out")
    pages = {f"reports/{who}{name}.html" for who in ("", "student/") for name in ("grace", "notes")}
    assert out == tmp_path / "out" / "report.html" and written(tmp_path / "out") == {
        *pages,
        "report.html",
        "gradebook.csv",
    }
    student = words((tmp_path / "out/reports/student/grace.html").read_text(encoding="utf-8"))
    assert "hidden until released" in student and "LoRA changes 1.2 million numbers" in student


def test_the_lesson_tells_which_text_is_the_courses_own(tmp_path: Path) -> None:
    asked: set[str | None] = set()

    def is_published(lesson: str | None, source: str) -> bool:
        asked.add(lesson)
        return "Fill in" in source

    write_all([samples.mistaken()], {0: runs.run_folder(tmp_path / "run")}, tmp_path, is_published)
    assert asked == {"textual-inversion"}
    assert "Fill in the loop" not in words((tmp_path / "reports/grace.html").read_text(encoding="utf-8"))


def test_a_page_that_fails_does_not_cost_the_others(tmp_path: Path) -> None:
    broken: dict[str, Any] = {**samples.mistaken("cohort/broken.ipynb"), "overrides": [{"no": "name"}]}
    write_all([samples.excellent(), broken, samples.stopped()], {}, tmp_path)
    assert "could not be made (KeyError)" in words((tmp_path / "reports/broken.html").read_text(encoding="utf-8"))
    assert "17 of 17" in words((tmp_path / "reports/ada.html").read_text(encoding="utf-8"))
    assert "3 submissions" in words((tmp_path / "report.html").read_text(encoding="utf-8"))


def test_a_file_in_the_way_does_not_cost_the_others(tmp_path: Path) -> None:
    (tmp_path / "reports" / "ada.html").mkdir(parents=True)
    write_all([samples.excellent(), samples.stopped()], {}, tmp_path)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "reports/linus.html" in page and "reports/ada.html" not in page
    assert not [name for name in written(tmp_path) if name.endswith(".part")]


@pytest.mark.parametrize("text", samples.HOSTILE)
def test_hostile_results_can_be_written(text: str, tmp_path: Path) -> None:
    write_all([samples.hostile(text)], {}, tmp_path)
    assert len(written(tmp_path)) == 4
    assert all("could not be made" not in path.read_text(encoding="utf-8") for path in tmp_path.rglob("*.html"))
