"""Whatever a submission says: pages hold our markup only, the gradebook no formula, the terminal nothing that steers.

`ASSAY_FUZZ=5000 python -m pytest tests/test_report_fuzz.py` looks longer.
"""

from __future__ import annotations

import contextlib
import csv
import json
from io import StringIO

import report_runs as runs
import report_samples as samples
from fuzzing import BOUNDED, texts
from hypothesis import given
from hypothesis import strategies as st
from report_reader import read, words
from rich.console import Console
from test_report_escape import is_harmless
from test_report_page import hostile_exhibits, hostile_notebook

from assay.command.pages import Pages
from assay.command.publish import publish
from assay.report import print_results, report_ids, student_view, write_gradebook, write_pages, write_report
from assay.report.cohort_page import write_cohort_page
from assay.report.escape import excerpt, one_line, plain, settled
from assay.report.gradebook import text_cell
from assay.report.page import report_html
from assay.rubric import legible, validate_result

states = st.sampled_from(["graded", "tampered", "rejected", "fault"])
numbers = st.none() | st.floats() | st.integers() | st.just(10**400)
outputs = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)


@BOUNDED
@given(texts, states)
def test_pages_hold_our_markup_only(tmp_path, text, state):
    folder = runs.run_folder(tmp_path, hostile_notebook(text), hostile_exhibits(text))
    result = {**samples.hostile(text), "state": state}
    for one in (result, student_view(result)):
        read(report_html(one, folder, "instructor"))
        read(report_html(one, folder, "student"))


@BOUNDED
@given(st.lists(outputs, max_size=3), st.lists(outputs, max_size=3))
def test_outputs_and_exhibits_of_any_shape_make_a_page(tmp_path, shown, exhibits):
    cells = [runs.markdown("## Exercise 1: One"), {"cell_type": "code", "source": "x", "outputs": shown}, *shown]
    folder = runs.run_folder(tmp_path, {"nbformat": 4, "cells": cells}, exhibits)
    read(report_html(samples.excellent(), folder, "instructor"))


# The kinds of drawings that a page knows, and what stands in them; any value may stand in any place.
DRAWN = {
    "loss_curve": ("losses",),
    "moved_rows": ("total", "table_rows", "rows"),
    "gradient_flow": ("parts",),
    "loop_starts": ("curve", "timesteps", "starts"),
    "effective_masks": ("side", "masks"),
}
INNER = (
    "id", "token", "distance", "allowed", "name", "tensors", "with_gradient", "moved", "trainable", "timestep",
    "signal", "steps", "grey", "edited", "asked",
)  # fmt: skip
several = st.lists(numbers, max_size=6) | st.lists(st.floats(-1, 2), min_size=4, max_size=4)
inner = st.dictionaries(st.sampled_from(INNER), numbers | texts | several, max_size=8)
drawings = st.sampled_from(sorted(DRAWN)).flatmap(
    lambda kind: st.fixed_dictionaries(
        {"kind": st.just(kind), "exercise": st.just(1)},
        optional={name: outputs | several | st.lists(inner, max_size=4) | st.integers(0, 3) for name in DRAWN[kind]},
    )
)


@BOUNDED
@given(st.lists(drawings, min_size=1, max_size=4))
def test_drawings_of_any_numbers_make_a_page(tmp_path, exhibits):
    folder = runs.run_folder(tmp_path, None, exhibits)
    assert "are not shown" not in words(report_html(samples.excellent(), folder, "instructor"))


@BOUNDED
@given(texts, states, st.sets(st.sampled_from(["public", "after_due_date", "hidden"])))
def test_whatever_is_released_a_students_page_holds_our_markup_only(tmp_path, text, state, released):
    result = {**samples.hostile(text), "state": state}
    for criterion, visibility in zip(
        result["exercises"][0]["criteria"], ("hidden", "after_due_date", "public"), strict=True
    ):
        criterion["visibility"] = visibility
    write_report(result, None, tmp_path / "page.html", "student", released=released)
    read((tmp_path / "page.html").read_text(encoding="utf-8"))


@BOUNDED
@given(st.lists(texts, min_size=1, max_size=3), states)
def test_what_run_leaves_is_read_again_as_it_was(tmp_path, said, state):
    results = [{**samples.hostile(text), "file": f"{n}.ipynb", "state": state} for n, text in enumerate(said)]
    pages = Pages.of_files([result["file"] for result in results], tmp_path, {}, {"public"})
    for index, result in enumerate(results):
        pages.write(index, result, tmp_path)
    out, steered = StringIO(), StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(steered):
        publish(results, pages, tmp_path, "-")
        publish(results, pages, tmp_path, str(tmp_path / "named.json"))
    printed, _, table = out.getvalue().partition("\n]\n")
    assert is_harmless((steered.getvalue() + table).replace("\n", ""))
    for text in (printed + "\n]", *((tmp_path / name).read_text("utf-8") for name in ("results.json", "named.json"))):
        assert json.loads(text) == json.loads(json.dumps(results, ensure_ascii=False).encode("utf-8", "replace"))
    read((tmp_path / "report.html").read_text(encoding="utf-8"))


@BOUNDED
@given(st.lists(texts, min_size=1, max_size=5))
def test_names_are_files_of_their_own(tmp_path, names):
    results = [samples.result(f"{name}.ipynb") for name in names]
    ids = report_ids(results)
    assert len({name.casefold() for name in ids}) == len(ids)
    for result, name in zip(results, ids, strict=True):
        assert name.isascii() and "/" not in name and name.strip(".") == name and 0 < len(name) <= 80
        write_pages(result, None, tmp_path, name)
        assert (tmp_path / "reports" / f"{name}.html").is_file()
    links = {result["file"]: f"reports/{name}.html" for result, name in zip(results, ids, strict=True)}
    write_cohort_page(results, links, tmp_path / "report.html")
    read((tmp_path / "report.html").read_text(encoding="utf-8"))


@BOUNDED
@given(st.lists(st.tuples(texts, texts, numbers), min_size=1, max_size=5))
def test_the_gradebook_has_a_row_each_and_no_formula(tmp_path, entries):
    results = [samples.result(f"{name}.ipynb", reason=reason, score=score) for name, reason, score in entries]
    write_gradebook(results, tmp_path / "gradebook.csv")
    with (tmp_path / "gradebook.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert len(rows) == len(results) + 1
    for row in rows[1:]:
        for cell in (row[0], row[1], row[2], row[-1]):
            assert not cell.startswith(tuple("=+-@\t\r\n")) and is_harmless(cell)


@BOUNDED
@given(texts, states)
def test_nothing_steers_the_terminal(text, state):
    out = StringIO()
    result = {**samples.hostile(text), "state": state}
    print_results([result], Console(file=out, width=90, force_terminal=False))
    print_results([result, samples.excellent()], Console(file=out, width=90, force_terminal=False))
    assert is_harmless(out.getvalue().replace("\n", ""))


@BOUNDED
@given(texts)
def test_escaping_is_settled_after_once(text):
    for escape in (plain, one_line, text_cell, lambda t: excerpt(settled(t))):
        once = escape(text)
        assert is_harmless(once.replace("\n", "").replace("\t", ""))
        once.encode("utf-8")
    assert plain(plain(text)) == plain(text)


@BOUNDED
@given(texts, outputs)
def test_a_result_is_strict_json_whatever_was_seen(text, anything):
    result = samples.mistaken()
    result["exercises"][0]["criteria"][0]["seen"] = text
    result["notes"] = [text or "a note"]
    validate_result(legible(result))
    json.dumps(legible(result), ensure_ascii=False).encode("utf-8")
    json.dumps(legible({"any": anything}), ensure_ascii=False).encode("utf-8")
