"""One submission's page: what it tells, what it hides from students, and that no submission's string becomes markup."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
import report_runs as runs
import report_samples as samples
from browser import open_page
from report_reader import read, words

from assay.report import student_view, write_report
from assay.report.escape import plain
from assay.report.markup import POLICY, Markup, join, prose, tag
from assay.report.page import report_html


def instructor(result: samples.Object, folder: Path | None = None) -> str:
    return report_html(result, folder, "instructor")


def hostile_notebook(text: str) -> samples.Object:
    """The text in every place of an executed notebook that a page could take something from."""
    bundle = dict.fromkeys(("text/html", "image/svg+xml", "text/plain", "application/javascript", text), text)
    return runs.notebook(
        runs.markdown(f"## Exercise 1: {text}"),
        runs.code(
            text,
            runs.stream(text),
            runs.error(text, text, text, f"\x1b[31m{text}\x1b[0m"),
            {"output_type": "display_data", "data": bundle},
            runs.display(image_png=text),
        ),
        runs.markdown(text),
        runs.markdown("## Key Takeaways"),
        runs.code(text, runs.stream(text)),
    )


def hostile_exhibits(text: str) -> list[samples.Object]:
    return [
        {"kind": text, "exercise": 1},
        {"kind": "loss_curve", "exercise": 1, "losses": [text, 1.0, float("nan"), 1e400, 0.5]},
        {"kind": "moved_rows", "exercise": 1, "total": text, "table_rows": text, "rows": [{"id": 1, "token": text}]},
        {"kind": "gradient_flow", "exercise": 1, "parts": [{"name": text, "tensors": text}, {"name": f"vae {text}"}]},
    ]


@pytest.mark.parametrize("text", samples.HOSTILE)
def test_no_string_of_a_submission_becomes_markup(text: str, tmp_path: Path) -> None:
    folder = runs.run_folder(tmp_path, hostile_notebook(text), hostile_exhibits(text))
    for state in ("graded", "tampered", "rejected", "fault", text):
        page = instructor({**samples.hostile(text), "state": state}, folder)
        shown = words(page)  # fails on any tag, attribute or address that is not ours
        assert " ".join(plain(text).split()) in shown
        assert "<script" not in page.lower() and page.count("</style>") == 1


def test_a_page_is_one_file_without_scripts_and_with_the_strict_policy() -> None:
    page = instructor(samples.mistaken())
    assert f'content="{POLICY}"'.replace("'", "&#x27;") in page
    assert not re.search(r"https?://|<script|<link|<iframe|url\(|@import", page)


def test_a_failed_criterion_teaches_in_three_steps() -> None:
    shown = words(instructor(samples.mistaken()))
    seen = shown.index("5 other rows changed too")
    assert seen < shown.index("weight decay moves the rest as well") < shown.index("right after optimizer.step()")


def test_pending_points_are_shown_apart_from_the_score() -> None:
    shown = words(instructor(samples.mistaken()))
    assert "14 of 19" in shown and "5 points more wait to be marked by a person" in shown
    assert "A person marks this. The answer belongs in Exercise 4" in shown


def test_what_was_shortened_stands_before_the_exercises() -> None:
    shown = words(instructor(samples.mistaken()))
    assert shown.index("num_training_steps was 300, ran with 12 (cell 29)") < shown.index("Exercise 1 · guided")


def test_states_without_a_score_say_what_happened() -> None:
    assert "save the notebook as .ipynb" in words(instructor(samples.rejected()))
    assert "Nothing is held against the student" in words(instructor(samples.fault()))
    assert "provisional" in words(instructor(samples.tampered()))
    shown = words(instructor(samples.stopped()))
    assert "ran out of time in cell 29" in shown and "Not attempted" in shown


def test_the_notebooks_own_outputs_are_shown_as_text_and_redrawn_pictures(tmp_path: Path) -> None:
    page = instructor(samples.mistaken(), runs.run_folder(tmp_path))
    shown = words(page)
    assert len(read(page).images) == 2
    assert "training 12/12 loss 0.080" in shown and "training 11/12" not in shown
    assert "lines left out" in shown and "An HTML output was left out." in shown
    assert "RuntimeError: element 0 of tensors does not require grad" in shown
    assert "Outputs of 1 cell outside the exercises" in shown


def test_exhibits_become_pictures_with_words(tmp_path: Path) -> None:
    page = instructor(samples.mistaken(), runs.run_folder(tmp_path))
    shown = words(page)
    assert "6 rows of 49,409 changed" in shown and "<naruto-style>" in shown
    assert "✓ meant to move" in shown and "✗ meant to stay" in shown
    assert "moved, and was not meant to" in shown and "stayed frozen" in shown
    assert 'aria-label="Training loss: 12 steps' in page and 'aria-label="Gradient flow. VAE: frozen' in page


def test_written_answers_are_shown_and_the_courses_own_text_is_not(tmp_path: Path) -> None:
    folder = runs.run_folder(tmp_path)
    shown = words(report_html(samples.mistaken(), folder, "instructor", lambda source: source.startswith("## ")))
    assert "LoRA changes 1.2 million numbers" in shown and "Fill in the loop." not in shown


@pytest.mark.parametrize("losses", [[], [0.5], [0.5] * 3, [0.0, 0.0], [1e-9, 1e9], [-3.0, 2.0], list(range(5000))])
def test_any_series_of_losses_can_be_drawn(losses: list[float], tmp_path: Path) -> None:
    shown = [{"kind": "loss_curve", "exercise": 3, "losses": losses}]
    page = instructor(samples.mistaken(), runs.run_folder(tmp_path, shown=shown))
    assert ("Training loss" in words(page)) == bool(losses)
    assert len(page) < 100_000 and "nan" not in re.findall(r'points="([^"]*)"', page)


@pytest.mark.parametrize("content", ["", "[", "[" * 100_000, "null", '{"cells": 3}', '{"cells": [3, {"outputs": 3}]}'])
def test_a_broken_run_folder_costs_a_note_only(content: str, tmp_path: Path) -> None:
    (tmp_path / "executed.ipynb").write_text(content)
    (tmp_path / "exhibits.json").write_text(content)
    assert "Exercise 3" in words(instructor(samples.mistaken(), tmp_path))


def test_links_and_pipes_in_a_run_folder_are_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret.json"
    secret.write_text('{"cells": [{"cell_type": "code", "outputs": [{"output_type": "stream", "text": "secret"}]}]}')
    run = tmp_path / "run"
    run.mkdir()
    (run / "executed.ipynb").symlink_to(secret)
    os.mkfifo(run / "exhibits.json")
    shown = words(instructor(samples.mistaken(), run))
    assert "secret" not in shown and shown.count("are not shown") == 2


def secretive() -> samples.Object:
    """A hidden failed criterion, one that waits for the due date, and a public one that names the hidden one."""
    told = {"seen": "SECRET seen", "help": "SECRET help", "misconception": "SECRET idea", "claim": "SECRET claim"}
    criteria = [
        samples.criterion("table-grew", seen="counts only together with adapter-off", score=0.0),
        samples.criterion("rows-moved"),
        samples.criterion("adapter-off", "failed", 5.0, visibility="hidden", **told),
        samples.criterion("late-one", "passed", 7.0, visibility="after_due_date", **told),
        samples.manual("comparison", 4.0, visibility="hidden", claim="SECRET claim"),
    ]
    return samples.result("eve.ipynb", samples.exercise(1, "Compare", *criteria))


def test_hidden_criteria_show_students_their_name_and_nothing_else() -> None:
    shown = words(report_html(student_view(secretive()), None, "student"))
    assert "SECRET" not in shown and "together with" not in shown
    assert shown.count("hidden until released") == 3 and "Adapter off" in shown
    assert "5 points, hidden until released" in shown
    assert "2 of 4" in shown and "points more wait" not in shown
    assert "The totals count the criteria that are shown only; 3 more stay hidden until they are released." in shown


def test_a_students_page_is_the_same_whatever_hidden_criteria_said() -> None:
    other = secretive()
    for criterion in other["exercises"][0]["criteria"]:
        if criterion["visibility"] != "public":
            criterion.update(state="passed", score=criterion["max_score"], seen="other", claim="other")
    other["exercises"][0].update(score=14.0, pending=0.0)
    other.update(score=14.0, pending=0.0)
    other["exercises"][0]["criteria"][0]["seen"] = "counts only together with other"
    ours, theirs = (report_html(student_view(result), None, "student") for result in (secretive(), other))
    assert ours == theirs


def test_an_exercise_with_something_hidden_shows_students_no_drawing_of_the_judge(tmp_path: Path) -> None:
    folder = runs.run_folder(tmp_path, None, [{**shown, "exercise": 1} for shown in runs.exhibits()])
    page, whole = tmp_path / "student.html", tmp_path / "all.html"
    write_report(secretive(), folder, page, "student")
    write_report(secretive(), folder, whole, "student", released={"public", "after_due_date", "hidden"})
    titles = ("Training loss", "Rows of the embedding table that moved", "Gradient flow")
    assert not any(title in page.read_text(encoding="utf-8") for title in (*titles, "photo"))
    assert all(title in whole.read_text(encoding="utf-8") for title in (*titles, "SECRET seen"))


def test_what_waits_for_the_due_date_is_told_after_it_and_counts() -> None:
    shown = words(report_html(student_view(secretive(), {"public", "after_due_date"}), None, "student"))
    assert shown.count("SECRET seen") == 1 and shown.count("hidden until released") == 2
    assert "9 / 11" in shown


def test_what_does_not_fit_in_evidence_is_for_the_instructor(tmp_path: Path) -> None:
    why = "evidence/facts.jsonl: 3 lines were not written by the witness of this run"
    said = {"state": "tampered", "score": None, "reason": f"A person must look: {why}.", "notes": [why]}
    flagged = samples.mistaken() | said
    theirs, ours = tmp_path / "student.html", tmp_path / "instructor.html"
    write_report(flagged, None, theirs, "student")
    write_report(flagged, None, ours, "instructor")
    assert "facts.jsonl" not in theirs.read_text(encoding="utf-8")
    assert "A person must look at this run before it has a score." in words(theirs.read_text(encoding="utf-8"))
    assert words(ours.read_text(encoding="utf-8")).count(why) == 2


def test_instructors_see_hidden_criteria(tmp_path: Path) -> None:
    write_report(secretive(), None, tmp_path / "new" / "page.html", "instructor")
    page = (tmp_path / "new" / "page.html").read_text(encoding="utf-8")
    assert "SECRET help" in words(page) and [path.name for path in (tmp_path / "new").iterdir()] == ["page.html"]


def test_markup_refuses_what_a_page_must_not_hold() -> None:
    for name, attributes in [
        ("script", {}),
        ("p", {"onclick": "x"}),
        ("a", {"href": "javascript:x"}),
        ("a", {"href": "//host/x.html"}),
        ("img", {"src": "http://host/x.png"}),
        ("img", {"src": "data:image/svg+xml;base64,AAAA"}),
    ]:
        with pytest.raises(ValueError, match=r"not a|does not stay"):
            tag(name, **attributes)


def test_text_joined_with_markup_is_escaped_again() -> None:
    assert join(tag("p", "a") + "<b>") == "&lt;p&gt;a&lt;/p&gt;&lt;b&gt;"
    assert isinstance(prose("`<b>`"), Markup) and prose("`<b>`") == "<code>&lt;b&gt;</code>"


@pytest.mark.slow
def test_a_browser_finds_nothing_but_our_markup(tmp_path: Path) -> None:
    text = "".join(plain(one) for one in samples.HOSTILE)
    folder = runs.run_folder(tmp_path / "run", hostile_notebook(text), hostile_exhibits(text))
    write_report(samples.hostile(text), folder, tmp_path / "page.html", "instructor")
    shown = open_page((tmp_path / "page.html").as_uri(), tmp_path)
    assert "alert(1)" in words(shown.html) and shown.console == [] and shown.asked == set()


SQUARE = {"grey": [0, 80, 160, 255], "edited": [1, None, 0, 1], "asked": [1, 1, 1, None]}
STARTS = [{"timestep": 901, "signal": 0.014, "steps": 10}, {"timestep": 201, "signal": 0.75, "steps": 3}]
LOOPS = [
    {"kind": "loop_starts", "exercise": 3, "timesteps": 1000, "curve": [1.0, 0.5, 0.0], "starts": STARTS},
    {"kind": "effective_masks", "exercise": 3, "side": 2, "masks": [SQUARE]},
]


def test_denoising_loops_are_drawn(tmp_path: Path) -> None:
    page = instructor(samples.mistaken(), runs.run_folder(tmp_path, shown=LOOPS))
    assert "Starts on the alpha-bar curve: timestep 901, alpha-bar 0.014, 10 steps; timestep 201" in page
    assert "2 of 4 cells were made new; 1 took the other side than the mask says" in page
    assert len(read(page).images) == 2 + 1


@pytest.mark.parametrize("changes", [
    {"side": 0}, {"side": 3}, {"side": 10**6}, {"side": "2"}, {"masks": [{}]}, {"masks": 5}, {"curve": [1]},
    {"starts": []}, {"timesteps": 0}, {"curve": ["x", "y"]},
])  # fmt: skip
def test_loops_that_make_no_picture_are_left_out(changes: dict[str, object], tmp_path: Path) -> None:
    broken = [{**exhibit, **changes} for exhibit in LOOPS if changes.keys() & exhibit.keys()]
    page = instructor(samples.mistaken(), runs.run_folder(tmp_path, shown=broken))
    assert "alpha-bar curve" not in page and "cells were made new" not in page


def test_strange_numbers_are_drawn_within_the_picture(tmp_path: Path) -> None:
    starts = [{"timestep": 5000, "signal": 7.0, "steps": -1}, {"timestep": "x", "signal": None}]
    shown = [{**LOOPS[0], "starts": starts}, {**LOOPS[1], "masks": [{**SQUARE, "grey": [-5, 1e9, None, "x"]}]}]
    page = instructor(samples.mistaken(), runs.run_folder(tmp_path, shown=shown))
    assert 'cx="674.0" cy="14.0"' in page and "cells were made new" in page
