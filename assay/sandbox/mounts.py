"""Decides the words for mounts: what may be written, and what a mounted thing may not do."""

from __future__ import annotations

import ctypes
import os
import struct

from assay.sandbox.kernel import syscall

MS_BIND, MS_REC, MS_PRIVATE = 4096, 16384, 1 << 18
NOSUID, NODEV, NOEXEC = 2, 4, 8
_MOUNT_SETATTR = 442  # the same on every machine; Linux 5.12
_AT_FDCWD, _AT_RECURSIVE = -100, 0x8000
_READ_ONLY, _NO_SUID, _NO_DEVICES = 1, 2, 4


def make_read_only(place: os.PathLike[str] | str, devices: bool = False, recursive: bool = True) -> None:
    """Let nothing below the mount at `place` be written or have a right of its own; `devices` may be used or not.

    Raises:
        OSError: the kernel refused.
    """
    wanted = _READ_ONLY | _NO_SUID | (0 if devices else _NO_DEVICES)
    attributes = struct.pack("QQQQ", wanted, 0, 0, 0)
    flags = _AT_RECURSIVE if recursive else 0
    path, words = ctypes.c_char_p(os.fsencode(place)), ctypes.c_char_p(attributes)
    syscall(_MOUNT_SETATTR, _AT_FDCWD, path, flags, words, len(attributes))
