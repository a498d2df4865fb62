"""What two runs of one notebook must have in common: everything but nonces, names of processes, and seconds."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from assay.judging.evidence import Evidence
from assay.rubric import without_measured


def evidence_digest(run: Path) -> str:
    """Of all facts and tensors of a run and of its replays, whatever processes wrote them into which files."""
    nonce = json.loads((run / "witness.json").read_text())["nonce"]
    folders = [run / "evidence", *sorted(path for path in (run / "evidence" / "replays").glob("*") if path.is_dir())]
    digest = hashlib.sha256()
    for folder in folders:
        evidence = Evidence(folder, run, nonce)
        for fact in evidence.facts:
            digest.update(json.dumps(_plain(fact, evidence)).encode())
        for path in sorted(folder.glob("*")):
            if path.is_file() and path.name != "facts.jsonl" and not path.name.startswith("tensors-"):
                digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


def _plain(value: Any, evidence: Evidence) -> Any:
    if isinstance(value, dict):
        hidden = {"by"} | ({"file", "digest"} if value.get("kind") == "kept" else set())
        return {key: _plain(inner, evidence) for key, inner in value.items() if key not in hidden}
    if isinstance(value, list):
        return [_plain(inner, evidence) for inner in value]
    if isinstance(value, str) and value.count(".") == 1 and (tensor := evidence.tensor(value)) is not None:
        content = tensor.contiguous().view(-1).view(dtype=__import__("torch").uint8).numpy().tobytes()
        return [str(tensor.dtype), list(tensor.shape), hashlib.sha256(content).hexdigest()]
    return value


def without_seconds(result: dict[str, Any]) -> dict[str, Any]:
    """A result as an equal run gives it."""
    return without_measured(result)
