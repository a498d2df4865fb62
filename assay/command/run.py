"""`grade.py run`: grades the notebooks that were named, and leaves what people read."""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from assay.command.lessons import Lesson, load_lessons, warm_imports
from assay.command.lock import alone_in
from assay.command.pages import RELEASES, Pages
from assay.command.places import Places, choose_gpus, open_places
from assay.command.progress import Display, show_kit_progress
from assay.command.publish import publish
from assay.command.reading import Reading, read
from assay.command.secret import course_secret
from assay.command.session import Executed, Result, Session
from assay.command.walls import choose_tier, hidden_places, require_readable
from assay.course import did_you_mean
from assay.execution.parent import WarmParent
from assay.failure import Fault, Misuse
from assay.kit import Kit, ensure_kit
from assay.scheduling.devices import Gpu
from assay.scheduling.pool import work_off

TAMPERED, FAULT = 4, 3
ROOM_BYTES = 16 * 2**20  # less holds no notebook's evidence, whose weights take tens of megabytes


@dataclass(frozen=True)
class Course:
    """What notebooks are graded by and behind, found sound before anything runs."""

    lessons: dict[str, Lesson]
    kit: Kit
    tier: str
    gpus: tuple[Gpu, ...] = ()


def run(options: argparse.Namespace) -> int:
    """Grade, print, write; the exit code says whether every file has a result."""
    course = prepare_course(options, options.runner)
    with ExitStack() as stack:
        out = options.out or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="assay-")))
        prepare_out(out, own=options.out is None)
        stack.enter_context(alone_in(out))
        display = stack.enter_context(Display(len(options.notebooks)))
        display.say("importing the libraries once")
        warm = stack.enter_context(start_warm(course.kit, warm_imports(course.lessons), out))
        display.begin()
        session = make_session(course, options.lesson, warm, hidden_places(out), options.runner)
        places = stack.enter_context(open_places(session, options, course.gpus))
        pages = Pages.of_files(options.notebooks, options.out, course.lessons, RELEASES[options.release])
        results = grade_all(places, options.notebooks, out, display, pages)
        display.stop()
        publish(results, pages, options.out, options.json)
    return exit_code(results)


def prepare_course(options: argparse.Namespace, runner: str) -> Course:
    """Everything that is needed and can be wrong, looked at before a folder is touched or a library imported.

    Raises:
        Misuse: the lesson named, a rubric, the file for the results, or the device is not right.
        Fault: the walls asked for cannot be had, or the kit not be read.
    """
    lessons = load_lessons()
    if options.lesson is not None and options.lesson not in lessons:
        meant = did_you_mean(options.lesson, lessons)
        raise Misuse(f"there is no lesson {options.lesson!r}{meant}; the lessons are {', '.join(lessons)}")
    require_writable(options.json)
    elsewhere = getattr(options, "engine", ("local", ""))[0] != "local"  # its workers look for GPUs where they are
    gpus = () if elsewhere else choose_gpus(options.device)
    if options.gpu_memory is not None and not gpus and not elsewhere:
        raise Misuse(
            "--gpu-memory limits what a notebook uses of a GPU, and here notebooks run on the CPU: leave it out"
        )
    tier = choose_tier(options.tier, runner, options.trust_these_notebooks)
    kit = ensure_kit(options.kit, show_kit_progress())
    require_readable(kit, tier)
    return Course(lessons, kit, tier, gpus)


def make_session(
    course: Course,
    lesson: str | None,
    warm: WarmParent,
    hidden: tuple[Path, ...],
    runner: str = "fork",
    shared: bool = False,
) -> Session:
    """What all notebooks of one command share; with `shared` that is the course's own cells as well."""
    session = Session(course.lessons, lesson, course.kit, warm, runner, course.tier, course_secret(), hidden)
    return replace(session, shared=shared)


def start_warm(kit: Kit, imports: list[list[str]], out: Path, device: str = "cpu") -> WarmParent:
    """A warm parent whose children find the CPU only, or the one GPU whose UUID is `device`; its own messages go to
    warm.log."""
    environment = {**kit.environment(), "CUDA_VISIBLE_DEVICES": "" if device == "cpu" else device}
    return WarmParent(environment, imports, out / "runs" / "warm.log")


def prepare_out(out: Path, own: bool) -> None:
    """Make the folder for the results, and see that it can be written.

    Raises:
        Misuse: it cannot.
    """
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


def grade_all(places: Places, files: list[str], out: Path, display: Display, pages: Pages) -> list[Result]:
    """Results in the order of the arguments."""
    session = places.session
    folders = {index: fresh(folder) for index, folder in pages.folders(out).items()}

    def execute(index: int) -> Executed:
        found = read(files[index], session.lessons, session.lesson)
        lesson = found.lesson.files.slug if isinstance(found, Reading) else None
        with places.taken(lesson) as taken, display.task(Path(files[index]).name) as progress:
            return taken.execute(found, folders[index], progress)

    def judge(index: int, executed: Executed) -> Result:
        result = session.judge(executed)
        display.done(Path(files[index]).name)
        pages.write(index, result, folders[index])
        return result

    return work_off(range(len(files)), execute, judge, places.at_once, places.close)


def fresh(folder: Path) -> Path:
    """An empty folder for a run; what an earlier command left there is removed."""
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    return folder


def require_room(out: Path) -> None:
    """See that a fault did not come from a full disk: then every other notebook would end in the same.

    Raises:
        Fault: it is full.
    """
    if shutil.disk_usage(out).free < ROOM_BYTES:
        raise Fault(
            f"the disk that {out} lies on is full: make room and run the same command again, which goes on from here"
        )


def exit_code(results: list[Result]) -> int:
    """3 when a machine's fault kept a file from its grade, 4 when tampering was flagged, else 0."""
    states = {result["state"] for result in results}
    if "fault" in states:
        return FAULT
    return TAMPERED if "tampered" in states else 0
