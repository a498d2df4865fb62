"""`grade.py regrade`: judges stored runs with today's rubric and checks; no notebook is executed."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from assay.command.lessons import Lesson, load_lessons, warm_imports
from assay.command.lock import alone_in
from assay.command.pages import Pages
from assay.command.progress import Display, show_kit_progress
from assay.command.run import exit_code, publish, start_warm
from assay.command.verdict import Record, verdict
from assay.execution.parent import WarmParent
from assay.failure import Fault, Misuse
from assay.kit import ensure_kit
from assay.rubric import unchecked_exercises, validate_result


def regrade(options: argparse.Namespace) -> int:
    """Judge every graded result of a folder again and write it anew; others stay as they are."""
    if not (options.out / "runs").is_dir():
        raise _no_results(options.out)
    with alone_in(options.out):
        results = _regrade(options.out, options.kit)
    return exit_code(results)


def _regrade(out: Path, named_kit: Path | None) -> list[dict[str, Any]]:
    old = _read_results(out)
    lessons = load_lessons()
    kit = ensure_kit(named_kit, show_kit_progress())
    pages = Pages([result["file"] for result in old], out, lessons)
    folders = pages.folders(out)
    with Display(len(old)) as display, start_warm(kit, warm_imports(lessons), out, "auto") as warm:
        results = []
        for index, result in enumerate(old):
            with display.task(result["file"]):
                results.append(_again(result, folders[index], lessons, warm, f"{kit.name} {kit.digest[:12]}"))
                pages.write(index, results[-1], folders[index])
    publish(results, pages, out, None)
    return results


def _again(
    result: dict[str, Any], folder: Path, lessons: dict[str, Lesson], warm: WarmParent, kit: str
) -> dict[str, Any]:
    path = folder / "run.json"
    judged = result["state"] in ("graded", "fault", "tampered") and path.is_file()
    if not judged or result["lesson"] not in lessons:
        return result
    record = Record(**json.loads(path.read_text(encoding="utf-8")))
    if record.runner["kit"] != kit:
        raise Misuse(f"{folder} was made with the kit {record.runner['kit']}, this is {kit}: name that one with --kit")
    lesson = lessons[record.lesson]
    try:
        made = verdict(record, lesson, folder, warm)
    except Fault as fault:
        reason = str(fault).splitlines()[0]
        unchecked = unchecked_exercises(lesson.rubric, reason)
        return result | {"state": "fault", "reason": reason, "score": None, "max_score": None, "exercises": unchecked}
    made["seconds"]["total"] = result["seconds"]["total"]
    return made


def _read_results(out: Path) -> list[dict[str, Any]]:
    try:
        results = json.loads((out / "results.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise _no_results(out) from None
    try:
        for result in results if isinstance(results, list) else [results]:
            validate_result(result)
    except ValueError as error:
        raise Misuse(f"{out / 'results.json'} is not what `grade.py run` wrote ({error}): grade again") from None
    return list(results)


def _no_results(out: Path) -> Misuse:
    return Misuse(f"{out} has no results.json: name a folder that `grade.py run --out` wrote")
