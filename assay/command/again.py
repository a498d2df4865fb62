"""Decides the result of a run that is stored, by today's checks and rubric; no notebook is executed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from assay.command.lessons import Lesson
from assay.command.verdict import Record, verdict
from assay.execution.parent import WarmParent
from assay.failure import Fault, Misuse
from assay.rubric import unchecked_exercises

RECORD = "run.json"


def judge_again(
    result: dict[str, Any], folder: Path, lessons: dict[str, Lesson], warm: WarmParent, kit: str
) -> dict[str, Any]:
    """What the run in `folder`, whose result was `result`, comes to now; unchanged where there is nothing to judge.

    Raises:
        Misuse: the run was made with another kit than `kit`.
    """
    path = folder / RECORD
    judged = result["state"] in ("graded", "fault", "tampered") and path.is_file()
    if not judged or result["lesson"] not in lessons:
        return result
    record = Record(**json.loads(path.read_text(encoding="utf-8")))
    if record.runner["kit"] != kit:
        raise Misuse(f"{folder} was made with the kit {record.runner['kit']}, this is {kit}: name that one with --kit")
    lesson = lessons[record.lesson]
    try:
        made = verdict(record, lesson, folder, warm)
    except (Fault, OSError, ValueError) as error:  # the latter two: what is stored was changed, or the disk is full
        told = str(error) if isinstance(error, Fault) else f"the run in {folder.name} cannot be judged ({error})"
        reason = told.splitlines()[0]
        unchecked = unchecked_exercises(lesson.rubric, reason)
        return result | {"state": "fault", "reason": reason, "score": None, "max_score": None, "exercises": unchecked}
    made["seconds"]["total"] = result["seconds"]["total"]
    return made
