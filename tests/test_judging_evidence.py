"""Evidence was written by an untrusted process: only strict lines and whole safetensors of its own are believed."""

from __future__ import annotations

import json
import math
import os
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from assay.judging.evidence import LINE_BYTES, Evidence, as_number, read_json, read_tensors

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


def test_a_link_on_the_way_to_a_replays_answers_is_not_followed(tmp_path):
    theirs, mine = tmp_path / "theirs", tmp_path / "mine"
    (theirs / "evidence" / "replays" / "asked").mkdir(parents=True)
    (theirs / "evidence" / "replays" / "asked" / "said.json").write_text('{"answers": []}')
    save_file({"x": torch.ones(2)}, theirs / "evidence" / "replays" / "asked" / "outputs.safetensors")
    for link in ("evidence", "evidence/replays", "evidence/replays/asked"):
        (mine / link).parent.mkdir(parents=True)
        (mine / link).symlink_to(theirs / link)
        folder = mine / "evidence" / "replays" / "asked"
        assert read_json(folder / "said.json", mine) is None
        assert read_tensors(folder / "outputs.safetensors", mine) == {}
        shutil.rmtree(mine)
    folder = theirs / "evidence" / "replays" / "asked"
    assert read_json(folder / "said.json", theirs) == {"answers": []}
    assert set(read_tensors(folder / "outputs.safetensors", theirs)) == {"x"}


def test_a_file_larger_than_any_is_not_read(tmp_path):
    evidence_of(tmp_path, GOOD)
    save_file({"1.1": torch.ones(2)}, tmp_path / "tensors-1-1.safetensors")
    for name in ("facts.jsonl", "tensors-1-1.safetensors"):
        with (tmp_path / name).open("ab") as file:
            file.truncate(2**40)  # it takes no room on the disk
    assert Evidence(tmp_path).facts == []
    assert Evidence(tmp_path).tensor("1.1") is None


def test_only_what_the_runs_own_witness_wrote_is_believed(tmp_path):
    save_file({"1.1": torch.ones(2)}, tmp_path / "tensors-1-1.safetensors")
    save_file({"1.2": torch.ones(2)}, tmp_path / "tensors-1-2.safetensors")
    own, other = "a" * 16, "b" * 16
    kept = {**FACT, "kind": "kept", "file": "tensors-1-1.safetensors", "digest": "0", "by": f"{own}.{'1' * 8}.1"}
    first, again = ({**FACT, "call": n, "by": f"{own}.{'1' * 8}.2"} for n in (1, 2))
    foreign = [FACT, {**FACT, "by": f"{other}.{'1' * 8}.3"}, {**FACT, "by": 7}]
    evidence_of(tmp_path, *(json.dumps(fact).encode() for fact in (kept, first, *foreign, again)))
    evidence = Evidence(tmp_path, nonce=own)
    assert evidence.facts == [kept, again]
    assert evidence.foreign == 3
    assert evidence.tensor("1.1") is not None
    assert evidence.tensor("1.2") is None
    assert evidence.changed_files == ["tensors-1-1.safetensors"]


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


@pytest.mark.parametrize("written", ["nan", "1e3", "one", None, [1], {}, 10**400])
def test_anything_else_is_not_a_number(written):
    assert math.isnan(as_number(written))
