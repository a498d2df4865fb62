"""`grade.py run`: grades the notebooks that were named, and leaves what people read."""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

from assay.command.lessons import load_lessons, warm_imports
from assay.command.lock import alone_in
from assay.command.pages import Pages
from assay.command.progress import Display, show_kit_progress
from assay.command.secret import course_secret
from assay.command.session import Result, Session
from assay.command.walls import choose_tier, hidden_places, require_readable
from assay.course import did_you_mean
from assay.execution.parent import WarmParent
from assay.failure import Misuse
from assay.kit import Kit, ensure_kit

TAMPERED, FAULT = 4, 3


def run(options: argparse.Namespace) -> int:
    """Grade, print, write; the exit code says whether every file has a result."""
    lessons = load_lessons()
    if options.lesson is not None and options.lesson not in lessons:
        meant = did_you_mean(options.lesson, lessons)
        raise Misuse(f"there is no lesson {options.lesson!r}{meant}; the lessons are {', '.join(lessons)}")
    require_writable(options.json)
    tier = choose_tier(options.tier, options.runner, options.trust_these_notebooks)
    kit = ensure_kit(options.kit, show_kit_progress())
    require_readable(kit, tier)
    with ExitStack() as stack:
        out = options.out or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="assay-")))
        _prepare(out, own=options.out is None)
        stack.enter_context(alone_in(out))
        display = stack.enter_context(Display(len(options.notebooks)))
        display.say("importing the libraries once")
        warm = stack.enter_context(start_warm(kit, warm_imports(lessons), out, options.device))
        session = Session(lessons, options.lesson, kit, warm, options.runner, tier, course_secret(), hidden_places(out))
        pages = Pages(options.notebooks, options.out, lessons)
        results = _grade_all(session, options.notebooks, out, options.jobs, display, pages)
        display.stop()
        publish(results, pages, options.out, options.json)
    return exit_code(results)


def start_warm(kit: Kit, imports: list[list[str]], out: Path, device: str) -> WarmParent:
    """A warm parent for the device asked for; its own messages go to warm.log.

    Raises:
        Misuse: cuda was asked for on a machine without a GPU.
    """
    if device == "cuda" and not Path("/dev/nvidiactl").exists():
        raise Misuse("--device cuda needs an NVIDIA GPU and its driver, and none was found: use --device cpu")
    environment = kit.environment() | ({"CUDA_VISIBLE_DEVICES": ""} if device == "cpu" else {})
    return WarmParent(environment, imports, out / "runs" / "warm.log")


def _prepare(out: Path, own: bool) -> None:
    try:
        if own and os.getuid() == 0:
            out.chmod(0o711)  # where root grades, notebooks run as another user, who must get to his own folder
        (out / "runs").mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=out):
            return
    except OSError as error:
        raise Misuse(f"cannot write into {out} ({error.strerror}): name another folder with --out") from None


def require_writable(json_to: str | None) -> None:
    """Say now, and not after an hour of grading, that the file for the results cannot be written."""
    if json_to is None or json_to == "-":
        return
    try:
        with Path(json_to).open("a"):
            return
    except OSError as error:
        raise Misuse(f"cannot write {json_to} ({error.strerror}): name another file with --json") from None


def _grade_all(
    session: Session, files: list[str], out: Path, jobs: int | None, display: Display, pages: Pages
) -> list[Result]:
    """Results in the order of the arguments."""
    folders = {index: _fresh(folder) for index, folder in pages.folders(out).items()}

    def grade(index: int) -> Result:
        with display.task(files[index]) as progress:
            result = session.grade(files[index], folders[index], progress)
        pages.write(index, result, folders[index])
        return result

    pool = ThreadPoolExecutor(jobs or os.cpu_count() or 1)
    try:
        return list(pool.map(grade, range(len(files))))
    except KeyboardInterrupt:
        session.warm.close()  # its children die with it, so nothing is left to wait for
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def _fresh(folder: Path) -> Path:
    """An empty folder for a run; what an earlier command left there is removed."""
    import shutil

    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    return folder


def publish(results: list[Result], pages: Pages, out: Path | None, json_to: str | None) -> None:
    """Print the results, and write results.json, the page of all and the gradebook where that was asked for."""
    from rich.console import Console

    from assay.report import print_results, write_summary

    # a file's name or a student's token may hold half a surrogate pair, which no encoding can write
    text = json.dumps(results, indent=1, ensure_ascii=False).encode("utf-8", "replace").decode()
    console = Console(stderr=json_to == "-")
    print_results(results, console)
    if out is not None:
        (out / "results.json").write_text(text + "\n", encoding="utf-8")
        page = write_summary(results, pages.links(), out)
        console.print(f"Reports: {page}", markup=False, highlight=False, soft_wrap=True)
    if json_to == "-":
        sys.stdout.write(text + "\n")
    elif json_to:
        try:
            Path(json_to).write_text(text + "\n", encoding="utf-8")
        except OSError as error:
            raise Misuse(f"cannot write {json_to} ({error.strerror}): name another file with --json") from None


def exit_code(results: list[Result]) -> int:
    """3 when a machine's fault kept a file from its grade, 4 when tampering was flagged, else 0."""
    states = {result["state"] for result in results}
    if "fault" in states:
        return FAULT
    return TAMPERED if "tampered" in states else 0
