"""Decides whose a submission is, and which attempt, from its path."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath

from assay.cohort.settings import Settings

_PARTS = {
    "{student}": "(?P<student>[^/]+?)",
    "{attempt}": "(?P<attempt>[^/]+?)",
    "**": ".*?",  # as little as will do: the first place that fits is the one that is meant
    "*": "[^/]*?",
}


@dataclass(frozen=True)
class Owner:
    """The students a submission counts for (none when nobody is known), and the name of the attempt, if it has one."""

    students: tuple[str, ...]
    attempt: str = ""


def owner_of(submission: str, settings: Settings) -> Owner:
    """Whose it is: the path's pattern says where the name stands, else the first folder does, or the file's stem."""
    found = re.fullmatch(_expression(settings.path), submission) if settings.path is not None else None
    if settings.path is not None and found is None:
        return Owner(())
    path = PurePosixPath(submission)
    name = found["student"] if found is not None else path.parts[0] if len(path.parts) > 1 else path.stem
    attempt = found.groupdict().get("attempt") or "" if found is not None else ""
    return Owner(_students(name, settings), attempt)


def natural(text: str) -> list[tuple[int, str]]:
    """A key that sorts attempt 10 behind attempt 9."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", text)]


def _students(name: str, settings: Settings) -> tuple[str, ...]:
    if name in settings.groups:
        return settings.groups[name]
    if not settings.students:
        return (name,)
    same = [student for student in settings.students if student.casefold() == name.casefold()]
    return tuple(same)


def _expression(pattern: str) -> str:
    parts = re.split(r"(\{student\}|\{attempt\}|\*\*|\*)", pattern)
    seen: set[str] = set()
    made = ""
    for part in parts:
        if part in ("{student}", "{attempt}") and part in seen:
            made += f"(?P={part[1:-1]})"  # a name that stands twice must be the same both times
        else:
            made += _PARTS.get(part, re.escape(part))
        seen.add(part)
    return made
