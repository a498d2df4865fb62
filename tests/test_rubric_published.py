"""An exercise left as it was handed out is told from one that somebody worked on."""

import pytest

from assay.failure import Misuse
from assay.intake import Cell, Exercise, Notebook, cell_digest
from assay.rubric import PublishedCell, load_rubric, register, untouched
from assay.rubric.skeleton import does_something, is_open

HAND_WRITTEN = """\
# A comment with an \u00e9, kept byte for byte.
lesson: small
title:   Small
limits: {cell: 1 min, exercise: 1 min, submission: 1 min, memory: 1 GB, output: 1 MB}
exercises:
  - {number: 1, title: One, level: guided, criteria: [{check: a, points: 1}]}
  - {number: 2, title: Two, level: supported, criteria: [{check: b, points: 1}]}
"""
MARKER = "# --- generated below this line by `grade.py register`; do not edit ---\n"

SHOWN = "y = f(1)\nprint(y)"
SKELETON = "# TODO: train\noptimizer = None  # Replace this line"
PLOT = "plot(losses)"


def exercise(*sources, number=2):
    return Exercise(number, "", None, tuple(Cell(index, "code", one) for index, one in enumerate(sources)))


def notebook(*exercises, file="small.ipynb"):
    return Notebook(file, "0" * 64, None, (), (), exercises, ())


def cells(*pairs, version=1):
    return tuple(PublishedCell(cell_digest(source), is_left_open, version) for source, is_left_open in pairs)


PUBLISHED = cells((SHOWN, False), (SKELETON, True), (PLOT, False))
COMPLETE = cells((SHOWN, False), (PLOT, False))


@pytest.mark.parametrize(
    "sources",
    [
        (SHOWN, SKELETON, PLOT),
        (SHOWN.replace("\n", "  \r\n"), SKELETON + "\n\n", PLOT),
        (SHOWN, SKELETON, PLOT, "", "# my notes", "%%time\n", "import torch", "print('hello')", "pass"),
        (SHOWN, PLOT),
        (SKELETON,),
        (),
        ("  \n", "# nothing yet"),
    ],
)
def test_what_was_handed_out_is_untouched(sources):
    assert untouched(exercise(*sources), PUBLISHED)


@pytest.mark.parametrize(
    "sources",
    [
        (SHOWN, "optimizer = AdamW(p)", PLOT),
        (SHOWN, SKELETON, "optimizer = AdamW(p)", PLOT),
        (SHOWN, SKELETON + "\noptimizer = AdamW(p)", PLOT),
        (SHOWN, SKELETON, PLOT, "optimizer = AdamW(p"),
        (SHOWN, SKELETON, PLOT, "%%time\ntrain()"),
        ("everything()",),
    ],
)
def test_any_changed_or_added_work_is_an_attempt(sources):
    assert not untouched(exercise(*sources), PUBLISHED)


def test_one_of_two_open_cells_filled_in_is_an_attempt():
    published = cells(("# TODO 1\na = None", True), ("# TODO 2\nb = None", True))
    assert untouched(exercise("# TODO 1\na = None", "# TODO 2\nb = None"), published)
    assert not untouched(exercise("a = 1", "# TODO 2\nb = None"), published)


def test_an_exercise_handed_out_complete_is_not_untouched_by_being_equal():
    assert not untouched(exercise(SHOWN, PLOT), COMPLETE)
    assert not untouched(exercise(SHOWN), COMPLETE)


def test_a_missing_or_empty_exercise_is_untouched_even_when_handed_out_complete():
    assert untouched(None, COMPLETE)
    assert untouched(exercise(), COMPLETE)
    assert untouched(exercise("# gone"), ())


def test_without_a_registered_notebook_any_work_is_an_attempt():
    assert not untouched(exercise(SKELETON), ())


def test_text_and_raw_cells_are_no_work():
    text = Exercise(2, "", None, (Cell(0, "markdown", "## Exercise 2"), Cell(1, "raw", "train()")))
    assert untouched(text, PUBLISHED)


def test_each_version_of_the_published_notebook_stands_for_itself():
    newer = cells((SHOWN, False), ("# TODO: other\nz = None", True), version=2)
    assert untouched(exercise(SHOWN, SKELETON, PLOT), PUBLISHED + newer)
    assert untouched(exercise(SHOWN, "# TODO: other\nz = None"), PUBLISHED + newer)
    assert not untouched(exercise(SKELETON, "# TODO: other\nz = None"), PUBLISHED + newer)


def test_a_version_handed_out_complete_is_not_mistaken_for_an_older_skeleton():
    solved = cells((SHOWN, False), ("optimizer = AdamW(p)", False), (PLOT, False), version=2)
    assert not untouched(exercise(SHOWN, "optimizer = AdamW(p)", PLOT), PUBLISHED + solved)
    assert untouched(exercise(SHOWN, SKELETON, PLOT), PUBLISHED + solved)


@pytest.mark.parametrize(
    "source",
    [
        "x = 1  # TODO: more",
        "# YOUR CODE HERE",
        "z = None  # later",
        "def f():\n    pass  # your turn",
        "y = x + ____",
        "a = 0  # Replace this line",
        "# Fill in the rest\nx = 1",
        "",
        "# Only a comment.\nprint('Write below.')",
        "pass",
        "...",
    ],
)
def test_cells_with_something_to_fill_in_are_open(source):
    assert is_open(source, given_complete=False)


@pytest.mark.parametrize(
    "source",
    [
        "x = 1",
        "if not losses:\n    print('Complete TODO 2 first. Fill in YOUR part.')",
        "try:\n    del x\nexcept NameError:\n    pass",
        "print(x)",
        "import torch",
        "!pip install x\nx = 1",
        "broken(",
        "seen = None",
    ],
)
def test_finished_cells_are_not_open(source):
    assert not is_open(source, given_complete=False)


def test_a_cell_that_only_announces_is_open_only_where_work_is_left():
    assert is_open("print('done')", given_complete=False)
    assert not is_open("print('done')", given_complete=True)
    assert is_open("x = 1  # TODO", given_complete=True)


@pytest.mark.parametrize("source", ["x = 1", "print(x)", "%matplotlib inline\nf()", "broken(", "def f(): ...", "a\0b"])
def test_work_is_recognised(source):
    assert does_something(source)


@pytest.mark.parametrize(
    "source", ["", "# x", "'''text'''", "print('a', 1)", "import a\nfrom b import c", "!pip install x"]
)
def test_idle_cells_are_recognised(source):
    assert not does_something(source)


def test_code_nested_too_deeply_to_parse_is_work():
    assert does_something("(" * 10_000 + ")" * 10_000)


@pytest.fixture
def rubric_path(tmp_path):
    path = tmp_path / "small.yaml"
    path.write_bytes((HAND_WRITTEN + MARKER).encode())
    return path


FIRST = notebook(exercise(SHOWN, "print('freed')", number=1), exercise(SHOWN, SKELETON))


def test_registering_writes_digests_below_the_marker_only(rubric_path):
    assert register(rubric_path, FIRST) == "small.ipynb is registered as version 1: 4 cells, 1 of them open."
    text = rubric_path.read_bytes().decode()
    assert text.startswith(HAND_WRITTEN + MARKER)
    assert "TODO" not in text
    one, two = load_rubric(rubric_path).exercises
    assert one.published == cells((SHOWN, False), ("print('freed')", False))
    assert two.published == cells((SHOWN, False), (SKELETON, True))


def test_registering_again_changes_nothing(rubric_path):
    register(rubric_path, FIRST)
    before = rubric_path.read_bytes()
    assert register(rubric_path, FIRST) == "small.ipynb is registered already, as version 1."
    assert rubric_path.read_bytes() == before


def test_another_version_is_added_to_the_first(rubric_path):
    register(rubric_path, FIRST)
    second = notebook(exercise(SHOWN, number=1), exercise("# TODO: all of it"))
    assert "as version 2: 2 cells, 1 of them open" in register(rubric_path, second)
    assert "already, as version 1" in register(rubric_path, FIRST)
    two = load_rubric(rubric_path).exercises[1]
    assert [cell.version for cell in two.published] == [1, 1, 2]
    assert untouched(exercise(SHOWN, SKELETON), two.published)
    assert untouched(exercise("# TODO: all of it"), two.published)


def test_a_marker_without_a_line_end_gets_one(rubric_path):
    rubric_path.write_bytes((HAND_WRITTEN + MARKER).rstrip().encode())
    register(rubric_path, FIRST)
    assert rubric_path.read_bytes().decode().startswith(HAND_WRITTEN + MARKER + "published:\n")


@pytest.mark.parametrize("end", ["", "\n\n"])
def test_a_missing_marker_is_added(rubric_path, end):
    rubric_path.write_bytes((HAND_WRITTEN.rstrip("\n") + end).encode())
    register(rubric_path, FIRST)
    assert rubric_path.read_bytes().decode().startswith(HAND_WRITTEN + MARKER + "published:\n")


def test_windows_line_ends_above_the_marker_stay(rubric_path):
    above = (HAND_WRITTEN + MARKER).replace("\n", "\r\n").encode()
    rubric_path.write_bytes(above)
    register(rubric_path, FIRST)
    assert rubric_path.read_bytes().startswith(above)
    assert load_rubric(rubric_path).exercises[1].published[1].open


def test_published_cells_above_the_marker_are_not_doubled(rubric_path):
    rubric_path.write_bytes((HAND_WRITTEN + "published: {}\n").encode())
    with pytest.raises(Misuse, match="stands above the generated part"):
        register(rubric_path, FIRST)


def test_a_notebook_of_other_exercises_is_refused(rubric_path):
    before = rubric_path.read_bytes()
    with pytest.raises(Misuse, match=r"small.ipynb: there is no exercise 1"):
        register(rubric_path, notebook(exercise(SHOWN)))
    with pytest.raises(Misuse, match=r"small.yaml: there is no exercise 5"):
        register(rubric_path, notebook(*FIRST.exercises, exercise(SHOWN, number=5)))
    assert rubric_path.read_bytes() == before
