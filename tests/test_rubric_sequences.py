"""A lesson knows what the course hands out, cell by cell as it stands; nothing else is run for several students."""

from __future__ import annotations

import dataclasses

import pytest
from test_rubric_published import FIRST, SHOWN, SKELETON, exercise, notebook, rubric_path  # noqa: F401 - a fixture

from assay.command.lessons import load_lessons
from assay.intake import Cell
from assay.rubric import common_cells, load_rubric, register, sequence_of


def with_setup(*sources):
    return dataclasses.replace(FIRST, setup=tuple(Cell(n, "code", source) for n, source in enumerate(sources)))


PUBLISHED = with_setup("import torch", "x = 1")


def test_a_sequence_holds_what_is_run_with_its_exercise_and_no_text():
    found = sequence_of(with_setup("import torch", "  \n", "x = 1"))
    assert found == sequence_of(PUBLISHED)
    assert [number for number, _ in found] == [0, 0, 1, 1, 2, 2]
    assert all(len(digest) == 64 for _, digest in found)


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        (PUBLISHED, 6),
        (with_setup("import torch", "x = 1 "), 1),
        (with_setup("import torch\r\n", "x = 1"), 0),
        (with_setup("x = 1", "import torch"), 0),
        (with_setup("import torch", "y = 2", "x = 1"), 1),
        (dataclasses.replace(PUBLISHED, exercises=FIRST.exercises[1:]), 2),
        (with_setup(), 0),
    ],
    ids=["all", "a space", "a line end", "moved", "added", "an exercise left out", "no set-up"],
)
def test_common_is_what_is_the_same_to_the_byte_from_the_first_cell_on(own, expected):
    assert common_cells(sequence_of(own), [(), sequence_of(PUBLISHED)]) == expected


def test_registering_remembers_the_order_of_a_notebook_and_of_another_with_the_same_exercises(rubric_path):  # noqa: F811
    register(rubric_path, PUBLISHED)
    assert "its cells as they stand are known now, too" in register(rubric_path, with_setup("import numpy"))
    assert "registered already" in register(rubric_path, PUBLISHED)
    known = load_rubric(rubric_path)
    assert known.sequences == (sequence_of(PUBLISHED), sequence_of(with_setup("import numpy")))
    assert {cell.version for one in known.exercises for cell in one.published} == {1}


def test_a_rubric_from_before_learns_the_order_from_the_same_notebook(rubric_path):  # noqa: F811
    register(rubric_path, PUBLISHED)
    text = rubric_path.read_text(encoding="utf-8")
    rubric_path.write_text(text[: text.index("sequences:")], encoding="utf-8")
    assert load_rubric(rubric_path).sequences == ()
    register(rubric_path, PUBLISHED)
    assert rubric_path.read_text(encoding="utf-8") == text


def test_solutions_of_the_reference_are_nobodys_to_share():
    for lesson in load_lessons().values():
        left_open = {one.number for one in lesson.rubric.exercises if one.level != "guided"}
        *published, reference = lesson.course
        assert tuple(published) == lesson.rubric.sequences
        assert len(published) >= 1
        assert len(reference) >= 1
        assert not left_open & {number for number, _ in reference}


def test_two_notebooks_of_other_exercises_have_the_set_up_in_common_only():
    one, other = notebook(exercise(SHOWN, number=1)), notebook(exercise(SKELETON, number=1))
    both = [dataclasses.replace(each, setup=PUBLISHED.setup) for each in (one, other)]
    assert common_cells(sequence_of(both[0]), [sequence_of(both[1])]) == 2
