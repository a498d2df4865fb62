"""Decides who is on the roster: a CSV file with a row for each student."""

from __future__ import annotations

import csv
from dataclasses import dataclass, fields
from pathlib import Path

from assay.failure import Misuse


@dataclass(frozen=True)
class Student:
    """A row of the roster; `id` is the name that stands in paths, the others are what other products know them by."""

    id: str
    name: str = ""
    email: str = ""
    login: str = ""
    sis_id: str = ""
    canvas_id: str = ""
    section: str = ""


def read_roster(path: Path) -> list[dict[str, str]]:
    """The rows of the file, as plain data.

    Raises:
        Misuse: it cannot be read, or a line of it is not right; the message names the line.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:  # spreadsheets write a byte order mark in front
            return _rows(csv.DictReader(file, strict=True), path)
    except (OSError, UnicodeDecodeError) as error:
        raise Misuse(f"{path}: the roster cannot be read ({error}): check its name and that it is UTF-8") from None


def _rows(reader: csv.DictReader[str], path: Path) -> list[dict[str, str]]:
    known = [field.name for field in fields(Student)]
    rows: list[dict[str, str]] = []
    seen: dict[str, int] = {}
    try:
        _require_columns(reader.fieldnames, known, path)
        for row in reader:
            if None in row or None in row.values():
                raise Misuse(
                    f"{path}: line {reader.line_num} does not have as many cells as the first line: correct it"
                )
            kept = {name: row[name].strip() for name in known if name in row}
            if not any(kept.values()):
                continue
            if not kept["id"]:
                raise Misuse(f"{path}: line {reader.line_num} has no id: write one, or remove the line")
            if (first := seen.setdefault(kept["id"].casefold(), reader.line_num)) != reader.line_num:
                raise Misuse(
                    f"{path}: line {reader.line_num} has the id {kept['id']!r} of line {first}: give each student one"
                )
            rows.append(kept)
    except csv.Error as error:
        raise Misuse(f"{path}: line {reader.line_num + 1}: {error}: correct the CSV there") from None
    return rows


def _require_columns(found: object, known: list[str], path: Path) -> None:
    names = list(found) if isinstance(found, (list, tuple)) else []
    if "id" not in names:
        raise Misuse(f"{path}: line 1 names no column id: the columns are {', '.join(known)}; only id is needed")
