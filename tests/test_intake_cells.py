"""What is carried on from a notebook, and what is dropped."""

import hashlib
import json

import pytest

from assay.intake import cell_digest, read_notebook


def read(tree):
    return read_notebook(json.dumps(tree).encode(), "some/work.ipynb")


def notebook(*cells, **more):
    return {"cells": list(cells), "metadata": {}, "nbformat": 4, "nbformat_minor": 5, **more}


CODE = {"cell_type": "code", "source": ["a = 1\n", "b = 2"], "metadata": {}, "outputs": []}


def test_cells_are_numbered_among_all_and_lists_of_lines_are_joined():
    markdown = {"cell_type": "markdown", "source": "text"}
    cells = read(notebook(markdown, {"cell_type": "raw", "source": ""}, CODE)).cells
    assert [(cell.index, cell.kind, cell.source) for cell in cells] == [
        (0, "markdown", "text"),
        (1, "raw", ""),
        (2, "code", "a = 1\nb = 2"),
    ]


def test_the_name_is_kept_as_given_and_the_digest_is_of_the_bytes():
    data = json.dumps(notebook(CODE)).encode()
    read_back = read_notebook(data, "some/work.ipynb")
    assert read_back.file == "some/work.ipynb"
    assert read_back.sha256 == hashlib.sha256(data).hexdigest()


def test_metadata_tags_outputs_and_attachments_are_dropped():
    secret = "do-not-carry"
    dressed = {
        **CODE,
        "id": secret,
        "metadata": {"tags": ["skip-execution", secret]},
        "outputs": [{"output_type": "stream", "name": "stdout", "text": secret}],
        "attachments": {"../../etc/passwd": {"image/png": secret}},
    }
    carried = read(notebook(dressed, metadata={"kernelspec": {"name": secret}}))
    assert secret not in repr(carried)
    assert carried.cells == read(notebook(CODE)).cells


@pytest.mark.parametrize(
    "strange",
    [
        {"id": "same"},
        {"id": "bad id!" * 50},
        {"id": 7},
        {"outputs": [{"output_type": "unheard of"}]},
        {"outputs": "none"},
        {"metadata": None},
        {"execution_count": "x"},
    ],
)
def test_what_is_dropped_cannot_be_wrong(strange):
    carried = read(notebook({**CODE, **strange}, {**CODE, **strange}))
    assert [cell.source for cell in carried.cells] == ["a = 1\nb = 2"] * 2
    assert carried.notes == ()


def test_a_twenty_megabyte_attachment_is_dropped():
    carried = read(notebook({**CODE, "attachments": {"../../etc/passwd": {"image/png": "A" * 20_000_000}}}))
    assert carried.cells == read(notebook(CODE)).cells


@pytest.mark.parametrize("minor", [99, 6, -1, "5", 4.5, None])
def test_an_unknown_minor_format_is_clamped_with_a_note(minor):
    carried = read(notebook(CODE, nbformat_minor=minor))
    assert len(carried.cells) == 1
    assert "read as format 4.5" in carried.notes[0]


@pytest.mark.parametrize("minor", [0, 4, 5])
def test_a_known_minor_format_has_no_note(minor):
    assert read(notebook(CODE, nbformat_minor=minor)).notes == ()


def test_format_3_is_read_as_format_4_with_a_note():
    old = [
        {"cell_type": "heading", "level": 1, "source": ["A ", "Title"]},
        {"cell_type": "heading", "level": "?", "source": None},
        {"cell_type": "heading", "level": 2, "source": "Exercise 1: Look [Guided]"},
        {"cell_type": "html", "source": "<b>x</b>"},
        {"cell_type": "code", "input": ["a = 1\n", "b"], "language": "python", "outputs": [], "prompt_number": 1},
    ]
    worksheets = [{"cells": old, "metadata": {}}, {"cells": [{"cell_type": "raw", "source": "r"}]}]
    carried = read({"nbformat": 3, "nbformat_minor": 0, "worksheets": worksheets})
    assert carried.title == "A Title"
    assert [cell.kind for cell in carried.cells] == ["markdown"] * 4 + ["code", "raw"]
    assert carried.exercises[0].cells[2].source == "a = 1\nb"
    assert "format 3" in carried.notes[0]


def test_a_digest_forgives_line_ends_and_trailing_space_only():
    digest = cell_digest("a = 1\n\n  b\n")
    assert len(digest) == 16
    assert digest == cell_digest("a = 1  \r\n\t\r\n  b\r\n\r\n") == cell_digest("a = 1\r\r  b")
    assert digest != cell_digest("a = 1\n\nb\n")
    assert digest != cell_digest("\na = 1\n\n  b")
    assert len(cell_digest("\ud800")) == 16
