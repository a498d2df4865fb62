"""Decides the marks of a cohort from what its store holds, and tells the audit when one of them changes."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from assay.cohort import NAME, Row, Settings, read_settings, settings_of, standing
from assay.report import plain
from assay.store import Change, Store

AGREED, SETTLED = "agreed", "settled"  # names in the store
NAMED = 8  # submissions that a sentence names; the gradebook has them all


def read_agreed(folder: Path, lessons: Iterable[str]) -> dict[str, Any] | None:
    """What the cohort.yaml beside the submissions says; None where there is none.

    Raises:
        Misuse: it is not sound.
    """
    path = folder / NAME
    return read_settings(path, lessons) if path.exists() else None


def settings_in(store: Store) -> Settings:
    """What was agreed on when the cohort was last graded."""
    return settings_of(store.setting(AGREED))


def rows_of(store: Store, settings: Settings) -> list[Row]:
    """The cohort's marks."""
    return standing(store.results(), {one.id: one.handed_in for one in store.submissions()}, settings)


def settle(store: Store) -> list[Row]:
    """The cohort's marks; what differs from those of the last time is told to the audit."""
    rows = rows_of(store, settings_in(store))
    before = store.setting(SETTLED) or {}
    if store.setting(AGREED) is None and not before:  # then a mark is its score, whose changes are told already
        return rows
    now = {f"{row.student} {row.result['lesson']}": _told(row) for row in rows if row.student and row.counts}
    if now == before:
        return rows
    at = datetime.now(UTC).isoformat(timespec="seconds")
    changed = [name for name in dict.fromkeys([*before, *now]) if before.get(name) != now.get(name)]
    store.set(SETTLED, now, [_change(at, name, before.get(name), now.get(name)) for name in changed])
    return rows


def say_who_is_left(rows: Sequence[Row]) -> None:
    """What a person should know before the marks are handed on, on standard error."""
    nobody = sorted({row.submission for row in rows if row.student is None})
    if nobody:
        more = ", ..." if len(nobody) > NAMED else ""
        print(f"Of nobody on the roster: {', '.join(map(plain, nobody[:NAMED]))}{more}", file=sys.stderr)
    if waiting := len({row.submission for row in rows if row.counts and row.result["pending"]}):
        print(f"Points that a person must still give: in {waiting} submissions.", file=sys.stderr)


def _told(row: Row) -> list[str]:
    mark = "without a mark" if row.mark is None else f"{row.mark:g}"
    late = f", {row.days_late} days late, less {row.penalty:.0%}" if row.penalty else ""
    return [row.submission, f"{mark}{late}"]


def _change(at: str, name: str, was: list[str] | None, now: list[str] | None) -> Change:
    student, lesson = name.rsplit(" ", 1)
    submission = (now or was or [""])[0]
    before, after = (None if one is None else f"{student}: {one[1]}" for one in (was, now))
    return Change(at, "settled", submission, lesson, None, None, before, after, None)
