"""Decides what the file system looks like in a mount namespace of one's own: only what the territory names is there."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

from assay.sandbox.kernel import detach, mount, syscall
from assay.sandbox.mounts import MS_BIND, MS_PRIVATE, MS_REC, NODEV, NOEXEC, NOSUID, make_read_only
from assay.sandbox.private_tmp import make_spot
from assay.sandbox.syscalls import FORBIDDEN, architecture
from assay.sandbox.territory import DEVICES, Territory

TMP_BYTES = 1 << 30  # it lives in memory; a data set of the course's lessons has some 10 MB
SHM_BYTES = 256 << 20  # what worker processes hand each other


def enter_own_root(territory: Territory) -> None:
    """Change to a new root folder; the process must be the first of its PID namespace and alone in its mount namespace.

    Raises:
        OSError: a mount was refused.
    """
    root = territory.folder / "root"
    root.mkdir(exist_ok=True)
    mount(None, "/", MS_REC | MS_PRIVATE)
    mount("tmpfs", root, NOSUID | NODEV, "tmpfs", "size=4m,mode=0755")
    _mount_memory(root / "tmp", TMP_BYTES)
    (root / "var").mkdir()
    (root / "var" / "tmp").symlink_to("../tmp")
    _mount_devices(root, territory)
    _bind_all(root, territory)
    (root / "proc").mkdir(exist_ok=True)
    mount("proc", root / "proc", NOSUID | NODEV | NOEXEC, "proc")
    make_read_only(root, recursive=False)
    _pivot(root)


def _mount_memory(place: Path, size: int) -> None:
    place.mkdir(parents=True, exist_ok=True)
    mount("tmpfs", place, NOSUID | NODEV, "tmpfs", f"size={size},mode=1777")


def _mount_devices(root: Path, territory: Territory) -> None:
    for device in territory.devices:
        spot = root / device.relative_to("/")
        make_spot(spot, device.is_dir())
        mount(device, spot, MS_BIND | MS_REC)
        make_read_only(spot, devices=True)
    _mount_memory(root / "dev" / "shm", SHM_BYTES)
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        (root / "dev" / name).symlink_to(f"/proc/self/fd/{number}")
    (root / "dev" / "fd").symlink_to("/proc/self/fd")


def _bind_all(root: Path, territory: Territory) -> None:
    """Folders before what is below them, whatever may be done there."""
    readable = [path for path in territory.readable if path.parts[:2] != ("/", "proc")]
    for path in readable:
        if path.is_symlink():  # /bin is usr/bin today
            make_spot((root / path.relative_to("/")).parent, True)
            (root / path.relative_to("/")).symlink_to(path.readlink())
    bound = {place: "read" for path in readable for place in (path, path.resolve()) if not place.is_symlink()}
    bound |= dict.fromkeys(territory.covered(), "hide") | dict.fromkeys(territory.writable, "write")
    for path in sorted(bound, key=lambda path: len(path.parts)):
        nearest = next((bound[above] for above in path.parents if above in bound), None)
        if (bound[path], nearest) != ("read", "read"):
            _bind(path, root / path.relative_to("/"), bound[path])


def _bind(path: Path, spot: Path, how: str) -> None:
    if how == "hide":
        _hide(path, spot)
        return
    make_spot(spot, path.is_dir())
    mount(path, spot, MS_BIND | MS_REC)
    if how == "read":
        make_read_only(spot)


def _hide(path: Path, spot: Path) -> None:
    """Something empty in its place, in which a folder that is needed after all can still be put."""
    if path.is_dir():
        mount("tmpfs", spot, NOSUID | NODEV, "tmpfs", "size=64k,mode=0755")
    else:
        mount(Path("/dev") / DEVICES[0], spot, MS_BIND)


def _pivot(root: Path) -> None:
    known = architecture()
    assert known is not None
    os.chdir(root)
    here = ctypes.c_char_p(b".")
    syscall(FORBIDDEN["pivot_root"][known[0]], here, here)
    detach(".")
    os.chdir("/")
