"""Whatever a submission says: pages hold our markup only, the gradebook no formula, the terminal nothing that steers.

`ASSAY_FUZZ=5000 python -m pytest tests/test_report_fuzz.py` looks longer.
"""

from __future__ import annotations

import csv
import json
from io import StringIO

import report_runs as runs
import report_samples as samples
from fuzzing import BOUNDED, texts
from hypothesis import given
from hypothesis import strategies as st
from report_reader import read
from rich.console import Console
from test_report_escape import is_harmless
from test_report_page import hostile_exhibits, hostile_notebook

from assay.report import print_results, report_ids, student_view, write_gradebook, write_pages
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
