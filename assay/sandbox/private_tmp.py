"""Decides whether /tmp can be a folder of this submission's own, so that two students never share a path there."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from assay.sandbox.kernel import mount, unshare
from assay.sandbox.mounts import MS_BIND, MS_PRIVATE, MS_REC, make_read_only

CLONE_NEWNS = 0x00020000
CLONE_NEWUSER = 0x10000000
SHARED = (Path("/tmp"), Path("/var/tmp"), Path("/dev/shm"))


def privatise_tmp(
    own: Path, readable: Sequence[Path], writable: Sequence[Path], closed: Iterable[Path] = (), user: int | None = None
) -> bool:
    """Mount folders below `own` over /tmp, /var/tmp and /dev/shm for this process and its children; False where that
    is denied. The process must have one thread.

    Args:
        readable, writable: what must stay visible although it may lie below a folder that is covered.
        closed: more folders to cover: `user` could not go through them to what must stay visible.
        user: who shall own the new /tmp; None for whoever this process is.
    """
    try:
        _unshare(user)
        mount(None, "/", MS_REC | MS_PRIVATE)
        for covered in (*SHARED, *closed):
            if covered.is_dir():
                place = own / "-".join(covered.parts[1:])
                _cover(covered, place, readable, writable)
                if user is not None and covered in SHARED:
                    os.chown(covered, user, user)
    except (OSError, AttributeError):
        return False
    return True


def _unshare(user: int | None) -> None:
    try:
        unshare(CLONE_NEWNS)
    except OSError:
        if user is not None:  # in a user namespace of one's own there would be nobody else to become
            raise
        become_mapped(CLONE_NEWNS)


def become_mapped(flags: int) -> None:
    """Enter a user namespace of one's own, in which one is oneself, together with the namespaces of `flags`.

    Raises:
        OSError: this system does not allow it.
    """
    user, group = os.getuid(), os.getgid()
    unshare(CLONE_NEWUSER | flags)
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
    Path("/proc/self/gid_map").write_text(f"{group} {group} 1")


def _cover(covered: Path, own: Path, readable: Sequence[Path], writable: Sequence[Path]) -> None:
    """Bind what is needed from below `covered` into `own`, then `own` over `covered`."""
    own.mkdir(parents=True, exist_ok=True)
    for path in sorted({*readable, *writable}, key=lambda path: len(path.parts)):
        if path.is_relative_to(covered) and path.exists():
            spot = own / path.relative_to(covered)
            make_spot(spot, path.is_dir())
            mount(path, spot, MS_BIND | MS_REC)
            if path not in writable:
                make_read_only(spot)
    mount(own, covered, MS_BIND | MS_REC)


def make_spot(spot: Path, is_folder: bool) -> None:
    """Something to mount over."""
    if is_folder:
        spot.mkdir(parents=True, exist_ok=True)
    else:
        spot.parent.mkdir(parents=True, exist_ok=True)
        spot.touch()
