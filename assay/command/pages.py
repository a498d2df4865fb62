"""Decides when the submissions' pages are written: as soon as each is graded, while the next one's cells run."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from assay.command.lessons import Lesson, is_published
from assay.report import get_ready, report_ids, write_pages
from assay.report.student import PUBLIC

Result = dict[str, Any]
# What `--release` lets students' pages tell.
RELEASES = {None: PUBLIC, "due": PUBLIC | {"after_due_date"}, "all": PUBLIC | {"after_due_date", "hidden"}}


class Pages:
    """The pages of these names below `out`; without `out` there are none. `released` are the visibilities that
    students' pages tell of."""

    def __init__(
        self,
        names: Sequence[str],
        out: Path | None,
        lessons: dict[str, Lesson],
        released: Collection[str] = PUBLIC,
    ) -> None:
        self._out, self._lessons, self._names, self._released = out, lessons, list(names), released
        self._written: dict[int, Future[str | None]] = {}
        # one thread: the cells need the processors more than the pages do
        self._pool = ThreadPoolExecutor(1)
        if out is not None:
            self._pool.submit(get_ready)

    @classmethod
    def of_files(
        cls, files: Sequence[str], out: Path | None, lessons: dict[str, Lesson], released: Collection[str]
    ) -> Pages:
        """The pages of the named files, each under a name of its own."""
        return cls(report_ids([{"file": file} for file in files]), out, lessons, released)

    def folders(self, out: Path) -> dict[int, Path]:
        """Where the run of each name lies below `out`."""
        return {index: out / "runs" / name for index, name in enumerate(self._names)}

    def write(self, index: int, result: Result, folder: Path) -> None:
        """Have the pages of a result written."""
        if self._out is not None:
            self._written[index] = self._pool.submit(
                write_pages, result, folder, self._out, self._names[index], self._is_published, self._released
            )

    def links(self) -> list[str | None]:
        """Each page's address below `out`, in the order of the files, once all are written."""
        self._pool.shutdown()
        return [self._written[index].result() if index in self._written else None for index in range(len(self._names))]

    def _is_published(self, slug: str | None, source: str) -> bool:
        return is_published(self._lessons, slug, source)
