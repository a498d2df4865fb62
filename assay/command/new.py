"""`grade.py new`: drafts a lesson from a published notebook and from what is seen when it runs."""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from assay.command.drafted import Drafting
from assay.command.lessons import load_lessons, warm_imports
from assay.command.progress import show_kit_progress
from assay.command.run import start_warm
from assay.course import LessonFiles, files_of, lessons
from assay.declared import data_folder
from assay.drafting.outline import Outline, outline, reference_of
from assay.drafting.texts import checks_text, mistakes_text, rubric_text
from assay.execution.imports import imports_of
from assay.failure import Misuse
from assay.intake import Notebook, read_bytes, read_notebook
from assay.kit import ensure_kit
from assay.lint import lint
from assay.rubric import register


def new_lesson(options: argparse.Namespace) -> int:
    """Write the draft's files, print where they are and what is left to do; 1 when `lint` finds an error in them.

    Raises:
        Misuse: the name is none or taken, the notebook has no exercises, or the course cannot be written.
    """
    notebook = read_notebook(read_bytes(options.notebook), str(options.notebook))
    plan = outline(options.lesson, notebook)
    if plan.slug in lessons():
        raise Misuse(f"there is a lesson {plan.slug!r} already: choose another name, or delete its files first")
    _require_room(files_of(plan.slug))
    written = _write(plan, notebook, options.tries)
    for path in written:
        print(f"wrote {path}")
    findings = lint([plan.slug])
    print("\n".join(map(str, findings)))
    errors = sum(finding.severity == "error" for finding in findings)
    print(f"It grades already: grade.py run NOTEBOOK --lesson {plan.slug}. {len(findings)} things are left to do.")
    return int(errors > 0)


def _write(plan: Outline, notebook: Notebook, tries: int) -> list[Path]:
    files = files_of(plan.slug)
    with tempfile.TemporaryDirectory(prefix="assay-") as name:
        place = Path(name)
        reference = place / f"{plan.stem}.ipynb"
        reference.write_text(reference_of(notebook), encoding="utf-8")
        kit = ensure_kit(None, show_kit_progress())
        (place / "runs").mkdir()
        imports = [*warm_imports(load_lessons()), *imports_of(reference)]
        with start_warm(kit, imports, place, "cpu") as warm:
            drafting = Drafting(plan, reference, kit, warm, place, _say)
            seen = drafting.look()
            texts = {
                files.reference: reference.read_text(encoding="utf-8"),
                files.rubric: rubric_text(plan, seen.criteria, seen.seconds),
                files.checks: checks_text(plan, seen.criteria),
            }
            found = drafting.try_mistakes(seen, texts[files.rubric], texts[files.checks], tries)
    texts[data_folder(files) / "mistakes.py"] = mistakes_text(plan, found.mistakes, found.alone)
    for path, text in texts.items():
        _create(path, text)
    if plan.open_cells:
        print(register(files.rubric, replace(notebook, file=plan.file)))
    return sorted(texts)


def _require_room(files: LessonFiles) -> None:
    for path in (files.checks, files.rubric, files.reference, data_folder(files)):
        if path.exists():
            raise Misuse(f"{path} is there already: move it away, or choose another name")


def _create(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise Misuse(f"cannot write {path} ({error.strerror}): work in a checkout of your own") from None


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
