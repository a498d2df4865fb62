"""Where the kit lives and when it is built: once, in a process of its own, and never half."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from assay.failure import Misuse
from assay.kit.child import run_module
from assay.kit.layout import CALIBRATED, LEARNED, RECIPES, Kit, open_kit
from assay.kit.learned.shipped import check_weights

Progress = Callable[[str, float], None]


def ensure_kit(folder: Path | None = None, progress: Progress | None = None) -> Kit:
    """The kit to use, built first where that is ours to do.

    Args:
        folder: `calibrated` or `learned` for a kit of our own; another folder that somebody named (`--kit`), which is
            opened and never written; None for `$ASSAY_KIT`, which may be any of these, else for the calibrated kit.
        progress: called with what is being done and the share done, in [0, 1].

    Raises:
        Misuse: the folder named is no kit, or ours cannot be written.
        Fault: the build failed.
    """
    if folder is not None and str(folder) not in RECIPES:
        return open_kit(folder)
    recipe = str(folder) if folder is not None else _default_recipe()
    home = _cached(recipe) if folder is not None else default_folder()
    # A kit appears by one rename, so a folder that is there is whole and needs no lock: it may be read-only.
    if not home.exists():
        return build_kit(home, progress, recipe=recipe)
    _let_everybody_read(home)
    return open_kit(home)


def default_folder() -> Path:
    """`$ASSAY_KIT` when it names a folder, else a folder of the user's cache named after recipe and version."""
    named = os.environ.get("ASSAY_KIT")
    return Path(named).absolute() if named and named not in RECIPES else _cached(_default_recipe())


def _default_recipe() -> str:
    named = os.environ.get("ASSAY_KIT", "")
    return named if named in RECIPES else CALIBRATED


def _cached(recipe: str) -> Path:
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "assay" / f"kit-{recipe}-{RECIPES[recipe]}"


def build_kit(folder: Path, progress: Progress | None = None, again: bool = False, recipe: str = CALIBRATED) -> Kit:
    """Build a kit at `folder`, or open the one that another process built meanwhile.

    Args:
        recipe: one of RECIPES.
        again: build even if there is one, and put the new one in its place.
    """
    folder = folder.absolute()
    if recipe == LEARNED and (again or not folder.exists()):
        check_weights()
    with _building(folder):
        if again or not folder.exists():
            _build_beside(recipe, folder, progress or (lambda what, share: None))
    return open_kit(folder)


def train_kit(work: Path, progress: Progress | None = None) -> None:
    """Train the learned kit's weights from nothing and put them in place of the shipped ones.

    Args:
        work: keeps pictures and checkpoints, so that a training that was stopped goes on where it was.
    """
    tell = progress or (lambda what, share: None)
    run_module("assay.kit.recipe", [str(work.absolute())], {}, lambda line: _hand_on(line, tell))


def _build_beside(recipe: str, folder: Path, progress: Progress) -> None:
    """Build in a sibling folder and rename it: readers see the old kit or the new one, whole."""
    for left_over in folder.parent.glob(f".{folder.name}.*.building"):
        shutil.rmtree(left_over)  # of a build that was killed: we hold the lock
    scratch = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}.", suffix=".building"))
    scratch.chmod(0o755)
    try:
        # The build names its own HF_HOME; nothing of the user's cache takes part.
        arguments = [recipe, str(scratch)]
        run_module("assay.kit.build", arguments, {"HF_HOME": str(scratch)}, lambda line: _hand_on(line, progress))
        _let_everybody_read(scratch)
        old = scratch.with_suffix(".old")
        if folder.exists():
            open_kit(folder)  # only a kit may be replaced
            folder.rename(old)
        scratch.rename(folder)
        shutil.rmtree(old, ignore_errors=True)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _let_everybody_read(kit: Path) -> None:
    """safetensors writes for its owner alone, and where root grades, notebooks run as somebody else."""
    for path in kit.rglob("*"):
        mode = path.lstat().st_mode
        wanted = mode | (0o555 if stat.S_ISDIR(mode) else 0o444)
        if mode != wanted and not stat.S_ISLNK(mode):
            with contextlib.suppress(OSError):  # somebody else's, or on a disk that cannot be written
                path.chmod(stat.S_IMODE(wanted))


def _hand_on(line: str, progress: Progress) -> None:
    # Libraries print lines of their own; ours are JSON lists.
    if line.startswith("["):
        what, share = json.loads(line)
        progress(what, share)


@contextmanager
def _building(folder: Path) -> Iterator[None]:
    """Hold the lock of this kit's place. It is the system's: it ends with its process, whatever happens."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        lock = open(folder.with_name(f".{folder.name}.lock"), "w")  # noqa: SIM115 - closed below
    except OSError as error:
        raise Misuse(
            f"The kit cannot be built at {folder} ({error.strerror}); set ASSAY_KIT to a folder that you may write."
        ) from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
