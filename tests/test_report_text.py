"""The terminal: criterion by criterion for one submission, a table for several, and nothing that steers it."""

from __future__ import annotations

from io import BytesIO, StringIO, TextIOWrapper

import pytest
import report_samples as samples
from rich.console import Console
from test_report_escape import is_harmless

from assay.report import print_results, student_view


def printed(*results: samples.Object, width: int = 110) -> str:
    out = StringIO()
    print_results(list(results), Console(file=out, width=width, force_terminal=False))
    return out.getvalue()


def test_one_submission_is_shown_criterion_by_criterion() -> None:
    text = printed(samples.mistaken())
    lines = [line.strip() for line in text.splitlines()]
    assert "✗  0/3  Only the pseudo-token's row of the embedding table changed." in lines
    assert any(line.startswith("seen: 5 other rows changed too") for line in lines)
    assert any(line.startswith("often: Every row that takes part") for line in lines)
    assert any(line.startswith("try: Look at what happens") for line in lines)
    assert "14 / 19 (+5 to be marked)" in text.replace("  ", " ")
    assert "Shortened in cell 29: num_training_steps was 300, ran with 12" in text
    assert "Cell 2 asked pip to install packages" in text


def test_rejected_and_fault_are_a_sentence() -> None:
    assert "save the notebook as .ipynb" in printed(samples.rejected())
    text = printed(samples.fault())
    assert "nothing is held against the student" in text and "Exercise" not in text


def test_stopped_exercises_say_why() -> None:
    text = printed(samples.stopped())
    assert "ran out of time in cell 29" in text and "Cell 29 ran longer than 10 minutes" in text
    assert "seen: counts only together with `rows-with-gradient`" in text


def test_several_submissions_are_a_table_with_totals() -> None:
    text = printed(samples.excellent(), samples.mistaken(), samples.rejected(), samples.fault(), samples.tampered())
    assert "ada.ipynb" in text and "17 / 17" in text and "tampering flagged" in text
    assert "5 submissions, mean 87 %, 18 points to be marked, 4 need a person" in text


def test_a_students_view_keeps_hidden_criteria_hidden() -> None:
    text = printed(student_view(samples.mistaken()))
    assert "Adapter off" in text and "hidden: until it is released" in text
    assert "Without the adapter" not in text and "12 / 17" in text


@pytest.mark.parametrize("text", samples.HOSTILE)
def test_nothing_of_a_submission_steers_the_terminal(text: str) -> None:
    for results in ([samples.hostile(text)], [samples.hostile(text), samples.excellent()]):
        shown = printed(*results)
        assert is_harmless(shown) and shown.strip()
    if "[bold red]" in text:
        assert "[bold red]markup[/] :smile:" in printed(samples.hostile(text), width=300)


def test_a_terminal_without_unicode_gets_plain_signs() -> None:
    raw = BytesIO()
    out = TextIOWrapper(raw, encoding="ascii")
    print_results([samples.mistaken("猫.ipynb")], Console(file=out, width=110))
    print_results([samples.mistaken("猫.ipynb"), samples.excellent()], Console(file=out, width=110))
    out.flush()
    assert b"x  0/3" in raw.getvalue() and b"?.ipynb" in raw.getvalue()


def test_nothing_to_print_prints_nothing() -> None:
    assert printed() == ""


def cohort_lines(width: int, exercises: int = 4) -> list[str]:
    parts = [samples.exercise(n, f"Part {n}", samples.criterion("x", "passed")) for n in range(1, exercises + 1)]
    name = "students/ada-lovelace-of-london/lora-finetuning-final.ipynb"
    results = [samples.result(name, *parts), {**samples.rejected(), "file": "students/bo/lora.ipynb"}]
    return printed(*results, width=width).splitlines()


@pytest.mark.parametrize("exercises", [1, 4, 9])
def test_a_cohorts_table_reads_at_eighty_columns(exercises: int) -> None:
    lines = cohort_lines(80, exercises)
    assert max(map(len, lines)) <= 80
    rows = [line for line in lines if " / " in line]
    assert len(rows) == 1  # a number is never broken
    assert ("Ex 1" in lines[1]) == (exercises <= 4)
    assert "".join(line.split("  ")[0].strip() for line in lines[3:6]).startswith("ada-lovelace-of-london/lora-fin")


def test_a_sentence_about_a_submission_has_the_whole_width() -> None:
    lines = cohort_lines(80)
    reason = str(samples.rejected()["reason"])
    said = [number for number, line in enumerate(lines) if line.startswith("bo/lora.ipynb") and "not graded" in line]
    assert len(said) == 1
    assert reason[:40] in lines[said[0]] + " " + lines[said[0] + 1]


def test_who_was_rejected_needs_a_person_wherever_that_is_counted() -> None:
    assert "1 needs a person" in cohort_lines(80)[-1]
