"""Decides what is known of the assertions that a lesson may start from: their text, what they import and require."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

STARTING = Path(__file__).parent / "starting.py"
_TYPED = re.compile(r": Any\b| -> None")
CLAIM_SHARE = 0.1  # of its exercise, at most: a verdict that nothing recomputes must not decide about a mark


@dataclass(frozen=True)
class Candidate:
    """An assertion, as it would stand in a checks file; `words` are the names that it imports."""

    name: str
    text: str
    words: frozenset[str]
    requires: tuple[str, ...]


@dataclass(frozen=True)
class Chosen:
    """A criterion of the draft."""

    candidate: Candidate
    points: float
    requires: str | None
    claim_only: bool


@cache
def candidates() -> dict[str, Candidate]:
    """Every assertion by its name without `check_`, in the order of the file."""
    source = STARTING.read_text(encoding="utf-8")
    tree = ast.parse(source)
    imported = {a.name for node in tree.body if isinstance(node, ast.ImportFrom | ast.Import) for a in node.names}
    (needs,) = [node.value for node in tree.body if isinstance(node, ast.Assign)]
    requires = ast.literal_eval(needs)
    found = {}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            text = ast.get_source_segment(source, node) or ""
            words = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)} & imported
            name = node.name.removeprefix("check_")
            found[name] = Candidate(
                name, _TYPED.sub("", text), frozenset(words - {"Any"}), tuple(requires.get(name, ()))
            )
    return found


def choose(held: Mapping[str, bool], idle: Iterable[str]) -> list[Chosen]:
    """The criteria of one exercise.

    Args:
        held: the candidates that passed on what was seen, and whether each still does without any tensor.
        idle: those that pass where nothing was seen at all; they prove nothing.
    """
    known, proving_nothing = candidates(), set(idle)
    kept = [name for name in known if name in held and name not in proving_nothing]
    kept = [name for name in kept if not known[name].requires or set(known[name].requires) & set(kept)]
    narrow = {"unet_and_vae_are_unchanged"} if "the_models_of_the_pipeline_are_unchanged" in kept else set()
    kept = [name for name in kept if name not in narrow]
    solid = sum(not held[name] for name in kept)
    return [
        Chosen(
            known[name],
            points=round(CLAIM_SHARE * solid, 2) if held[name] else 1.0,
            requires=next((one for one in known[name].requires if one in kept), None),
            claim_only=held[name],
        )
        for name in kept
    ]
