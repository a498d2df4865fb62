"""Decides which lesson a notebook belongs to: by its title and exercise headings, then by its file name."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Protocol

from assay.failure import Misuse, Rejected
from assay.intake.notebook import Notebook

# A person's name in the title must not hide it, an equal title is worth more than one that only contains the lesson's,
# and one shared exercise heading is a coincidence ("Setup"), two are not.
_SAME_TITLE, _TITLE_WITHIN, _SAME_EXERCISE = 4, 2, 2
_CLEAR = 4


class _Titled(Protocol):
    @property
    def title(self) -> str: ...


class Identified(Protocol):
    """The part of a rubric by which its lesson is recognised."""

    @property
    def title(self) -> str: ...
    @property
    def titles(self) -> tuple[str, ...]: ...
    @property
    def files(self) -> tuple[str, ...]: ...
    @property
    def exercises(self) -> Sequence[_Titled]: ...


@dataclass(frozen=True)
class _Evidence:
    slug: str
    content: int
    file: bool

    @property
    def strength(self) -> tuple[int, bool]:
        return self.content, self.file


def find_lesson(notebook: Notebook, rubrics: Mapping[str, Identified], wanted: str | None) -> str:
    """The slug of the notebook's lesson among `rubrics`; `wanted` (--lesson) overrules unless it is clearly wrong.

    Raises:
        Rejected: no lesson, or several, or clearly another one than `wanted`.
        Misuse: `wanted` is no lesson.
    """
    ranked = sorted((_evidence(notebook, slug, rubric) for slug, rubric in rubrics.items()), key=lambda e: e.slug)
    ranked.sort(key=lambda evidence: evidence.strength, reverse=True)
    if wanted is not None:
        return _confirmed(wanted, ranked)
    if not ranked or ranked[0].strength == (0, False):
        raise Rejected(f"the lesson is not recognised by title, exercises or file name: {_choices(rubrics)}")
    if len(ranked) > 1 and ranked[0].strength == ranked[1].strength:
        raise Rejected(f"this looks like {ranked[0].slug} and like {ranked[1].slug}: {_choices(rubrics)}")
    return ranked[0].slug


def _confirmed(wanted: str, ranked: Sequence[_Evidence]) -> str:
    by_slug = {evidence.slug: evidence for evidence in ranked}
    if wanted not in by_slug:
        raise Misuse(f"there is no lesson {wanted!r}: {_choices(by_slug)}")
    best = ranked[0]
    # Content only: a file name is what a student gets wrong most easily.
    if best.content >= _CLEAR and best.content > 2 * by_slug[wanted].content:
        raise Rejected(
            f"this notebook looks like the lesson {best.slug}, not {wanted}: "
            f"hand in the notebook of {wanted}, or grade it with --lesson {best.slug}"
        )
    return wanted


def _choices(slugs: Mapping[str, object]) -> str:
    return f"name it with --lesson SLUG, one of {', '.join(sorted(slugs))}"


def _evidence(notebook: Notebook, slug: str, rubric: Identified) -> _Evidence:
    titles = {_words(title) for title in (rubric.title, *rubric.titles)} - {""}
    ours = {_words(exercise.title) for exercise in rubric.exercises} - {""}
    theirs = {_words(exercise.title) for exercise in notebook.exercises}
    content = _title_evidence(_words(notebook.title or ""), titles) + _SAME_EXERCISE * len(ours & theirs)
    return _Evidence(slug, content, _file_matches(notebook.file, slug, rubric.files))


def _title_evidence(title: str, known: set[str]) -> int:
    if title in known:
        return _SAME_TITLE
    return _TITLE_WITHIN if any(f" {one} " in f" {title} " for one in known) else 0


def _file_matches(file: str, slug: str, patterns: Sequence[str]) -> bool:
    name = re.split(r"[/\\]", file)[-1].lower()
    stem = name.removesuffix(".ipynb")
    if any(fnmatchcase(one, pattern.lower()) for pattern in patterns for one in (name, stem)):
        return True
    return f" {_words(slug)} " in f" {_words(stem)} "


def _words(text: str) -> str:
    """Letters and digits only, in lower case, one space between words: how titles are compared."""
    return " ".join(re.findall(r"[^\W_]+", text.lower()))
