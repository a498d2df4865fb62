"""Solutions find the places that they answer, in each of the ways in which authors write them, and no others."""

from __future__ import annotations

from assay.coursework.placing import place
from assay.coursework.runs import Runs
from assay.coursework.solutions import solutions
from tests.coursework import page_of, solution

EXERCISE = "## Exercise 1: Something [Supported]"


def placed(code: str, *blocks: str) -> str:
    """The cell with its solution in its place."""
    done = place(page_of(EXERCISE, code, solution(*blocks)))
    assert not done.unplaced
    assert not done.left
    return done.sources[2]


def test_by_the_number_of_its_todo():
    code = "for i in range(2):\n    # TODO 1: a\n    a = None  # Replace this line\n    # TODO 2: b\n    # as above\n"
    assert placed(code, "**TODO 2: last**\n    b = a + 1", "**TODO 1**\n    a = i") == (
        "for i in range(2):\n    # TODO 1: a\n    a = i\n    # TODO 2: b\n    # as above\n    b = a + 1\n"
    )


def test_by_its_placeholders_of_which_the_others_go():
    code = "# TODO: all three\na = None  # TODO\nb = None  # TODO\nprint(a)"
    assert placed(code, "a = 1\nb = a + 1") == "# TODO: all three\na = 1\nb = a + 1\nprint(a)"


def test_by_the_line_that_the_words_before_it_name():
    code = "for n in range(2):\n    # YOUR CODE HERE: call it\n    result = None\n    # YOUR CODE HERE\nprint(result)"
    call, plot = (
        "**Cell 1 - the call (replace `result = None`):**\nresult = n",
        "**The plot (replacing `# YOUR CODE HERE`)**\nprint(n)",
    )
    wanted = "for n in range(2):\n    # YOUR CODE HERE: call it\n    result = n\n    print(n)\nprint(result)"
    assert placed(code, call, plot) == wanted
    twice = "result = None\nprint(1 + 1)\nresult = None\n# YOUR CODE HERE"
    assert place(page_of(EXERCISE, twice, solution(call))).unplaced


def test_by_the_header_of_a_function_or_loop():
    code = "def f(x):\n    # TODO: double\n    pass\n\nprint(f(2))"
    assert placed(code, "def f(x):\n    return 2 * x") == "def f(x):\n    return 2 * x\n\nprint(f(2))"
    loop = "made = []\nfor i in range(3):\n    # TODO: append\n    pass\n"
    assert placed(loop, "for i in range(3):\n    made.append(i)").endswith("for i in range(3):\n    made.append(i)\n")


def test_in_turn_one_statement_for_each_todo():
    code = (
        "class A:\n    def __init__(self):\n        # TODO: a\n        # Hint: 1\n\n"
        "    def f(self):\n        # TODO: b\n"
    )
    done = placed(code, "**both**\nself.a = 1\nreturn self.a")
    assert "        # Hint: 1\n        self.a = 1\n" in done
    assert "        # TODO: b\n        return self.a\n" in done


def test_as_a_whole_cell():
    assert placed("# YOUR CODE HERE\nprint('write it above')", "x = 1\nprint(x)") == "x = 1\nprint(x)"


def test_what_answers_nothing_is_told_and_changes_nothing():
    page = page_of(EXERCISE, "# TODO: a\na = None  # TODO\nprint(a)", solution("b = 1"))
    done = place(page)
    assert [block.source for _, block in done.unplaced] == ["b = 1"]
    assert done.sources == {}
    assert done.unanswered == [2]


def test_a_solution_that_is_no_python_is_not_put_in():
    done = place(page_of(EXERCISE, "# YOUR CODE HERE", solution("x = = 1")))
    assert len(done.unplaced) == 1
    assert done.sources == {}


def test_each_solution_answers_the_cells_before_it():
    page = page_of(
        EXERCISE, "# YOUR CODE HERE", solution("first = 1"),
        "## Exercise 2: Another [Independent]", "# YOUR CODE HERE", solution("second = 2"),
    )  # fmt: skip
    assert place(page).sources == {2: "first = 1", 5: "second = 2"}


def test_what_code_prints_is_no_code():
    printed = "<details>\n<summary>Solution</summary>\n\n```\na -> shape: torch.Size([3]) dtype\n```\n\n</details>"
    page = page_of(EXERCISE, "# YOUR CODE HERE", printed)
    assert not page.solutions
    assert page_of(
        EXERCISE, "# YOUR CODE HERE", printed.replace("a -> shape: torch.Size([3]) dtype", "a = 3")
    ).solutions


def test_an_exercise_without_a_heading_is_not_called_handed_out():
    page = page_of(EXERCISE, "x = 1")
    lost = {"kind": "automatic", "state": "failed", "max_score": 1.0, "claim": "It holds.", "seen": "nothing"}
    exercises = [{"number": n, "score": 0.0, "max_score": 1.0, "criteria": [lost]} for n in (1, 2)]
    found = list(solutions(page, Runs(place(page), result={"state": "graded", "exercises": exercises})))
    assert [one.message.split(" earns")[0] for one in found] == [
        "The exercise as handed out", "Exercise 2, for which this notebook has no heading,",
    ]  # fmt: skip
