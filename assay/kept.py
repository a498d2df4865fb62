"""Decides how the verdicts on a lesson's mistakes, variants and mutants are kept: one small JSON file for a lesson."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assay.failure import Misuse


@dataclass(frozen=True)
class KeptProof:
    """What became of one mistake or variant; all but the first three are ids of its exercise's criteria.

    `caught` failed as declared, `kept` passed as they must, `missed` should have failed, `wronged` should have passed;
    `open` are those whose verdict the declaration leaves open. `ran` is the digest of the notebook that ran.
    """

    exercise: int
    kind: str
    name: str
    caught: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    missed: tuple[str, ...] = ()
    wronged: tuple[str, ...] = ()
    unchecked: tuple[str, ...] = ()
    open: tuple[str, ...] = ()
    ran: str = ""

    @property
    def holds(self) -> bool:
        """Whether every criterion gave the declared verdict."""
        return not (self.missed or self.wronged or self.unchecked)


@dataclass(frozen=True)
class KeptMutant:
    """What became of one mutant: `kind` is that of `assay.mutating.Verdict`, `change` reads "before -> after"."""

    exercise: int
    cell: int
    line: int
    change: str
    kind: str
    caught_by: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True)
class Kept:
    """All that is kept of one lesson: its automatic criteria (exercise, id) in the rubric's order, the verdicts on what
    has run of its `declared` mistakes and variants, and those on a sample of the `possible` mutants, drawn with `seed`.
    """

    lesson: str
    title: str
    criteria: tuple[tuple[int, str], ...] = ()
    declared: int = 0
    proofs: tuple[KeptProof, ...] = ()
    mutants: tuple[KeptMutant, ...] = ()
    possible: int = 0
    seed: int = 0

    def with_proofs(self, new: Iterable[KeptProof], declared: Iterable[tuple[int, str]]) -> Kept:
        """With `new` in place of older verdicts on the same; only what is declared (exercise, name) stays, in order."""
        known = {(proof.exercise, proof.name): proof for proof in (*self.proofs, *new)}
        return dataclasses.replace(self, proofs=tuple(known[key] for key in declared if key in known))

    def with_mutants(self, new: Iterable[KeptMutant]) -> Kept:
        """With `new` in place of older verdicts on the same mutants, in the notebook's order."""
        known = {(m.exercise, m.cell, m.line, m.change): m for m in (*self.mutants, *new)}
        order = sorted(known.values(), key=lambda mutant: (mutant.cell, mutant.line))
        return dataclasses.replace(self, mutants=tuple(order))


def read(folder: Path, lesson: str) -> Kept | None:
    """What `folder` holds of a lesson, by its slug; None where nothing was kept.

    Raises:
        Misuse: the file is not as it was written.
    """
    path = _path(folder, lesson)
    if not path.is_file():
        return None
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return Kept(
            **found | {
                "criteria": tuple((number, name) for number, name in found["criteria"]),
                "proofs": tuple(KeptProof(**_tuples(one)) for one in found["proofs"]),
                "mutants": tuple(KeptMutant(**_tuples(one)) for one in found["mutants"]),
            }
        )  # fmt: skip
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise Misuse(f"{path} is not as it was written: {error}; delete it and run the lesson's proofs again") from None


def write(folder: Path, kept: Kept) -> None:
    """Keep it in `folder`, one verdict on a line, so that a change is seen line by line."""
    path = _path(folder, kept.lesson)
    path.parent.mkdir(parents=True, exist_ok=True)
    fields = [f"{json.dumps(name)}: {_lines(value)}" for name, value in dataclasses.asdict(kept).items()]
    path.write_text("{\n" + ",\n".join(fields) + "\n}\n", encoding="utf-8")


def _path(folder: Path, lesson: str) -> Path:
    return folder / f"{lesson}.json"


def _lines(value: Any) -> str:
    if not isinstance(value, tuple) or not value:
        return json.dumps(value, ensure_ascii=False)
    short = [{k: v for k, v in one.items() if v not in ((), "")} if isinstance(one, dict) else one for one in value]
    return "[\n" + ",\n".join(" " + json.dumps(one, ensure_ascii=False) for one in short) + "\n]"


def _tuples(one: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in one.items()}
