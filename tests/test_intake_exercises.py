"""Cells find their exercise by headings alone."""

import json
import time

import pytest

from assay.intake import read_notebook


def read(*cells):
    """A notebook of the given cells: markdown where the text begins with '|', else code."""
    raw = [
        {"cell_type": "markdown", "source": text[1:]} if text.startswith("|") else {"cell_type": "code", "source": text}
        for text in cells
    ]
    return read_notebook(json.dumps({"cells": raw, "nbformat": 4, "nbformat_minor": 5}).encode(), "x.ipynb")


def indices(notebook):
    return {one.number: [cell.index for cell in one.cells] for one in notebook.exercises}


def test_cells_go_to_setup_and_exercises():
    notebook = read("|# The Lesson", "|## Setup", "a", "|## Exercise 1: One [Guided]", "b", "|## Exercise 2: Two", "c")
    assert notebook.title == "The Lesson"
    assert [cell.index for cell in notebook.setup] == [0, 1, 2]
    assert indices(notebook) == {1: [3, 4], 2: [5, 6]}
    assert notebook.notes == ()


@pytest.mark.parametrize(
    ("heading", "title", "level"),
    [
        ("## Exercise 3: Train It [Supported]", "Train It", "supported"),
        ("## Exercise 3 - Train It [Independent]", "Train It", "independent"),
        ("## Exercise 3 \u2014 Train It [guided]", "Train It", "guided"),
        ("# Exercise 3. Train It (Guided)", "Train It", "guided"),
        ("### Exercise 3 Train It", "Train It", None),
        ("  ##  EXERCISE  #3:  Train It  ##", "Train It", None),
        ("## **Exercise 3:** Train It **[Guided]**", "Train It", "guided"),
        ("## Exercise 3: Train It `[Guided]`", "Train It", "guided"),
        ("## Exercise 3: Read `config` [`Independent`]", "Read `config`", "independent"),
        ("## **Exercise 3**: C#", "C#", None),
        ("## Exercise 3", "", None),
        ("## Exercise 3:", "", None),
        ("Some text first.\n\n## Exercise 3: Train [it] now", "Train [it] now", None),
    ],
)
def test_headings_are_read_as_people_write_them(heading, title, level):
    (exercise,) = read("x", f"|{heading}", "y").exercises
    assert (exercise.number, exercise.title, exercise.level) == (3, title, level)
    assert [cell.index for cell in exercise.cells] == [1, 2]


@pytest.mark.parametrize(
    "text",
    [
        "#### Exercise 3: too deep",
        "##Exercise 3",
        "    ## Exercise 3: indented code",
        "Exercise 3: no heading",
        "## Exercises 3",
        "## Exercise 3b",
        "## Exercise three",
        "## Exercise 12345678901234567890",
        "## About Exercise 3",
        "```\n## Exercise 3: code\n```",
        "~~~~python\n```\n~~~\n## Exercise 3: code\n~~~~",
        "```\n## Exercise 3: in a fence that never ends",
    ],
)
def test_other_lines_open_no_exercise(text):
    assert read(f"|{text}", "x").exercises == ()


def test_a_heading_after_a_fence_counts():
    assert indices(read("|```\n# no\n```\n## Exercise 1", "x")) == {1: [0, 1]}
    assert indices(read("|``` not `a` fence\n## Exercise 1", "x")) == {1: [0, 1]}


def test_sections_below_rank_2_stay_inside_the_exercise():
    assert indices(read("|## Exercise 1", "x", "|### What Just Happened", "|#### More", "y")) == {1: [0, 1, 2, 3, 4]}


def test_after_another_section_only_code_stays_with_the_exercise_before():
    notebook = read("|## Exercise 4", "x", "|## Key Takeaways", "|more text", "y", "|### detail", "z")
    assert indices(notebook) == {4: [0, 1, 4, 6]}


def test_two_headings_of_one_number_are_one_exercise_with_a_note():
    notebook = read("|## Exercise 1: A", "a", "|## Exercise 2: B", "b", "|## Exercise 1: Again", "c", "|# Exercise 1")
    assert indices(notebook) == {1: [0, 1, 4, 5, 6], 2: [2, 3]}
    assert notebook.exercises[0].title == "A"
    assert notebook.notes == ("Exercise 1 has more than one heading; the cells below all of them belong to it.",)


def test_a_smaller_heading_inside_an_exercise_does_not_open_it_again():
    notebook = read(
        "|## Exercise 1", "a", "|## Exercise 2", "|### Exercise 1, looking back", "|### Exercise 2 answer", "b"
    )
    assert indices(notebook) == {1: [0, 1], 2: [2, 3, 4, 5]}
    assert notebook.notes == ()


def test_two_exercises_in_one_cell_leave_the_first_empty():
    assert indices(read("|## Exercise 1\n## Exercise 2", "x")) == {1: [], 2: [0, 1]}


def test_headings_in_code_and_raw_cells_are_comments():
    assert read("# Exercise 1", "x").exercises == ()


def test_a_notebook_without_exercises_is_all_setup():
    notebook = read("a", "b")
    assert [cell.index for cell in notebook.setup] == [0, 1]
    assert notebook.title is None


@pytest.mark.parametrize(
    "line",
    ["# " + " " * 900_000, "#" * 900_000, "# " + " #" * 450_000, "# Exercise 1" + " " * 900_000 + "[", "`" * 900_000],
)
def test_hostile_lines_take_no_time(line):
    begin = time.perf_counter()
    assert read(f"|{line}", "x").cells
    assert time.perf_counter() - begin < 2
