"""Decides what the file system looks like in a mount namespace of one's own: only what the ground names is there."""

from __future__ import annotations

import ctypes
import os

from assay.sandbox.ground import Ground
from assay.sandbox.kernel import detach, mount, syscall
from assay.sandbox.mounts import MS_BIND, MS_PRIVATE, MS_REC, NODEV, NOEXEC, NOSUID, make_read_only, make_spot, put
from assay.sandbox.syscalls import FORBIDDEN, architecture

TMP_BYTES = 1 << 30  # it lives in memory; a data set of the course's lessons has some 10 MB
SHM_BYTES = 256 << 20  # what worker processes hand each other


def enter_own_root(ground: Ground) -> None:
    """Change to a new root folder; the process must be the first of its PID namespace and alone in its mount namespace.

    Raises:
        OSError: a mount was refused.
    """
    root = own_root(ground)
    os.makedirs(root, exist_ok=True)  # noqa: PTH103
    mount(None, "/", MS_REC | MS_PRIVATE)
    mount("tmpfs", root, NOSUID | NODEV, "tmpfs", "size=4m,mode=0755")
    for folder in ("/tmp", "/var", "/dev", "/dev/shm", "/proc"):
        os.mkdir(root + folder)  # noqa: PTH102
    mount("tmpfs", f"{root}/tmp", NOSUID | NODEV, "tmpfs", f"size={TMP_BYTES},mode=1777")
    mount("tmpfs", f"{root}/dev/shm", NOSUID | NODEV, "tmpfs", f"size={SHM_BYTES},mode=1777")
    os.symlink("../tmp", f"{root}/var/tmp")  # noqa: PTH211
    _bind_devices(root, ground.territory.devices)
    _bind_all(root, ground)
    mount("proc", f"{root}/proc", NOSUID | NODEV | NOEXEC, "proc")
    make_read_only(root, recursive=False)
    _pivot(root)


def own_root(ground: Ground) -> str:
    """The folder that the new root is built over; outside, it stays empty."""
    return f"{ground.folder}/root"


def _bind_devices(root: str, devices: tuple[str, ...]) -> None:
    for device in devices:
        make_spot(root + device, device)
        mount(device, root + device, MS_BIND | MS_REC)
        make_read_only(root + device, devices=True)
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        os.symlink(f"/proc/self/fd/{number}", f"{root}/dev/{name}")  # noqa: PTH211
    os.symlink("/proc/self/fd", f"{root}/dev/fd")  # noqa: PTH211


def _bind_all(root: str, ground: Ground) -> None:
    """Folders before what is below them, whatever may be done there."""
    for link, target in ground.territory.links:  # /bin is usr/bin today
        os.makedirs(os.path.dirname(root + link), exist_ok=True)  # noqa: PTH103, PTH120
        os.symlink(target, root + link)  # noqa: PTH211
    kinds = {"read": (*ground.territory.places, ground.programs), "hide": ground.territory.covered,
             "write": ground.writable}  # fmt: skip
    everything = [(path, how) for how, paths in kinds.items() for path in paths if not path.startswith("/proc/")]
    for path, how in sorted(everything, key=lambda one: one[0].count("/")):
        put(path, root + path, how)


def _pivot(root: str) -> None:
    known = architecture()
    assert known is not None
    os.chdir(root)
    here = ctypes.c_char_p(b".")
    syscall(FORBIDDEN["pivot_root"][known[0]], here, here)
    detach(".")
    os.chdir("/")
