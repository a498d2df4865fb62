"""`grade.py regrade`: judges stored runs with today's rubric and checks; no notebook is executed."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from assay.command.again import judge_again
from assay.command.lessons import Lesson, load_lessons, warm_imports
from assay.command.lock import alone_in
from assay.command.pages import RELEASES, Pages
from assay.command.progress import Display, show_kit_progress
from assay.command.publish import publish
from assay.command.regrade_cohort import regrade_cohort
from assay.command.run import exit_code, start_warm
from assay.execution.parent import WarmParent
from assay.failure import Misuse
from assay.kit import ensure_kit
from assay.rubric import validate_result
from assay.store import NAME


def regrade(options: argparse.Namespace) -> int:
    """Judge every graded result of a folder again and write it anew; others stay as they are."""
    out: Path = options.out
    if not (out / "runs").is_dir():
        raise _no_results(out)
    with alone_in(out):
        old = [] if _is_cohort(out) else read_results(out)
        lessons = load_lessons()
        kit = ensure_kit(options.kit, show_kit_progress())
        name = f"{kit.name} {kit.digest[:12]}"
        with start_warm(kit, warm_imports(lessons), out) as warm:
            if _is_cohort(out):
                return exit_code(regrade_cohort(out, lessons, warm, name, options.release))
            pages = Pages.of_files([result["file"] for result in old], out, lessons, RELEASES[options.release])
            return exit_code(_regrade(old, out, pages, lessons, warm, name))


def _is_cohort(out: Path) -> bool:
    return (out / NAME).is_file()


def _regrade(
    old: list[dict[str, Any]], out: Path, pages: Pages, lessons: dict[str, Lesson], warm: WarmParent, kit: str
) -> list[dict[str, Any]]:
    folders = pages.folders(out)
    with Display(len(old)) as display:
        results = []
        for index, result in enumerate(old):
            with display.task(Path(result["file"]).name):
                results.append(judge_again(result, folders[index], lessons, warm, kit))
            display.done(Path(result["file"]).name)
            pages.write(index, results[-1], folders[index])
    publish(results, pages, out, None)
    return results


def read_results(out: Path) -> list[dict[str, Any]]:
    """The results that are stored in a folder.

    Raises:
        Misuse: there are none, or they are not as they were written.
    """
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
