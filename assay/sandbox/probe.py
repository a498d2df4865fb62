"""Decides which tiers this machine offers, by really entering each of them in a process that is thrown away.

`python -m assay.sandbox.probe TIER FOLDER NEEDED...` enters the tier and ends with 0 when its walls stand.
"""

from __future__ import annotations

import contextlib
import errno
import functools
import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

from assay.failure import Fault
from assay.sandbox.ground import Ground
from assay.sandbox.kernel import unshare
from assay.sandbox.limits import Limits
from assay.sandbox.private_tmp import CLONE_NEWUSER
from assay.sandbox.territory import OWN, survey
from assay.sandbox.tiers import LIMITS, NAMESPACES, TIERS
from assay.sandbox.walls import enter

_SONG = "nobody reads this"
PROBE_S = 20.0  # it takes a tenth of a second
_GENEROUS = Limits(memory_bytes=1 << 30, cpu_s=PROBE_S)


def strongest() -> str:
    """The strongest tier that this machine offers."""
    return next(tier for tier in reversed(TIERS) if missing(tier) is None)


@functools.cache
def missing(tier: str) -> str | None:
    """Why the tier cannot be had on this machine, and what to do; None when it can."""
    if tier == LIMITS:
        return None
    if sys.platform != "linux":
        return f"the walls of {tier} exist on Linux only: use a Linux machine or a container"
    with tempfile.TemporaryDirectory(prefix="assay-probe-") as name:
        folder = Path(name)
        folder.chmod(0o711)  # another user must get through it
        canary = folder / "canary"
        canary.write_text(_SONG)
        mode = canary.stat().st_mode
        said = _try(tier, folder)
        if said is None and (canary.read_text() != _SONG or canary.stat().st_mode != mode):
            return f"the walls of {tier} were entered, and yet a file outside was changed: use another machine"
        return said


def _try(tier: str, folder: Path) -> str | None:
    package = Path(__file__).resolve().parent.parent
    needed = [path for path in (Path(sys.prefix), Path(sys.base_prefix), package) if path.exists()]
    command = [sys.executable, "-m", "assay.sandbox.probe", tier, str(folder.resolve()), *map(str, needed)]
    environment = os.environ | {"PYTHONPATH": str(package.parent)}
    try:
        done = subprocess.run(
            command, env=environment, cwd="/", stdin=subprocess.DEVNULL, capture_output=True, text=True,
            errors="replace", timeout=PROBE_S, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return f"trying {tier} out took longer than {PROBE_S:.0f} s"
    said = (done.stdout.strip() or done.stderr.strip() or f"it ended with {done.returncode}").splitlines()[-1]
    return None if said == "the walls stand" else said[:600]


def main() -> None:
    """Enter, knock at the walls, and say on standard output what was found."""
    tier, folder, needed = sys.argv[1], Path(sys.argv[2]), tuple(map(Path, sys.argv[3:]))
    for name in (*OWN, "bin"):
        (folder / name).mkdir()
    both = tuple(dict.fromkeys((*needed, *(path.resolve() for path in needed))))
    try:
        enter(tier, Ground(str(folder), survey(both)), _GENEROUS)
        _knock(tier, folder / "canary")
        (folder / "work" / "own").write_text("mine")
        (needed[-1] / "failure.py").read_bytes()
    except (Fault, OSError) as error:
        print(error)
    else:
        print("the walls stand")
    sys.stdout.flush()
    os._exit(0)


def _knock(tier: str, canary: Path) -> None:
    """Raises Fault when something that the tier forbids works all the same."""
    for what, attempt in (
        ("reading a file outside", canary.read_bytes),
        ("changing a file's permissions", lambda: canary.chmod(0o600)),
        ("making a socket", lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM).close()),
        ("making a namespace", lambda: unshare(CLONE_NEWUSER)),
    ):
        try:
            attempt()
        except OSError as error:
            if error.errno in (errno.EPERM, errno.EACCES, errno.ENOENT, errno.EROFS):
                continue
            raise
        raise Fault(f"the walls of {tier} were entered, and yet {what} worked: use another machine")
    with contextlib.suppress(OSError):  # where /tmp is its own, this is a new file there
        canary.write_text("changed")
    if tier == NAMESPACES and os.getpid() != 1:
        raise Fault("the process is not the first one of its namespace: use --tier lockdown")


if __name__ == "__main__":
    main()
