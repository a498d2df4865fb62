"""Where attacks are played: a canary folder and a bystander outside, an honest submission in the same cohort, and what
must be as it was once an attack is over."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import os
import secrets
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from assay.command.lessons import Lesson
from assay.command.session import Session
from assay.command.verdict import prepare_judge
from assay.intake import read_notebook
from assay.rubric import sequence_of, without_measured
from tests.attacks.attack import Attack
from tests.attacks.bases import bases

Result = dict[str, Any]
State = dict[str, tuple[object, ...]]  # of each file: mode, owner, time of change, digest
TOKEN = "ASSAY_CANARY_TOKEN"
SHORTER = {"cell": 60.0, "exercise": 60.0}  # than any lesson's own limits: an attack may use up what it is given
HONEST = Attack(0, "an honest submission", work="honest", earns="all", file="honest.ipynb")
GONE_S = 10.0  # a killed tree is gone in a tenth of a second; a busy machine takes longer to bury it


@dataclass(frozen=True)
class Ending:
    """What an attack left: its result and its folder, the honest submission's result, and the harm that was seen."""

    result: Result
    folder: Path
    honest: Result
    harm: tuple[str, ...]


class Stage:
    """One cohort's surroundings at one tier. `secret` is the word that no submission may ever show."""

    def __init__(self, session: Session, tier: str, folder: Path) -> None:
        lessons = dict(session.lessons)
        for base in bases():
            _hand_out_its_setup(lessons, base)
        self.session = dataclasses.replace(session, tier=tier, lessons=lessons)
        self.folder = folder
        self.secret = f"canary-{secrets.token_hex(12)}"
        self.mark = f"assay-attack-{secrets.token_hex(6)}"
        self._count = 0
        self.usual: Result = {}

    @contextlib.contextmanager
    def open(self) -> Iterator[Stage]:
        """With a bystander and a listener that nobody may reach, a secret in the environment, and judges ready."""
        os.environ[TOKEN] = self.secret
        self._outside = _outside()  # what is to be left alone, and the notebooks
        self.canary = self._outside / "canary"
        self._canary = _lay_out(self.canary, self.secret)
        _lay_out(self._outside / "theirs", self.secret)  # for links: a notebook's own process may write there at limits
        self._bystander = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(3600)"], cwd="/")
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(0.05)
        try:
            for base in bases().values():  # so that no judge is taken for something that an attack left
                prepare_judge(self.session.lessons[base.slug], self.session.warm)
            self.usual = _compared(self._grade(HONEST, "usual")[0])  # not shared: what is may be no different
            yield self
        finally:
            del os.environ[TOKEN]
            self._bystander.kill()
            self._bystander.wait()
            self._listener.close()
            shutil.rmtree(self._outside, ignore_errors=True)

    def play(self, attack: Attack) -> Ending:
        """Grade the attack and an honest submission at the same time, and look around."""
        self._count += 1
        names = f"{self._count}-attack", f"{self._count}-honest"
        before = self._processes()
        honest = dataclasses.replace(HONEST, shared=attack.shared)
        if attack.shared:  # so that what is attacked is there, and is no other's than before
            self._grade(honest, f"{self._count}-before")
        with ThreadPoolExecutor(2) as pool:
            one, other = pool.map(self._grade, (attack, honest), names)
        harm = tuple(self._harm(one[1], before))
        changed = (self._outside / names[0] / attack.file).read_bytes() != one[2]
        return Ending(one[0], one[1], _compared(other[0]), harm + ("the notebook's file was changed",) * changed)

    def _grade(self, attack: Attack, name: str) -> tuple[Result, Path, bytes]:
        """The result, the run's folder, and the bytes of the notebook's file before."""
        place, run = self._outside / name, self.folder / name / "run"
        place.mkdir()
        run.parent.mkdir()
        file = place / attack.file
        places: Mapping[str, object] = {
            "canary": self.canary, "theirs": self._outside / "theirs" / "other",
            "mark": self.mark, "submission": file, "grader": os.getpid(),
            "bystander": self._bystander.pid, "port": self._listener.getsockname()[1], "free": _free_port(),
            "home": run / "home", "runs": self.session.warm.log.parent,
            "prefixes": self.session.warm.prefixes.pids(),
        }  # fmt: skip
        data = attack.notebook(places)
        file.write_bytes(data)
        session = self.session if attack.number == HONEST.number else self._session(attack)
        session = dataclasses.replace(session, shared=session.shared or attack.shared)
        return session.grade(str(file), run, lambda step: None), run, data

    def _session(self, attack: Attack) -> Session:
        """The session with the limits that the attack is to meet."""
        fields = {"cell": "cell_s", "exercise": "exercise_s", "memory": "memory_bytes", "output": "output_bytes"}
        lessons = dict(self.session.lessons)
        slug = bases()[attack.base].slug
        rubric = lessons[slug].rubric
        limits = dataclasses.replace(
            rubric.limits, **{fields[k]: v for k, v in (SHORTER | dict(attack.limits)).items()}
        )
        lessons[slug] = dataclasses.replace(lessons[slug], rubric=dataclasses.replace(rubric, limits=limits))
        return dataclasses.replace(self.session, lessons=lessons)

    def _harm(self, run: Path, before: set[int]) -> Iterator[str]:
        """What is not as it was, in words."""
        if _state_of(self.canary) != self._canary:
            yield "the canary folder was changed"
            shutil.rmtree(self.canary)
            self._canary = _lay_out(self.canary, self.secret)
        if self._bystander.poll() is not None:
            yield "a process outside was killed"
        with contextlib.suppress(TimeoutError):
            self._listener.accept()[0].close()
            yield "a connection was made"
        if left := _left(self._processes, before, run):
            yield f"processes were left: {left}"
        yield from (f"a file was left at {path}" for path in self._marked())
        yield from (f"the secret is in {path.name}" for path in _holding(run, self.secret.encode()))

    def _processes(self) -> set[int]:
        """Everything below the warm parent."""
        own = [child for child in psutil.Process().children() if "assay.execution.warm" in child.cmdline()]
        ours = set(self.session.warm.prefixes.pids())
        return {child.pid for parent in own for child in parent.children(recursive=True)} - ours

    def _marked(self) -> Iterator[Path]:
        kit = self.session.kit.folder
        packages = Path(psutil.__file__).parent.parent
        for place in (Path("/tmp"), Path("/var/tmp"), Path("/dev/shm"), Path.home(), kit, packages, Path.cwd()):
            yield from place.glob(f"{self.mark}*") if place.is_dir() else ()


def _hand_out_its_setup(lessons: dict[str, Lesson], base: str) -> None:
    """Let the lesson of a base know the set-up that its attacks have, unless they change it, as the course's own."""
    honest = dataclasses.replace(HONEST, base=base)
    setup = sequence_of(read_notebook(honest.notebook({}), honest.file))[:1]
    lesson = lessons[bases()[base].slug]
    rubric = dataclasses.replace(lesson.rubric, sequences=(*lesson.rubric.sequences, setup))
    lessons[bases()[base].slug] = dataclasses.replace(lesson, rubric=rubric)


def _compared(result: Result) -> Result:
    """A result without what may differ between two gradings of the same file."""
    return without_measured(result | {"file": None})


def _outside() -> Path:
    """A folder that no wall hides by chance: /tmp may be the notebook's own."""
    home = Path.home() / ".cache"
    home.mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(prefix="assay-attacks-", dir=home))


def _lay_out(canary: Path, secret: str) -> State:
    """Things that are worth stealing and changing, each with the secret in it, and their state."""
    theirs = canary / "other" / "evidence" / "replays" / "hidden_guidance"
    theirs.mkdir(parents=True)
    (canary / ".git").mkdir()
    for path in (canary / "gradebook.csv", canary / "solution.ipynb", canary / "other" / "work.ipynb",
                 canary / ".git" / "packed", theirs / "said.json", theirs.parent.parent / "facts.jsonl"):  # fmt: skip
        path.write_text(f"{secret}\n")
    return _state_of(canary)


def _state_of(folder: Path) -> State:
    """Names, kinds, modes, times of change and contents of everything in a folder."""
    found = {}
    for path in sorted([folder, *folder.rglob("*")]):
        status = path.lstat()
        data = path.read_bytes() if stat.S_ISREG(status.st_mode) else b""
        found[str(path.relative_to(folder))] = (
            status.st_mode, status.st_uid, status.st_mtime_ns, hashlib.sha256(data).hexdigest(),
        )  # fmt: skip
    return found


def _left(processes: Any, before: set[int], run: Path) -> list[str]:
    """Command lines of what still runs after a while: below the warm parent, or anywhere with its folder in the run."""
    until = time.monotonic() + GONE_S
    while True:
        left = [pid for pid in processes() - before if _runs(pid)] + _inside(run)
        if not left or time.monotonic() > until:
            return [f"{pid}" for pid in left]
        time.sleep(0.05)


def _runs(pid: int) -> bool:
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(pid)
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    return False


def _inside(run: Path) -> list[int]:
    found = []
    for process in psutil.process_iter(["pid", "cwd"]):
        if str(process.info["cwd"] or "").startswith(str(run)) and process.pid != os.getpid():
            found.append(process.pid)
    return found


def _holding(run: Path, secret: bytes) -> Iterator[Path]:
    for path in run.rglob("*"):
        status = path.lstat()
        if stat.S_ISREG(status.st_mode) and status.st_size < 2**26 and secret in path.read_bytes():
            yield path


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])
