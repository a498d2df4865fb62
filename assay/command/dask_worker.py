"""What a Dask worker does: it holds a warm parent ready, and makes a submission into a result and a parcel of evidence.

No student's code runs in the worker itself, so a notebook that crashes never looks like a worker that died. A task may
be done twice, by another worker or by the same: it leaves nothing behind but what it answers.
"""

from __future__ import annotations

import shutil
import tempfile
import threading
import time
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

from distributed import Worker, WorkerPlugin, get_worker

from assay.command.commission import Commission, carry_out
from assay.command.parcel import pack
from assay.command.places import Places
from assay.command.reading import Reading, Refusal
from assay.command.session import Result
from assay.failure import Fault
from assay.intake import Notebook

PLUGIN_S = 30.0  # a worker that joins while plugins are given out may have tasks first


@dataclass(frozen=True)
class Task:
    """One file, read already, with the slug of its lesson; and the name of the commission it is graded by."""

    commission: str
    found: Notebook | Refusal
    slug: str | None


@dataclass(frozen=True)
class Answer:
    """The result, and the evidence where there is any."""

    result: Result
    parcel: bytes | None


class Grader(WorkerPlugin):  # type: ignore[misc]
    """The warm parent of a worker, for one commission."""

    def __init__(self, commission: Commission) -> None:
        self.commission, self.name = commission, commission.name

    def setup(self, worker: Worker) -> None:
        """Begin to import the libraries, in a thread that lives as long as the plugin: a warm parent ends with the
        thread that started it."""
        self._ready: Future[tuple[Places, Path]] = Future()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._live, name=self.name, daemon=True)
        self._thread.start()

    def teardown(self, worker: Worker) -> None:
        """End the warm parent and everything below it."""
        self._over.set()
        self._thread.join()

    def grade(self, task: Task) -> Answer:
        """Execute and judge.

        Raises:
            Misuse, Fault: this worker cannot grade as commissioned.
        """
        places, out = self._ready.result()
        lesson = None if task.slug is None else places.session.lessons[task.slug]
        folder = Path(tempfile.mkdtemp(prefix="run-", dir=out / "runs"))
        try:
            folder.chmod(0o755)  # where root grades, notebooks run as another user
            found = task.found if isinstance(task.found, Refusal) or lesson is None else Reading(task.found, lesson)
            assert isinstance(found, Reading | Refusal)
            with places.taken(task.slug) as session:
                executed = session.execute(found, folder, lambda step: None)
            result = places.session.judge(executed)
            places.learn(result)
            return _answer(result, found, folder, places)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _live(self) -> None:
        try:
            with tempfile.TemporaryDirectory(prefix="assay-worker-") as name:
                out = Path(name)
                out.chmod(0o711)
                with carry_out(self.commission, out) as places:
                    self._ready.set_result((places, out))
                    self._over.wait()
        except BaseException as error:
            if self._ready.done():
                raise
            self._ready.set_exception(error)


def _answer(result: Result, found: Reading | Refusal, folder: Path, places: Places) -> Answer:
    try:
        return Answer(result, pack(folder) if isinstance(found, Reading) else None)
    except Fault as fault:  # of this one, and not of all
        return Answer(places.session.unanswered(found, str(fault)), None)


def grade(task: Task) -> Answer:
    """In a worker: have its plugin grade.

    Raises:
        Fault: it has none.
    """
    worker, until = get_worker(), time.monotonic() + PLUGIN_S
    while not isinstance(plugin := worker.plugins.get(task.commission), Grader):
        if time.monotonic() > until:
            raise Fault("a Dask worker was not told how to grade: start it again")
        time.sleep(0.1)
    return plugin.grade(task)
