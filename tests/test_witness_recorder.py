"""What the recorder announces is what the judge finds, whatever happens while it writes."""

from __future__ import annotations

import os

import pytest
import torch

from assay.judging.contradictions import contradictions
from assay.judging.evidence import Evidence
from assay.witness.recorder import Recorder

NONCE = "0123456789abcdef"


@pytest.fixture
def recorder(tmp_path):
    (tmp_path / "evidence").mkdir()
    return Recorder(tmp_path / "evidence", NONCE)


def found(tmp_path, *announced):
    """The facts, after checking them against what was announced."""
    evidence = Evidence(tmp_path / "evidence", nonce=NONCE)
    told = {process: lines for one in announced for process, lines in one.items()}
    assert contradictions(evidence, {"announced": told}, []) == []
    return evidence.facts


def test_lines_and_tensors_are_bound_to_the_run(recorder, tmp_path):
    recorder.fact("x", a=1)
    name = recorder.tensor(torch.arange(3.0))
    recorder.flush()
    facts = found(tmp_path, recorder.announced())
    assert [fact["kind"] for fact in facts] == ["x", "kept"]
    kept = Evidence(tmp_path / "evidence", nonce=NONCE).tensor(name)
    assert kept is not None and kept.tolist() == [0.0, 1.0, 2.0]
    assert next(iter(recorder.announced().values()))[0] == 2


def test_a_fork_writes_under_a_name_of_its_own(recorder, tmp_path):
    recorder.fact("before")
    reading, writing = os.pipe()
    if os.fork() == 0:
        try:
            recorder.fact("child")
            os.write(writing, next(iter(recorder.announced())).encode())
        finally:
            os._exit(0)
    os.wait()
    recorder.fact("after")
    assert [fact["kind"] for fact in found(tmp_path, recorder.announced())] == ["before", "child", "after"]
    assert os.read(reading, 20).decode() not in recorder.announced()
    os.close(reading), os.close(writing)


def test_a_torn_line_costs_itself_only(recorder, tmp_path, monkeypatch):
    recorder.fact("one")
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, data[:9]))
    with pytest.raises(OSError, match="disk is full"):
        recorder.fact("two")
    monkeypatch.setattr(os, "write", write)
    recorder.fact("three")
    assert [fact["kind"] for fact in found(tmp_path, recorder.announced())] == ["one", "three"]


def test_what_comes_while_a_line_is_written_is_left_out(recorder, tmp_path, monkeypatch):
    write = os.write

    def interrupted(descriptor, data):
        recorder.fact("from a signal's handler")
        return write(descriptor, data)

    monkeypatch.setattr(os, "write", interrupted)
    recorder.fact("one")
    monkeypatch.setattr(os, "write", write)
    recorder.fact("two")
    assert [fact["kind"] for fact in found(tmp_path, recorder.announced())] == ["one", "two"]
