"""Decides where the course lives (checks, rubrics, reference notebooks): in a checkout or in an installed package."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from assay.failure import Misuse


@dataclass(frozen=True)
class LessonFiles:
    """The three files of one lesson; they share a stem, and the stem is the only wiring.

    `slug` is its name at the command line ("textual-inversion"), `stem` that of its files ("textual_inversion").
    """

    slug: str
    stem: str
    checks: Path
    rubric: Path
    reference: Path

    @property
    def facts(self) -> Path:
        """What the reference told of itself, in a package that does not have it."""
        return self.rubric.with_suffix(".facts.json")


def course_root() -> Path:
    """The folder that holds checks/, rubric/ and reference/: the checkout's top level, else the installed copy.

    Raises:
        Misuse: neither is there.
    """
    package = Path(__file__).resolve().parent
    # A stranger's site-packages may hold a `rubric` folder too; the schema in it makes it ours.
    for root in (package.parent, package / "_course"):
        if (root / "rubric" / "rubric.schema.json").is_file():
            return root
    raise Misuse(f"no course was found beside {package}: install assay again, or run it from a complete checkout")


def lessons() -> list[str]:
    """The slugs of the lessons that have a rubric, sorted."""
    return sorted(slug_of(path.stem) for path in (course_root() / "rubric").glob("*.yaml"))


def lesson_files(slug: str) -> LessonFiles:
    """The files of the lesson `slug`; only the rubric is sure to exist.

    Raises:
        Misuse: no lesson has that name.
    """
    known = lessons()
    if slug not in known:
        raise Misuse(f"there is no lesson {slug!r}{did_you_mean(slug, known)}; the lessons are {', '.join(known)}")
    return files_of(slug)


def files_of(slug: str) -> LessonFiles:
    """Where the files of a lesson of this name lie, or would lie."""
    root, stem = course_root(), stem_of(slug)
    return LessonFiles(
        slug=slug,
        stem=stem,
        checks=root / "checks" / f"{stem}.py",
        rubric=root / "rubric" / f"{stem}.yaml",
        reference=root / "reference" / f"{stem}.ipynb",
    )


def slug_of(stem: str) -> str:
    """The lesson's name at the command line for the stem of its files."""
    return stem.replace("_", "-")


def stem_of(slug: str) -> str:
    """The stem of the lesson's files for its name at the command line."""
    return slug.replace("-", "_")


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """' (did you mean ...?)' when `word` resembles one of `known`, else nothing."""
    close = difflib.get_close_matches(word, list(known), n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""
