"""Which exercise a cell of a kernel belongs to, and which of its runs counts, where nobody tells a kernel either."""

from __future__ import annotations

import json
import sys
import types
from typing import ClassVar

import pytest

from assay.command.lessons import load_lessons
from assay.failure import Misuse
from assay.intake import cell_digest
from assay.live.checking import standings
from assay.live.diary import Entry, counting, is_ours, names_bound
from assay.live.evidence import lay_out
from assay.live.places import lesson_of, mark, places
from assay.live.sheet import find_sheet

SETUP, FIRST, SECOND, SAME = "import torch", "x = 1\nprint(x)", "y = torch.ones(2)\nprint(y)", "print('hello')"


def entries(*sources, ids=()):
    return [Entry(n, source, dict(enumerate(ids)).get(n), n + 1) for n, source in enumerate(sources)]


def file(path, *exercises, title="# Textual Inversion"):
    cells = [{"cell_type": "markdown", "id": "t", "source": title, "metadata": {}}, code("s", SETUP)]
    for number, sources in enumerate(exercises, 1):
        cells.append(
            {"cell_type": "markdown", "id": f"h{number}", "source": f"## Exercise {number}: X", "metadata": {}}
        )
        cells += [code(f"c{number}{place}", source) for place, source in enumerate(sources)]
    path.write_text(json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}), encoding="utf-8")
    return path


def code(name, source):
    return {"cell_type": "code", "id": name, "source": source, "metadata": {}, "outputs": [], "execution_count": None}


class Shell:
    user_ns: ClassVar[dict[str, object]] = {}


def exercises(found):
    return [place.exercise for place in found]


@pytest.fixture
def sheet(tmp_path):
    return find_sheet(str(file(tmp_path / "a.ipynb", [FIRST, SAME], [SECOND, SAME])), Shell(), ask=True)


def test_the_notebook_tells_by_its_text_and_below_the_cell_before(sheet):
    assert exercises(places(entries(SETUP, FIRST, SAME, SECOND, SAME, FIRST), sheet, {})) == [0, 1, 1, 2, 2, 1]


def test_a_cell_that_was_changed_since_is_known_by_its_id(sheet):
    found = places(entries(SETUP, "x = 2", "z = 3", ids=("s", "c20", None)), sheet, {})
    assert exercises(found) == [0, 2, 2]
    assert [place.told for place in found] == [True, True, False]


def test_without_a_notebook_cells_that_were_handed_out_tell(tmp_path):
    published = {cell_digest(FIRST): frozenset({1}), cell_digest(SECOND): frozenset({2}),
                 cell_digest(SAME): frozenset({1, 2})}  # fmt: skip
    assert exercises(places(entries(SETUP, FIRST, SAME, "own = 1", SECOND, SAME), None, published)) == [
        0,
        1,
        1,
        1,
        2,
        2,
    ]


def test_a_first_comment_tells(tmp_path):
    found = places(entries("# --- Exercise 3: mine ---\nx = 1", "x = 2", "y = 1\n\n\n# Exercise 1 did this"), None, {})
    assert exercises(found) == [3, 3, 3]


def test_check_with_a_number_tells_of_what_came_last_and_goes_on_telling():
    ran = entries("# Exercise 1\nx = 1", "y = 2")
    mark(ran, places(ran, None, {}), 1)  # exercise 1 is known: nothing is marked
    assert exercises(places(ran, None, {})) == [1, 1]
    mark(ran, places(ran, None, {}), 2)
    ran += [Entry(2, "z = 3", None, 3)]
    mark(ran, places(ran, None, {}), 3)
    assert exercises(places(ran, None, {})) == [1, 2, 3]


def test_the_last_run_of_each_cell_counts():
    ran = entries(FIRST, SECOND, FIRST)
    assert [e.serial for e in counting(ran, [None] * 3)] == [1, 2]
    edited = entries(
        "for step in range(100):\n    loss = step * 2", SECOND, "for step in range(120):\n    loss = step * 2"
    )
    assert [e.serial for e in counting(edited, [None] * 3)] == [1, 2]
    named = entries("a", "b", "c", ids=("one", "two", "one"))
    assert [e.serial for e in counting(named, [None] * 3)] == [1, 2]
    assert [e.serial for e in counting(entries("a", "b"), [4, 4])] == [1]


def test_a_cell_that_only_asks_is_nobodys_work():
    assert is_ours("%check 2\n")
    assert is_ours("# how far am I?\n%load_ext assay\n\n%check")
    assert not is_ours("x = 1\n%check")
    assert names_bound("%time\nx = 1\nfor y in z:\n    a, b = y") == {"x", "y", "a", "b"}
    assert names_bound("x = ") == set()


def test_the_lesson_is_told_by_the_notebook_by_its_name_or_by_nothing(sheet):
    rubrics = {slug: lesson.rubric for slug, lesson in load_lessons().items()}
    assert lesson_of(None, sheet, [], rubrics) == "textual-inversion"
    assert lesson_of("clip", sheet, [], rubrics) == "clip"
    with pytest.raises(Misuse, match="--lesson SLUG"):
        lesson_of(None, None, entries(FIRST), rubrics)
    with pytest.raises(Misuse, match="there is no lesson 'clap'"):
        lesson_of("clap", None, [], rubrics)


def test_the_notebook_is_found_where_applications_say_that_it_is(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    assert find_sheet(None, Shell(), ask=True) is None
    path = file(tmp_path / "only.ipynb", [FIRST])
    assert find_sheet(None, Shell(), ask=False).notebook.file.endswith("only.ipynb")
    file(tmp_path / "other.ipynb", [SECOND])
    assert find_sheet(None, Shell(), ask=False) is None
    monkeypatch.setenv("JPY_SESSION_NAME", "/as/the/server/knows/it/other.ipynb")
    assert find_sheet(None, Shell(), ask=False).notebook.file.endswith("other.ipynb")
    shell = types.SimpleNamespace(user_ns={"__vsc_ipynb_file__": str(path)})
    assert find_sheet(None, shell, ask=False).notebook.file == str(path)
    with pytest.raises(Misuse, match="--notebook nowhere"):
        find_sheet("nowhere.ipynb", shell, ask=False)


def test_in_colab_the_page_itself_is_asked(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    page = json.loads(file(tmp_path / "a.ipynb", [FIRST]).read_text(encoding="utf-8"))
    (tmp_path / "a.ipynb").unlink()
    asked = []
    message = types.ModuleType("google.colab._message")
    message.blocking_request = lambda what, timeout_sec: asked.append(what) or {"ipynb": page}
    package = types.ModuleType("google.colab")
    package._message = message
    for name, module in (
        ("google", types.ModuleType("google")),
        ("google.colab", package),
        ("google.colab._message", message),
    ):
        monkeypatch.setitem(sys.modules, name, module)
    assert find_sheet(None, Shell(), ask=False) is None  # a cell that begins does not wait for a browser
    assert exercises(places(entries(FIRST), find_sheet(None, Shell(), ask=True), {})) == [1]
    assert asked == ["get_ipynb"]
    message.blocking_request = lambda *_, **__: {"error": "no such request"}
    assert find_sheet(None, Shell(), ask=True) is None


def facts(folder, *lines):
    folder.mkdir()
    (folder / "facts.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return folder


def test_of_an_earlier_run_only_stays_what_a_later_one_builds_on(tmp_path):
    kernel = facts(
        tmp_path / "kernel",
        {"kind": "load", "label": "unet1", "exercise": 9, "cell": 0},
        {"kind": "load", "label": "unet2", "exercise": 9, "cell": 0},
        {"kind": "unet", "label": "unet1", "exercise": 9, "cell": 0},
        {"kind": "optimizer", "optimizer": 0, "parameters": [{"model": "vae1"}], "exercise": 9, "cell": 0},
        {"kind": "load", "label": "vae1", "exercise": 9, "cell": 0},
        {"kind": "tokenizer", "label": "tokenizer1", "exercise": 9, "cell": 0},
        {"kind": "tokenizer", "label": "tokenizer2", "exercise": 9, "cell": 0},
        {"kind": "value", "name": "x", "exercise": 9, "cell": 0},
        {"kind": "unet", "label": "unet2", "exercise": 9, "cell": 1},
        {"kind": "step", "optimizer": 0, "exercise": 9, "cell": 1},
    )
    kept, freed = lay_out(kernel, tmp_path / "evidence", {0: 1, 1: 2}, {1}, {"tokenizer2"})
    named = [(f["kind"], f.get("label", f.get("optimizer", f.get("name"))), f["exercise"]) for f in kept]
    assert named == [("load", "unet2", 1), ("optimizer", 0, 1), ("load", "vae1", 1), ("tokenizer", "tokenizer2", 1),
                     ("value", "x", 1), ("unet", "unet2", 2), ("step", 0, 2)]  # fmt: skip
    assert freed == 0


def test_an_exercise_without_a_run_is_told_apart_from_one_whose_cells_nothing_tells():
    lesson = load_lessons()["clip"]
    known, unknown = (standings(lesson, [], has_sheet)[4].reason for has_sheet in (True, False))
    assert "no cell of this exercise has been run" in known
    assert "--notebook FILE" in unknown and "# Exercise 4" in unknown
