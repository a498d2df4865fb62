"""Decides whether /tmp can be a folder of this submission's own, so that two students never share a path there."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from assay.sandbox.ground import Ground
from assay.sandbox.kernel import mount, unshare
from assay.sandbox.mounts import MS_BIND, MS_PRIVATE, MS_REC, put

CLONE_NEWNS = 0x00020000
CLONE_NEWUSER = 0x10000000
SHARED = ("/tmp", "/var/tmp", "/dev/shm")


def privatise_tmp(ground: Ground, closed: Iterable[str] = (), user: int | None = None) -> bool:
    """Mount the submission's own folders over /tmp, /var/tmp and /dev/shm for this process and its children; what is
    needed below these stays visible. False where that is denied. The process must have one thread.

    Args:
        closed: more folders to cover: `user` could not go through them to what must stay visible.
        user: who shall own the new /tmp; None for whoever this process is.
    """
    # Of folders that are written, Landlock lets everything below be read: what is hidden there needs a cover too.
    kinds = {"read": (*ground.territory.needed, ground.programs), "hide": ground.territory.covered,
             "write": ground.writable}  # fmt: skip
    needed = sorted(((path, how) for how in kinds for path in kinds[how]), key=lambda one: one[0].count("/"))
    try:
        _unshare(user)
        mount(None, "/", MS_REC | MS_PRIVATE)
        for covered in (*SHARED, *closed):
            if os.path.isdir(covered):  # noqa: PTH112 - each path object costs a child of a large process some faults
                _cover(covered, f"{ground.folder}/tmp/{covered[1:].replace('/', '-')}", needed)
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


def _cover(covered: str, own: str, needed: Sequence[tuple[str, str]]) -> None:
    """Bind what is needed from below `covered` into `own`, then `own` over `covered`."""
    os.makedirs(own, exist_ok=True)  # noqa: PTH103
    for path, how in needed:
        if path.startswith(covered + "/") and os.path.exists(path):  # noqa: PTH110
            put(path, own + path.removeprefix(covered), how)
    mount(own, covered, MS_BIND | MS_REC)
