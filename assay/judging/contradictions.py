"""Decides where the evidence of a Run contradicts itself: what was written down left traces that it does not fit.

A contradiction is not a verdict about anybody. It is shown to a person, with the place to look at.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from assay.judging.evidence import Announced, Evidence, digest_of, read_json
from assay.judging.recomputed import wrong_answers


def opened(folder: Path) -> tuple[Evidence, dict[str, Any]]:
    """The evidence in a folder, and what the supervisor kept of its witness; nothing for Runs from before it did."""
    told = read_json(folder.parent / "witness.json", folder.parent)
    kept = told if isinstance(told, dict) else {}
    nonce = kept.get("nonce")
    return Evidence(folder, nonce=nonce if isinstance(nonce, str) else None), kept


def contradictions(evidence: Evidence, kept: dict[str, Any], replays: Iterable[str]) -> list[str]:
    """Sentences about files that are not as they were written; `replays` are the names of those that were asked for."""
    folders = [("evidence", evidence)]
    for name in replays:
        where = evidence.folder / "replays" / name
        folders.append((f"evidence/replays/{name}", Evidence(where, evidence.run, evidence.nonce)))
    found = [sentence for where, one in folders for sentence in _of_files(where, one)]
    announced = {str(process): (int(n), str(digest)) for process, (n, digest) in kept.get("announced", {}).items()}
    return [*found, *_of_lines([one for _, one in folders], announced)]


def answers(evidence: Evidence, kept: dict[str, Any], known: list[Any] | None) -> list[Any]:
    """[digest of the facts and of what is sampled, sentences about answers of the U-Net that do not fit].

    `known` is what this gave before: computing answers again takes longer than all the rest of judging. The digest
    stands for the tensors as well, whose own digests are among the facts.
    """
    sample = str(kept.get("sample"))
    digest = digest_of([*(line for line, _ in evidence.lines), sample.encode()])
    if known is not None and known[0] == digest:
        return known
    return [digest, list(wrong_answers(evidence, sample))]


def _of_files(where: str, evidence: Evidence) -> Iterator[str]:
    if evidence.foreign:
        yield f"{where}/facts.jsonl: {evidence.foreign:,} lines were not written by the witness of this run"
    for name in evidence.changed_files[:3]:
        yield f"{where}/{ascii(name)[1:80]}: the file is gone or not what the witness wrote"


def _of_lines(folders: list[Evidence], announced: Announced) -> Iterator[str]:
    """Every process told the supervisor, at each cell's end, how many lines it had written, and their digest."""
    for process, (count, digest) in announced.items():
        lines: dict[int, bytes] = {}
        for one in folders:
            lines |= one.written.get(process, {})
        there = [lines[number] for number in range(1, count + 1) if number in lines]
        if len(there) < count:
            yield f"evidence/facts.jsonl: of {count:,} lines that were written, {count - len(there):,} are missing"
        elif digest_of(there) != digest:
            yield f"evidence/facts.jsonl: lines were changed after they had been written (process {process})"
