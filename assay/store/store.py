"""Decides what is kept of a cohort, and that a change of a mark and the entry that tells of it are one transaction."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from assay.failure import Misuse
from assay.store.content import Content
from assay.store.layout import close, connect, sentences
from assay.store.marks import JUDGED, Mark, Result, differences, with_marks
from assay.store.rows import Change, Submission

NAME = "store.sqlite"
COLUMNS = "id, file, notebook, handed_in, present, key, page"


class Store:
    """The results of one cohort; a context manager, safe to use from several threads of the one process that writes."""

    def __init__(self, out: Path, writing: bool = True) -> None:
        """Open the store in the folder `out`.

        Raises:
            Misuse: it cannot be used; the message says why and how to mend it.
        """
        self._path = out / NAME
        self._connection = connect(self._path, writing)
        self._lock = threading.RLock()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        close(self._connection)

    def result(self, key: str) -> Result | None:
        """What was kept under this address, as the machine left it and without a file's name."""
        rows = self._read("SELECT document FROM result WHERE key = ?", key)
        return json.loads(rows[0][0]) if rows else None

    def content(self, key: str) -> Content:
        """The parts of the address of a result that is kept."""
        return Content(*self._read("SELECT run, judge FROM result WHERE key = ?", key)[0])

    def judged(self, run: str) -> Result | None:
        """What an execution of this address came to when it was last judged; None where none came to its end."""
        rows = self._read("SELECT document FROM result WHERE run = ? ORDER BY rowid", run)
        found = [result for row in rows if (result := json.loads(row[0]))["state"] in JUDGED]
        return found[-1] if found else None

    def seconds(self) -> dict[str, float]:
        """How long each submission's notebook took when it last ran, by id."""
        rows = self._read("SELECT id, document FROM submission JOIN result USING (key)")
        taken = {name: json.loads(document)["seconds"]["execution"] for name, document in rows}
        return {name: seconds for name, seconds in taken.items() if seconds > 0}

    def peaks(self) -> dict[str, int]:
        """The most memory that a notebook of each lesson took, in bytes, of all results that are kept."""
        rows = self._read(
            "SELECT json_extract(document, '$.lesson') AS lesson, max(json_extract(document, '$.peak_memory')) AS peak"
            " FROM result GROUP BY lesson HAVING lesson IS NOT NULL AND peak IS NOT NULL"
        )
        return {lesson: int(peak) for lesson, peak in rows}

    def submissions(self, wanted: Iterable[str] | None = None) -> list[Submission]:
        """What the last command found in the cohort's folder, or these of it, sorted by id.

        Raises:
            Misuse: one that is wanted is not there.
        """
        if wanted is not None:
            return [self._one(name) for name in sorted(set(wanted))]
        rows = self._read(f"SELECT {COLUMNS} FROM submission WHERE present")
        return sorted((_submission(row) for row in rows), key=lambda one: one.id)

    def results(self, wanted: Iterable[str] | None = None) -> dict[str, Result]:
        """The result of each submission that has one, with people's marks and its file's name, by id, sorted.

        A result of an earlier version of the notebook is none of this one.
        """
        shown = {one.id: (one, self._shown(one)) for one in self.submissions(wanted)}
        return {
            name: result for name, (one, result) in shown.items()
            if result is not None and (result["sha256"] or "") == one.notebook
        }  # fmt: skip

    def expect(self, found: Iterable[Submission]) -> None:
        """Note what the cohort's folder holds now. What is gone keeps its results and marks, and is shown no more."""
        with self._transaction():
            self._connection.execute("UPDATE submission SET present = 0")
            for one in found:
                self._connection.execute(
                    "INSERT INTO submission (id, file, notebook, handed_in, present) VALUES (?, ?, ?, ?, 1)"
                    " ON CONFLICT (id) DO UPDATE SET present = 1, file = excluded.file, notebook = excluded.notebook,"
                    " handed_in = excluded.handed_in",
                    (one.id, json.dumps(one.file), one.notebook, one.handed_in),
                )

    def keep(self, content: Content, result: Result | None, submissions: Iterable[str], cause: str) -> None:
        """Keep a result under its address, and give it to these submissions; what changes for each is in the audit.

        Args:
            content: its address.
            result: None when the result is kept already.
            submissions: the ids.
            cause: one word for the audit, such as "graded".
        """
        with self._transaction():
            before = {name: self._shown(self._one(name)) for name in submissions}
            if result is not None:
                self._connection.execute(
                    "INSERT OR REPLACE INTO result (key, run, judge, document) VALUES (?, ?, ?, ?)",
                    (content.key, content.run, content.judge, json.dumps(result | {"file": ""}, sort_keys=True)),
                )
            for name in before:
                self._connection.execute("UPDATE submission SET key = ? WHERE id = ?", (content.key, name))
            self._tell_changes(before, cause)

    def mark(self, mark: Mark) -> None:
        """Enter a person's points; they survive later runs and regrades of the same notebook.

        Raises:
            Misuse: there is no such submission or criterion, or it gives fewer points.
        """
        with self._transaction():
            before = {mark.submission: self._shown(self._one(mark.submission))}
            _require_place(mark, before[mark.submission])
            self._connection.execute(
                "INSERT OR REPLACE INTO mark (submission, notebook, lesson, exercise, criterion, points, comment, at)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (mark.submission, mark.notebook, mark.lesson, mark.exercise, mark.criterion, mark.points, mark.comment,
                 _now()),
            )  # fmt: skip
            self._tell_changes(before, "marked")

    def marks(self, submission: str) -> list[Mark]:
        """All that people entered for a submission, on any version of it."""
        rows = self._read(
            "SELECT submission, notebook, lesson, exercise, criterion, points, comment FROM mark WHERE submission = ?",
            submission,
        )
        return [Mark(*row) for row in rows]

    def audit(self) -> list[Change]:
        """Every change of a mark, oldest first."""
        rows = self._read(
            "SELECT at, cause, submission, lesson, exercise, criterion, was, became, judge FROM audit ORDER BY number"
        )
        return [Change(*row) for row in rows]

    def setting(self, name: str) -> Any:
        """Plain data kept under a name; None where there is none."""
        rows = self._read("SELECT value FROM setting WHERE name = ?", name)
        return json.loads(rows[0][0]) if rows else None

    def set(self, name: str, value: Any, changes: Iterable[Change] = ()) -> None:
        """Keep plain data under a name, and tell the audit what changed with it."""
        with self._transaction():
            self._connection.execute("INSERT OR REPLACE INTO setting VALUES (?, ?)", (name, json.dumps(value)))
            self._write_audit(changes)

    def note_pages(self, written_from: Mapping[str, str]) -> None:
        """Remember what submissions' pages were written from."""
        with self._transaction():
            for submission, told in written_from.items():
                self._connection.execute("UPDATE submission SET page = ? WHERE id = ?", (told, submission))

    def _one(self, name: str) -> Submission:
        rows = self._read(f"SELECT {COLUMNS} FROM submission WHERE present AND id = ?", name)
        if not rows:
            raise Misuse(f"there is no submission {name!r}: its id is its path below the cohort's folder")
        return _submission(rows[0])

    def _shown(self, one: Submission) -> Result | None:
        """The last result of a submission, with marks."""
        result = self.result(one.key) if one.key is not None else None
        return None if result is None else with_marks(result, self.marks(one.id)) | {"file": one.file}

    def _tell_changes(self, before: dict[str, Result | None], cause: str) -> None:
        for name, earlier in before.items():
            one = self._one(name)
            after = self._shown(one)
            if after is None or one.key is None:
                continue
            judge = self.content(one.key).judge[:12]  # enough to tell versions of one course apart
            for place, was, became in differences(earlier, after):
                exercise, criterion = place or (None, None)
                change = Change(_now(), cause, name, after["lesson"], exercise, criterion, was, became, judge)
                self._write_audit([change])

    def _write_audit(self, changes: Iterable[Change]) -> None:
        for c in changes:
            self._connection.execute(
                "INSERT INTO audit (at, cause, submission, lesson, exercise, criterion, was, became, judge)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (c.at, c.cause, c.submission, c.lesson, c.exercise, c.criterion, c.was, c.became, c.judge),
            )

    def _read(self, question: str, *values: Any) -> list[Any]:
        with self._lock, sentences(self._path):
            return self._connection.execute(question, values).fetchall()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """All of it, or nothing, whenever the process is killed."""
        with self._lock, sentences(self._path):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise


def _submission(row: tuple[Any, ...]) -> Submission:
    name, file, notebook, handed_in, present, key, page = row
    return Submission(name, json.loads(file), notebook, handed_in, bool(present), key, page)


def _require_place(mark: Mark, result: Result | None) -> None:
    if result is None or result["state"] not in JUDGED or result["sha256"] != mark.notebook:
        raise Misuse(f"{mark.submission} has not been graded as it is now: run `grade.py cohort` on its folder first")
    criteria = {(e["number"], c["id"]): c for e in result["exercises"] for c in e["criteria"]}
    if mark.place not in criteria:
        known = ", ".join(f"{number} {name}" for number, name in criteria) or "none"
        raise Misuse(
            f"{mark.submission} has no criterion {mark.criterion!r} in exercise {mark.exercise}; it has {known}"
        )
    most = criteria[mark.place]["max_score"]
    if not 0 <= mark.points <= most:
        raise Misuse(f"{mark.criterion} gives 0 to {most:g} points, not {mark.points:g}")


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
