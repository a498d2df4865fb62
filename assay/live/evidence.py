"""Decides which facts of a kernel's life are the evidence of its notebook: of every cell, what its last run left.

What an earlier run of a cell did is gone, except where a later one builds on it: a model that was loaded then, a token
that was added, an optimizer that was made. Facts say the exercise that their cell is now known to belong to.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

# Of these, an earlier run's tell of something that a later run may still use ...
_OF_MODELS = frozenset({"load", "state", "cast", "trainable", "merge", "adapter", "stumble"})
_OF_TOKENIZERS = frozenset({"tokenizer", "added_tokens"})
_OF_OPTIMIZERS = frozenset({"optimizer"})
# ... and these are written only when something has changed, so that the last one stands for all later cells.
_LASTING = frozenset({"value", "masks", "latents"})

CROWDED_BYTES = 256 * 2**20  # half of what the witness may keep

Fact = dict[str, Any]


def lay_out(kernel: Path, evidence: Path, exercises: Mapping[int, int], counting: Collection[int],
            tokenizers: Collection[str]) -> tuple[list[Fact], int]:  # fmt: skip
    """Make the folder `evidence` of what the witness wrote into `kernel`; gives the facts, and how many bytes of
    tensors nobody needs any more and were removed.

    Args:
        exercises: of each run, by its number, which the witness wrote down as the cell's.
        counting: the runs that count.
        tokenizers: labels of those that still exist.
    """
    evidence.mkdir(parents=True, exist_ok=True)
    for file in kernel.glob("tensors-*.safetensors"):
        file.replace(evidence / file.name)
    facts = _relabelled(_read(kernel / "facts.jsonl"), exercises)
    kept = _kept(facts, counting, tokenizers)
    freed = _remove_unneeded(evidence, kept) if _size(evidence) > CROWDED_BYTES else 0
    there = {file.name for file in evidence.glob("tensors-*.safetensors")}
    kept = [fact for fact in kept if fact["kind"] != "kept" or fact["file"] in there]
    (evidence / "facts.jsonl").write_text("".join(json.dumps(fact) + "\n" for fact in kept))
    return kept, freed


def labels_in(facts: Iterable[Fact]) -> set[str]:
    """Labels of the models and tokenizers that some facts speak of."""
    found: set[str] = set()
    for fact in facts:
        if isinstance(fact.get("label"), str):
            found.add(fact["label"])
        if fact["kind"] == "optimizer":
            found |= {str(parameter["model"]) for parameter in fact["parameters"]}
    return found


def _read(path: Path) -> list[Fact]:
    lines = path.read_bytes().splitlines() if path.is_file() else []
    return [json.loads(line) for line in lines if line.startswith(b"{")]


def _relabelled(facts: list[Fact], exercises: Mapping[int, int]) -> list[Fact]:
    return [fact | {"exercise": exercises.get(fact["cell"], 0)} for fact in facts]


def _kept(facts: list[Fact], counting: Collection[int], tokenizers: Collection[str]) -> list[Fact]:
    own = [fact for fact in facts if fact["cell"] < 0 or fact["cell"] in counting]
    optimizers = {fact["optimizer"] for fact in own if "optimizer" in fact}
    made = [f for f in facts if f["kind"] in _OF_OPTIMIZERS and f.get("optimizer") in optimizers]
    models = labels_in([*own, *made])
    mine = {id(fact) for fact in own}
    return [
        fact for fact in facts
        if id(fact) in mine or fact["kind"] in _LASTING or fact["kind"] == "kept"
        or (fact["kind"] in _OF_MODELS and fact.get("label") in models)
        or (fact["kind"] in _OF_TOKENIZERS and fact.get("label") in tokenizers)
        or (fact["kind"] in _OF_OPTIMIZERS and fact.get("optimizer") in optimizers)
    ]  # fmt: skip


def _size(evidence: Path) -> int:
    return sum(file.stat().st_size for file in evidence.glob("tensors-*.safetensors"))


def _remove_unneeded(evidence: Path, kept: list[Fact]) -> int:
    """Remove the files of tensors that no fact names; gives their size in bytes."""
    named = set(_strings(kept))
    freed = 0
    for file in evidence.glob("tensors-*.safetensors"):
        if named.isdisjoint(_names(file)):
            freed += file.stat().st_size
            file.unlink()
    return freed


def _names(file: Path) -> list[str]:
    try:
        with safe_open(file, framework="pt") as tensors:
            return list(tensors.keys())
    except (SafetensorError, OSError):
        return []


def _strings(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)
