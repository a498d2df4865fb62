"""One attack as the catalogue describes it, and the notebook that it becomes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tests.attacks import files
from tests.attacks.bases import Base, bases

CATALOGUE = Path(__file__).parent / "catalogue"
ANY = "any"


@dataclass(frozen=True)
class Attack:
    """What is tried, and what may come of it.

    number: the catalogue's, below 200 (a second form of one has a hundred more); ours begin at 201.
    base: the exercise that it is played in; `work` says whether the exercise is solved: honest, wrong or none.
    setup, before, after: code in the set-up cell, and before and behind the work in the exercise's cell.
    edits: texts of the work and what replaces them.
    held_by: the lowest tier that promises to stop it.
    state, next: the states that the exercise, and one behind it, end in ("any": only the universal claims hold).
    earns: "all", or the ids of the criteria that still earn; None says that nothing does.
    not_earned: instead of `earns`, ids that must not earn, while others may.
    at_most: "claims" lets claims earn, and nothing else.
    shared: whether the set-up is the course's own and was run once for this attack and the honest submission alike.
    result: the result's state; keeps, never: text that the executed notebook must and must not hold.
    """

    number: int
    name: str
    base: str = "cosines"
    work: str = "wrong"
    setup: str = ""
    before: str = ""
    after: str = ""
    edits: tuple[tuple[str, str], ...] = ()
    tags: tuple[str, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)
    outputs: tuple[Mapping[str, Any], ...] = ()
    title: str | None = None
    heading: str = "Something"
    file: str = "attack.ipynb"
    bytes: str | None = None
    held_by: str = "limits"
    limits: Mapping[str, float] = field(default_factory=dict)
    state: str = "completed"
    next: str = "completed"
    earns: str | tuple[str, ...] | None = None
    not_earned: tuple[str, ...] | None = None
    at_most: str | None = None
    shared: bool = False
    result: str = "graded"
    keeps: str | None = None
    never: str | None = None
    skip: str | None = None

    @property
    def id(self) -> str:
        """Number and name, as pytest and the table show it."""
        return f"{self.number:03}-{self.name.replace(' ', '-')}"

    def notebook(self, places: Mapping[str, object]) -> bytes:
        """The bytes of the attack, with `{name}` of each of `places` filled in."""
        if self.bytes is not None:
            return bytes(getattr(files, self.bytes)())
        base = bases()[self.base]
        setup, work = f"{base.setup}\n{self.setup}", _joined(self.before, self._work(base), self.after)
        cells = [_text(self.title or base.title), _code(_filled(setup, places))]
        cells.append(_text(f"## Exercise {base.exercise}: {self.heading} [Guided]"))
        cells.append(_code(_filled(work, places), self.tags, self.outputs))
        cells += [
            _text(f"## Exercise {base.exercise + 1}: Next [Guided]"),
            _code("ran = 6 * 7\nprint('the next one ran', ran)"),
        ]
        notebook = {"nbformat": 4, "nbformat_minor": 4, "metadata": dict(self.metadata), "cells": cells}
        return json.dumps(notebook).encode()

    def _work(self, base: Base) -> str:
        work = {"honest": base.honest, "wrong": base.wrong, "none": ""}[self.work]
        for old, new in self.edits:
            assert work.count(old) >= 1, f"{self.id}: {old!r} is not in the work"
            work = work.replace(old, new)
        return work


def _joined(*parts: str) -> str:
    return "\n".join(part for part in parts if part.strip())


def _filled(source: str, places: Mapping[str, object]) -> str:
    for name, value in places.items():
        source = source.replace(f"{{{name}}}", str(value))
    return source


def _text(source: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": source}


def _code(source: str, tags: tuple[str, ...] = (), outputs: tuple[Mapping[str, Any], ...] = ()) -> dict[str, Any]:
    count = 1 if outputs else None
    return {
        "cell_type": "code", "metadata": {"tags": list(tags)} if tags else {}, "source": source,
        "outputs": list(outputs), "execution_count": count,
    }  # fmt: skip


@cache
def catalogue() -> tuple[Attack, ...]:
    """Every attack, in the order of its number."""
    return tuple(sorted(_read(), key=lambda attack: attack.number))


def _read() -> Iterator[Attack]:
    for path in sorted(CATALOGUE.glob("*.yaml")):
        for entry in yaml.safe_load(path.read_text(encoding="utf-8")):
            made = dict(entry)
            for name in ("edits", "tags", "outputs", "not_earned", "earns"):
                if isinstance(made.get(name), list):
                    made[name] = tuple(tuple(item) if isinstance(item, list) else item for item in made[name])
            yield Attack(**made)
