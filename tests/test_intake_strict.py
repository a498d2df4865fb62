"""Every way in which a file is no sound notebook gets one sentence of its own."""

import json
import os
import time

import pytest

from assay.failure import Rejected
from assay.intake import read_bytes, read_notebook
from assay.intake.strict import MAX_BYTES


def code(source="x = 1", **more):
    return {"cell_type": "code", "source": source, "metadata": {}, "outputs": [], "execution_count": None, **more}


def document(*cells, **more):
    return {"cells": list(cells or [code()]), "metadata": {}, "nbformat": 4, "nbformat_minor": 5, **more}


def read(value):
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return read_notebook(data, "work.ipynb")


def refusal(value):
    with pytest.raises(Rejected) as caught:
        read(value)
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert sentence.isprintable()
    assert len(sentence) < 250
    return sentence


GOOD = json.dumps(document(code("a = 1\nb = 2"))).encode()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "the file is empty"),
        (b" \n\t ", "the file is empty"),
        (b"\xef\xbb\xbf", "the file is empty"),
        (b"PK\x03\x04rest", "zip archive"),
        (b"\x1f\x8brest", "gzip archive"),
        (b"%PDF-1.7", "a PDF"),
        ("\ufeff{}".encode("utf-16-le"), "UTF-16"),
        (b"\n<!DOCTYPE html><html></html>", "web page"),
        (b"import torch\nprint(1)\n", "script or plain text"),
        (b'"""A module."""\nx = 1\n', "script or plain text"),
        (b"# My notes\n", "script or plain text"),
        (b"hello", "not JSON at byte 0"),
        (GOOD[:-5], f"breaks off after byte {len(GOOD) - 5}"),
        (GOOD[:40], "breaks off after byte 40"),
        (GOOD + b"]", f"not JSON at byte {len(GOOD)} (line 1), extra data"),
        (GOOD.replace(b'"a = 1', b'"a = \\q'), "not JSON at byte"),
        (GOOD.replace(b", ", b"\n<<<<<<< HEAD\n,", 1), "git merge conflict at line 2"),
    ],
)
def test_another_kind_of_file_is_named(data, words):
    assert words in refusal(data)


def test_more_bytes_than_the_cap_are_not_parsed():
    begin = time.perf_counter()
    assert "the limit is 50 MB" in refusal(b"[" * (MAX_BYTES + 1))
    assert time.perf_counter() - begin < 1


@pytest.mark.parametrize("name", ["NaN", "Infinity", "-Infinity"])
def test_numbers_that_are_none_are_refused_with_their_byte(name):
    data = json.dumps(document(code('"NaN"'), metadata={"x": "@"})).replace('"@"', name).encode()
    assert f"{name} at byte {data.rindex(name.encode())}" in refusal(data)


def test_a_key_twice_is_refused_with_its_cell():
    twice = json.dumps(document(code("first"), code("@"))).replace('"source": "@"', '"source": "a", "source": "b"')
    assert "the key 'source' occurs twice in cell 1" in refusal(twice.encode())


def test_a_key_twice_outside_cells_is_refused_too():
    assert "the key 'nbformat' occurs twice" in refusal(GOOD.replace(b'"nbformat": 4', b'"nbformat": 4, "nbformat": 4'))


def test_control_characters_of_a_key_do_not_reach_the_sentence():
    assert r"'\x1b]0;\u202e'" in refusal(rb'{"\u001b]0;\u202e": 1, "\u001b]0;\u202e": 2}')


@pytest.mark.parametrize("opening", [b"[", b'{"a":', b'{"a":['])
@pytest.mark.parametrize("levels", [65, 900, 100_000])
def test_deep_nesting_is_refused_before_parsing(opening, levels):
    assert "nested deeper than 64 levels at byte" in refusal(opening * levels)


def test_the_byte_of_the_65th_level_is_said():
    assert "at byte 68" in refusal(b'["]",' + b"[" * 100)


def test_brackets_inside_strings_are_no_nesting():
    text = '[[[[{{{{"\\' * 1000
    assert read(document(code(text))).cells[0].source == text


def test_quotes_escaped_in_an_unending_string_are_scanned_in_linear_time():
    begin = time.perf_counter()
    assert refusal(b'{"' + rb"\"" * 2_000_000)
    assert time.perf_counter() - begin < 5


def test_millions_of_small_lists_are_refused_before_they_take_memory():
    assert "the limit is 1,000,000" in refusal(b"[" + b"[]," * 1_100_000 + b"[]]")


def test_a_whole_number_of_ten_thousand_digits_is_refused():
    assert "whole number with thousands of digits" in refusal(b'{"nbformat": ' + b"9" * 10_000 + b"}")


def test_invalid_utf8_is_refused_with_its_byte():
    data = GOOD.replace(b"a = 1", b"a = \xff")
    assert f"not valid UTF-8 at byte {data.index(0xFF)} (0xff)" in refusal(data)


def test_a_byte_order_mark_is_accepted():
    assert read(b"\xef\xbb\xbf" + GOOD).cells == read(GOOD).cells


def test_half_of_a_surrogate_pair_is_refused_with_its_cell():
    sentence = refusal(document(code(), code("ab\ud800")))
    assert "character 2 of cell 1" in sentence
    assert "U+D800" in sentence


def test_nul_in_a_source_is_kept_for_the_student_to_see():
    assert read(document(code("a\x00b"))).cells[0].source == "a\x00b"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ([], "holds a list, not a notebook"),
        ("text", "holds a text, not a notebook"),
        (7, "holds a number, not a notebook"),
        (None, "holds nothing, not a notebook"),
        ({}, "no 'nbformat' number"),
        (document(nbformat="4"), "no 'nbformat' number"),
        (document(nbformat=True), "no 'nbformat' number"),
        (document(nbformat=5), "format '5' and formats 3 and 4 are read: save it as format 4"),
        (document(nbformat=2), "open it in a current Jupyter"),
        ({"nbformat": 4}, "no list of cells"),
        (document(cells={}), "its 'cells' is an object, not a list"),
        (document(cells=None), "its 'cells' is nothing, not a list"),
        (document("text"), "cell 0 (counted from 0) is a text, not an object"),
        (document(code(), []), "cell 1 (counted from 0) is a list"),
        (document(code(cell_type="heading")), "'cell_type' 'heading'"),
        (document(code(cell_type=["code"])), "'cell_type' a list"),
        (document({"cell_type": "code"}), "the 'source' of cell 0"),
        (document(code([1, 2])), "the 'source' of cell 0"),
        (document(code({"a": 1})), "the 'source' of cell 0"),
        (document(cells=[]), "no code cell among its 0 cells"),
        (document({"cell_type": "markdown", "source": "# Hi"}), "no code cell among its 1 cells"),
        (document(*[code()] * 2001), "2,001 cells and the limit is 2,000"),
        (document(code("é" * 500_001)), "cell 0 (counted from 0) has 1,000,002 bytes"),
        (document(*[code("x" * 999_999)] * 5), "5.0 MB of text and the limit is 4 MB"),
        ({"nbformat": 3}, "no list of worksheets"),
        ({"nbformat": 3, "worksheets": [{"cells": []}, 1]}, "worksheet 1 of the notebook has no list of cells"),
    ],
)
def test_json_that_is_no_notebook_is_refused_with_the_place(value, words):
    assert words in refusal(value)


def test_fifty_thousand_cells_are_refused_quickly():
    begin = time.perf_counter()
    assert "50,000 cells" in refusal(document(*[code()] * 50_000))
    assert time.perf_counter() - begin < 5


def test_the_caps_themselves_are_allowed():
    assert len(read(document(*[code()] * 2000)).cells) == 2000
    assert len(read(document(code("x" * 1_000_000))).cells[0].source) == 1_000_000


def test_a_file_is_read_by_its_path(tmp_path):
    (tmp_path / "a.ipynb").write_bytes(GOOD)
    assert read_bytes(tmp_path / "a.ipynb") == GOOD


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: path.mkdir(), "this is a folder"),
        (lambda path: None, "there is no file"),
        (lambda path: os.mkfifo(path), "a pipe or a device"),
        (lambda path: path.symlink_to(path), "cannot be read"),
        (lambda path: (path.touch(), os.truncate(path, MAX_BYTES + 1)), "has 50.0 MB and the limit is 50 MB"),
    ],
)
def test_a_path_that_is_no_readable_file_is_refused(tmp_path, make, words):
    make(tmp_path / "work.ipynb")
    with pytest.raises(Rejected, match=words):
        read_bytes(tmp_path / "work.ipynb")


def test_a_name_with_a_nul_is_refused(tmp_path):
    with pytest.raises(Rejected, match="cannot be read"):
        read_bytes(tmp_path / "a\0b")
