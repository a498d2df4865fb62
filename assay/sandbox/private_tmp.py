"""Decides whether /tmp can be a folder of this submission's own, so that two students never share a path there."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

_CLONE_NEWNS = 0x00020000
_CLONE_NEWUSER = 0x10000000
_MS_BIND, _MS_REC, _MS_PRIVATE = 4096, 16384, 1 << 18
SHARED = (Path("/tmp"), Path("/var/tmp"))


def privatise_tmp(own: Path, needed: list[Path]) -> bool:
    """Mount the folder `own` over /tmp and /var/tmp for this process and its children; False where that is denied.

    `needed` are paths that must stay visible although they may lie below /tmp. The process must have one thread.
    """
    try:
        libc = ctypes.CDLL(None, use_errno=True)
        _unshare(libc)
        _mount(libc, None, Path("/"), _MS_REC | _MS_PRIVATE)
        for shared in SHARED:
            if shared.is_dir():
                _cover(libc, shared, own / shared.name / shared.parts[1], needed)
    except (OSError, AttributeError):
        return False
    return True


def _unshare(libc: ctypes.CDLL) -> None:
    if libc.unshare(_CLONE_NEWNS) == 0:
        return
    user, group = os.getuid(), os.getgid()
    _check(libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNS))
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
    Path("/proc/self/gid_map").write_text(f"{group} {group} 1")


def _cover(libc: ctypes.CDLL, shared: Path, own: Path, needed: list[Path]) -> None:
    """Bind what is needed from below `shared` into `own`, then `own` over `shared`."""
    own.mkdir(parents=True, exist_ok=True)
    for path in needed:
        if path.is_relative_to(shared) and path.exists():
            spot = own / path.relative_to(shared)
            if path.is_dir():
                spot.mkdir(parents=True, exist_ok=True)
            else:
                spot.parent.mkdir(parents=True, exist_ok=True)
                spot.touch()
            _mount(libc, path, spot, _MS_BIND | _MS_REC)
    _mount(libc, own, shared, _MS_BIND | _MS_REC)


def _mount(libc: ctypes.CDLL, source: Path | None, target: Path, flags: int) -> None:
    origin = None if source is None else os.fsencode(source)
    _check(libc.mount(origin, os.fsencode(target), None, flags, None))


def _check(result: int) -> None:
    if result != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
