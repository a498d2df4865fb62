"""Decides what a cohort's folder holds for people once its store has changed: pages, gradebook, results.json."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from assay.command.edition import shown_by
from assay.command.lessons import Lesson
from assay.command.pages import RELEASES, Pages
from assay.command.publish import publish, write_gradebook
from assay.command.session import Result
from assay.command.settled import say_who_is_left, settings_in, settle
from assay.command.work import run_folder
from assay.export import csv_text
from assay.report import report_ids
from assay.store import Store, address

RELEASED = "released"  # a name in the store: what was let out stays out, whichever command writes the pages next


def release(store: Store, asked: str | None) -> None:
    """Let students' pages tell more from now on; without being asked, as much as before."""
    if asked is not None:
        store.set(RELEASED, asked)


class CohortPages:
    """The pages of a cohort's submissions; one that was written from the same result stays as it is."""

    def __init__(self, store: Store, out: Path, lessons: dict[str, Lesson]) -> None:
        self._store, self._out, self._released = store, out, store.setting(RELEASED)
        ids = [one.id for one in store.submissions()]
        self._index = {name: index for index, name in enumerate(ids)}
        self._names = [page_name(name) for name in ids]
        self._pages = Pages(self._names, out, lessons, RELEASES[self._released])
        self._written: dict[str, str] = {}

    def write(self, submissions: Iterable[str]) -> None:
        """Have the pages of these submissions written, with people's marks."""
        for one in self._store.submissions(submissions):
            result = self._store.results([one.id]).get(one.id)
            if result is None or one.key is None:
                continue
            told = address(_but_for_the_clock(result), shown_by(), self._released)
            if one.page == told and (self._out / self._page(one.id)).is_file():
                continue
            self._written[one.id] = told
            self._pages.write(self._index[one.id], result, run_folder(self._out, self._store.content(one.key).run))

    def links(self) -> list[str | None]:
        """Each page's address below the folder, sorted by id, once all that are due are written."""
        self.write(name for name in self._index if name not in self._written)
        links = self._pages.links()
        made = {name: told for name, told in self._written.items() if links[self._index[name]] is not None}
        self._store.note_pages(made)
        return [
            link if name in self._written else self._kept(name) for name, link in zip(self._index, links, strict=True)
        ]

    def _page(self, name: str) -> str:
        return f"reports/{self._names[self._index[name]]}.html"

    def _kept(self, name: str) -> str | None:
        return self._page(name) if (self._out / self._page(name)).is_file() else None


def _but_for_the_clock(result: Result) -> Result:
    """A page is as good as it was when only judging took a moment longer."""
    return result | {"seconds": {part: value for part, value in result["seconds"].items() if part != "judging"}}


def page_name(submission: str) -> str:
    """A submission's name in files: readable, and its own whatever other submissions come or go."""
    return f"{report_ids([{'file': submission}])[0]}-{hashlib.sha256(submission.encode()).hexdigest()[:8]}"


def publish_cohort(store: Store, pages: CohortPages, out: Path, json_to: str | None) -> list[Result]:
    """Print the results, and write what people read and what other tools rely on; returns the results."""
    found = store.results()
    publish(list(found.values()), pages, out, json_to, list(found))
    rows, settings = settle(store), settings_in(store)
    write_gradebook(out, csv_text(rows, settings))
    say_who_is_left(rows)
    return list(found.values())
