"""Evidence was written by an untrusted process: only strict lines and whole safetensors of its own are believed."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from assay.judging.evidence import LINE_BYTES, Evidence, as_number

FACT = {"kind": "unet", "exercise": 3, "cell": 7}
GOOD = json.dumps(FACT).encode()


def evidence_of(folder: Path, *lines: bytes) -> Evidence:
    (folder / "facts.jsonl").write_bytes(b"\n".join(lines) + b"\n")
    return Evidence(folder)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"not json",
        b"[1, 2]",
        b'"unet"',
        b"3",
        b"null",
        b'{"kind": "unet", "exercise": 3}',
        b'{"kind": 5, "exercise": 3, "cell": 7}',
        b'{"kind": "unet", "exercise": "3", "cell": 7}',
        b'{"kind": "unet", "exercise": true, "cell": 7}',
        b'{"kind": "unet", "exercise": 3.0, "cell": 7}',
        b'{"kind": "unet", "exercise": 3, "cell": 7, "kind": "load"}',
        b'{"kind": "unet", "exercise": 3, "cell": 7, "x": {"a": 1, "a": 2}}',
        b'{"kind": "unet", "exercise": 3, "cell": 7, "loss": NaN}',
        b'{"kind": "unet", "exercise": 3, "cell": 7, "loss": -Infinity}',
        b'{"kind": "unet", "exercise": 3, "cell": 7, "x": ' + b"9" * 5000 + b"}",
        b'{"kind": "unet", "exercise": 3, "cell": 7, "x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"kind": "unet", "exercise": 3, "cell": 7, "x": "\xff"}',
        GOOD + b" and more",
        GOOD[:-5],
        b'{"kind": "unet", "exercise": 3, "cell": 7, "x": "' + b"a" * LINE_BYTES + b'"}',
    ],
    ids=lambda line: line[:60].decode("ascii", "replace") or "nothing",
)
def test_a_line_that_is_no_fact_is_passed_over_and_the_next_is_read(tmp_path, line):
    assert evidence_of(tmp_path, GOOD, line, GOOD).facts == [FACT, FACT]


def test_without_a_file_there_are_no_facts(tmp_path):
    assert Evidence(tmp_path).facts == []
    assert Evidence(tmp_path / "nowhere").facts == []
    assert Evidence(tmp_path).tensor("1.1") is None


@pytest.mark.parametrize("link", [os.symlink, os.link])
def test_a_link_to_anothers_evidence_is_none(tmp_path, link):
    theirs, mine = tmp_path / "theirs", tmp_path / "mine"
    theirs.mkdir()
    mine.mkdir()
    evidence_of(theirs, GOOD)
    save_file({"1.1": torch.ones(2)}, theirs / "tensors-1-1.safetensors")
    for name in ("facts.jsonl", "tensors-1-1.safetensors"):
        link(theirs / name, mine / name)
    assert Evidence(mine).facts == []
    assert Evidence(mine).tensor("1.1") is None


def test_a_folder_that_is_a_link_is_none(tmp_path):
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    evidence_of(theirs, GOOD)
    save_file({"1.1": torch.ones(2)}, theirs / "tensors-1-1.safetensors")
    (tmp_path / "mine").symlink_to(theirs)
    assert Evidence(tmp_path / "mine").facts == []
    assert Evidence(tmp_path / "mine").tensor("1.1") is None


def test_pipes_and_folders_are_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "facts.jsonl")
    os.mkfifo(tmp_path / "tensors-1-1.safetensors")
    (tmp_path / "tensors-1-2.safetensors").mkdir()
    assert Evidence(tmp_path).facts == []
    assert Evidence(tmp_path).tensor("1.1") is None


def test_torn_and_forged_tensor_files_are_passed_over_and_whole_ones_read(tmp_path):
    save_file({"1.1": torch.arange(6.0).reshape(2, 3)}, tmp_path / "tensors-1-1.safetensors")
    whole = (tmp_path / "tensors-1-1.safetensors").read_bytes()
    forged = {
        "torn": whole[:-4],
        "header": whole[:20],
        "empty": b"",
        "length": (1 << 60).to_bytes(8, "little") + whole[8:],
        "offsets": whole.replace(b"[0,24]", b"[0,99]"),
        "pickle": b"\x80\x04\x95\x10\x00\x00\x00\x00\x00\x00\x00\x8c\x02os\x94.",
    }
    for number, data in enumerate(forged.values(), 2):
        (tmp_path / f"tensors-1-{number}.safetensors").write_bytes(data)
    evidence = Evidence(tmp_path)
    found = evidence.tensor("1.1")
    assert found is not None
    assert found.tolist() == [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]


@pytest.mark.parametrize("name", ["2.2", "", None, 1, ["1.1"], {"1.1": 1}, "../1.1"])
def test_a_name_that_nothing_was_kept_under_gives_none(tmp_path, name):
    save_file({"1.1": torch.ones(2)}, tmp_path / "tensors-1-1.safetensors")
    assert Evidence(tmp_path).tensor(name) is None


@pytest.mark.parametrize(
    ("written", "number"), [(1, 1.0), (0.5, 0.5), ("inf", math.inf), ("-inf", -math.inf), (True, 1.0)]
)
def test_numbers_are_read_as_the_witness_wrote_them(written, number):
    assert as_number(written) == number


@pytest.mark.parametrize("written", ["nan", "1e3", "one", None, [1], {}])
def test_anything_else_is_not_a_number(written):
    assert math.isnan(as_number(written))
