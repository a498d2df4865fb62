"""What of assay a result depends on: another engine runs all again, another judge judges again, pages do neither."""

from __future__ import annotations

import contextlib
import shutil

import pytest
from cohorts import results_in, small_cohort
from commands import command
from test_layers import ALLOWED

from assay.command import edition
from assay.command.session import Session


def behind(*parts):
    """All parts that these import, and they themselves."""
    found, waiting = set(), list(parts)
    while waiting:
        part = waiting.pop()
        if part not in found:
            found.add(part)
            waiting += ALLOWED[part]
    return found


def test_the_parts_are_all_that_running_and_judging_import():
    def named(parts):
        return {part for part in parts if not part.startswith("command/")}

    assert named(edition.RUNS) == behind("execution", "intake")
    assert named(edition.JUDGES) == behind("judging", "claims", "rubric")
    assert named(edition.PAGES) == {"report"}


def test_every_part_is_there():
    for part in (*edition.RUNS, *edition.JUDGES, *edition.PAGES):
        assert edition._files(edition.PACKAGE / part)[0].is_file(), part


@pytest.fixture
def package(tmp_path):
    copy = tmp_path / "assay"
    shutil.copytree(edition.PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    return copy


def addresses(package):
    return [edition.digest_of(package, parts) for parts in (edition.RUNS, edition.JUDGES, edition.PAGES)]


@pytest.mark.parametrize(
    ("file", "changes"),
    [
        ("execution/supervise.py", [True, False, False]),
        ("execution/surroundings/pip.py", [True, False, False]),
        ("witness/recorder.py", [True, True, False]),
        ("command/session.py", [True, False, False]),
        ("judging/court.py", [False, True, False]),
        ("claims/__init__.py", [False, True, False]),
        ("rubric/scoring.py", [False, True, False]),
        ("command/verdict.py", [False, True, False]),
        ("report/style.css", [False, False, True]),
        ("export/__init__.py", [False, False, False]),
        ("store/store.py", [False, False, False]),
        ("command/progress.py", [False, False, False]),
    ],
)
def test_a_changed_source_changes_what_depends_on_it(package, file, changes):
    before = addresses(package)
    with (package / file).open("a") as source:
        source.write("\n")
    assert [was != now for was, now in zip(before, addresses(package), strict=True)] == changes


def test_what_python_compiles_beside_the_sources_means_nothing_and_a_renamed_file_does(package):
    before = addresses(package)
    (package / "execution" / "__pycache__").mkdir()
    (package / "execution" / "__pycache__" / "warm.cpython-311.pyc").write_bytes(b"x")
    assert addresses(package) == before == addresses(edition.PACKAGE)
    (package / "execution" / "disk.py").rename(package / "execution" / "disc.py")
    assert addresses(package)[0] != before[0]


def test_the_sources_are_read_once_for_a_command(monkeypatch):
    read, digest_of = [], edition.digest_of
    monkeypatch.setattr(edition, "digest_of", lambda *arguments: read.append(arguments) or digest_of(*arguments))
    edition._address.cache_clear()
    assert {edition.runs_by() for _ in range(100)} == {edition.runs_by()}
    assert len(read) == 1


@pytest.fixture
def graded(warm, monkeypatch):
    """The files that were executed."""
    monkeypatch.setattr("assay.command.engines.start_warm", lambda *_: contextlib.nullcontext(warm))
    execute, files = Session.execute, []

    def watched(self, found, folder, progress):
        files.append(getattr(found, "notebook", found).file)
        return execute(self, found, folder, progress)

    monkeypatch.setattr(Session, "execute", watched)
    return files


def test_another_engine_runs_all_again_and_another_judge_executes_nothing(capsys, graded, tmp_path, monkeypatch):
    folder, out = small_cohort(tmp_path / "in"), tmp_path / "out"
    assert command(capsys, "cohort", folder, "--out", out).code == 0
    first = results_in(out)
    graded.clear()
    monkeypatch.setattr("assay.command.work.judges_by", lambda: "another judge")
    assert command(capsys, "cohort", folder, "--out", out).code == 0
    assert graded == []
    assert [r["seconds"]["execution"] for r in results_in(out)] == [r["seconds"]["execution"] for r in first]
    monkeypatch.setattr("assay.command.work.runs_by", lambda: "another engine")
    assert command(capsys, "cohort", folder, "--out", out).code == 0
    assert sorted(graded) == [str(folder / name) for name in ("ada.ipynb", "b/eve.ipynb", "b/zed.ipynb")]
    graded.clear()
    assert "Nothing has changed" in command(capsys, "cohort", folder, "--out", out).err
