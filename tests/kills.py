"""`python -m tests.kills`: kills the program, its warm parent, a notebook or the judge at random moments, and looks at
what is left. With `--engine dask` it is the program or one of its workers.

Each time the same small cohort is graded into a new folder and `kill -9` strikes in the midst of it. What was announced
by then must be in the store; and after the same command again, every submission must have exactly one result, equal to
that of an undisturbed run in all but its seconds.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from assay.rubric import without_measured
from assay.store import NAME, Store
from tests.commands import small_notebook

ROOT = Path(__file__).parent.parent
PROGRAM, WARM, NOTEBOOK, JUDGE, WORKER = "program", "warm parent", "notebook", "judge", "worker"
VICTIMS = (PROGRAM, WARM, NOTEBOOK, JUDGE)
OF_DASK = (PROGRAM, WORKER)
WAITS = "import time; time.sleep(0.3)"
COSINE = "import torch\ntorch.nn.functional.cosine_similarity(torch.ones(2), torch.ones(2), dim=0)"
PATIENCE_S = 600  # for one command on a busy machine
LOOKS_S = 0.02  # between two looks at a program that is to be killed
TOO_LATE = "nobody was killed: the command had ended"
RERUNS = 3  # a warm parent that was killed may leave faults, which the next command tries again


@dataclass(frozen=True)
class Undisturbed:
    """What a run comes to that nobody disturbs, and how long it took."""

    results: list[dict[str, Any]]
    gradebook: str
    seconds: float


def make_cohort(folder: Path) -> Path:
    """Six notebooks that take a moment, with errors, an early end, two equal ones, and a file that is no notebook."""
    folder.mkdir(parents=True)
    for name, sources in {
        "ada": (f"{WAITS}\n{COSINE}", WAITS),
        "bo": (f"{WAITS}\n1 / 0", WAITS),
        "cy": (f"{WAITS}\nimport os; os._exit(3)", WAITS),
        "di": (f"{WAITS}\nx = 1", f"{WAITS}\n{COSINE}"),
        "eli": (WAITS, WAITS, WAITS),
        "fay": (WAITS, WAITS, WAITS),
    }.items():
        small_notebook(folder / f"{name}.ipynb", *sources)
    (folder / "gus.ipynb").write_text("no notebook")
    return folder


def undisturbed(folder: Path, out: Path, engine: str = "local") -> Undisturbed:
    """Grade in peace."""
    began = time.monotonic()
    assert start(folder, out, engine).wait(PATIENCE_S) == 0, (out / "said.txt").read_text()
    return Undisturbed(*left_in(out), time.monotonic() - began)


def start(folder: Path, out: Path, engine: str = "local") -> subprocess.Popen[bytes]:
    """The command, as a person would start it; what it says goes into a file beside its results."""
    out.mkdir(exist_ok=True)
    with (out / "said.txt").open("wb") as said:
        return subprocess.Popen(
            [sys.executable, "grade.py", "cohort", folder, "--out", out, "--jobs", "2", "--trust-these-notebooks",
             "--engine", engine],
            cwd=ROOT, stdout=subprocess.DEVNULL, stderr=said,
        )  # fmt: skip


def left_in(out: Path) -> tuple[list[dict[str, Any]], str]:
    """The results without what was measured, and the gradebook."""
    results = json.loads((out / "results.json").read_text(encoding="utf-8"))
    return [without_measured(result) for result in results], (out / "gradebook.csv").read_text(encoding="utf-8")


def announced(out: Path) -> set[str]:
    """The submissions whose result the command has told."""
    said = (out / "said.txt").read_text(encoding="utf-8")
    return set(re.findall(r"^\[\d+/\d+\] ([^\s:]+)", said, re.MULTILINE))


def disturb(
    folder: Path,
    out: Path,
    victim: str,
    moment: Callable[[Path, float], bool],
    peace: Undisturbed,
    engine: str = "local",
) -> list[str]:
    """Start, kill the victim as soon as `moment` says so of the folder and the seconds, and run to the end.

    Returns:
        What is not as it must be; [] when all is well.
    """
    wrong: list[str] = []
    program = start(folder, out, engine)
    struck = _strike(program, victim, moment, out)
    if victim == PROGRAM and struck:
        program.wait(PATIENCE_S)
        wrong += _lost(out)
    code = program.wait(PATIENCE_S)
    for _ in range(RERUNS):
        if code == 0:
            break
        code = start(folder, out, engine).wait(PATIENCE_S)
    if code != 0:
        return [*wrong, f"the command ended with {code}: {(out / 'said.txt').read_text()[-500:]}"]
    if left_in(out) != (peace.results, peace.gradebook):
        wrong.append("the results differ from those of an undisturbed run")
    with Store(out, writing=False) as store:
        if len(store.results()) != len(peace.results):
            wrong.append("not every submission has exactly one result")
    return wrong if struck else [*wrong, TOO_LATE]


def _strike(program: subprocess.Popen[bytes], victim: str, moment: Callable[[Path, float], bool], out: Path) -> bool:
    began = time.monotonic()
    while program.poll() is None:
        target = _found(program.pid, victim) if moment(out, time.monotonic() - began) else None
        if target is not None:
            target.kill()
            return True
        time.sleep(LOOKS_S)
    return False


def _found(program: int, victim: str) -> psutil.Process | None:
    """A process of that kind, any of several; None while there is none."""
    try:
        process = psutil.Process(program)
        if victim == PROGRAM:
            return process
        below = process.children()
        if victim == WORKER:
            return _any(child for child in below if "spawn_main" in " ".join(child.cmdline()))
        warm = next((child for child in below if "assay.execution.warm" in child.cmdline()), None)
        if warm is None or victim == WARM:
            return warm
        return _any(child for child in warm.children(recursive=True) if _kind(child) == victim)
    except psutil.NoSuchProcess:
        return None


def _kind(process: psutil.Process) -> str | None:
    """All were forked from the warm parent and look alike, but a notebook's processes are at home in their run."""
    try:
        place = process.cwd()
    except psutil.Error:
        return None
    if place == "/":
        return JUDGE
    return NOTEBOOK if "/runs/" in place and "/shared-" not in place else None


def _any(processes: Iterable[psutil.Process]) -> psutil.Process | None:
    found = list(processes)
    return random.choice(found) if found else None


def _lost(out: Path) -> list[str]:
    """What was announced and is not in the store."""
    told = announced(out)
    if not (out / NAME).is_file():
        return [f"announced without a store: {told}"] if told else []
    with Store(out) as store:  # the lock of the killed one must be gone as well
        missing = told - set(store.results())
    return [f"announced and lost: {missing}"] if missing else []


def _disturb_at(at: float, folder: Path, out: Path, victim: str, peace: Undisturbed, engine: str) -> list[str]:
    shutil.rmtree(out, ignore_errors=True)
    return disturb(folder, out, victim, lambda _, seconds: seconds >= at, peace, engine)


def main(arguments: list[str] | None = None) -> int:
    """1 when something was lost or came out otherwise."""
    parser = argparse.ArgumentParser(prog="python -m tests.kills", description=__doc__)
    parser.add_argument("--times", type=int, default=20, help="how often (20)")
    parser.add_argument("--seed", type=int, default=6, help="what the moments are drawn from (6)")
    parser.add_argument("--engine", choices=("local", "dask"), default="local", help="as of `cohort` (local)")
    options = parser.parse_args(arguments)
    victims = VICTIMS if options.engine == "local" else OF_DASK
    random.seed(options.seed)
    draw, bad = random.Random(options.seed), 0
    with tempfile.TemporaryDirectory(prefix="kills-") as name:
        Path(name).chmod(0o711)  # where root tests, notebooks run as somebody else
        folder = make_cohort(Path(name) / "in")
        peace = undisturbed(folder, Path(name) / "peace", options.engine)
        print(f"undisturbed: {len(peace.results)} results in {peace.seconds:.1f} s")
        for number in range(options.times):
            victim, at = victims[number % len(victims)], draw.uniform(0, peace.seconds)
            while (wrong := _disturb_at(at, folder, Path(name) / f"out-{number}", victim, peace, options.engine)) == [
                TOO_LATE
            ]:
                at /= 2  # the machine was faster than before
            bad += bool(wrong)
            print(f"{number + 1:2}  {victim:11}  after {at:5.1f} s  {'; '.join(wrong) or 'equal'}", flush=True)
    print(f"{options.times} kills, {bad} of them with a difference")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
