"""Decides which files a student's process may reach: a list of what is allowed, and nothing else."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# Programs and libraries of the system. Nothing personal belongs there; settings (/etc), homes and data are elsewhere.
SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/nix/store", "/gnu/store")
# What libraries read of the system's settings: where libraries are, the time zone, fonts, types of files, certificates.
SETTINGS = (
    "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/localtime", "/etc/timezone", "/etc/fonts",
    "/etc/mime.types", "/etc/alternatives", "/etc/ssl/certs", "/etc/ssl/openssl.cnf",
)  # fmt: skip
# What they ask about the machine, to decide how many threads and how much memory to use.
MACHINE = (
    "/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/proc/uptime", "/proc/loadavg", "/proc/version",
    "/proc/filesystems", "/proc/sys/vm/overcommit_memory", "/proc/sys/kernel/osrelease", "/proc/driver/nvidia",
    "/sys/devices/system/cpu", "/sys/devices/system/node", "/sys/kernel/mm/transparent_hugepage",
    "/sys/fs/cgroup/cpu.max", "/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "/sys/fs/cgroup/cpu/cpu.cfs_period_us",
    "/sys/module/nvidia", "/sys/bus/pci/devices",
)  # fmt: skip
DEVICES = ("null", "zero", "full", "random", "urandom")
OWN = ("work", "home", "tmp", "evidence")  # below the submission's folder


@dataclass(frozen=True)
class Territory:
    """What one submission may reach; paths are absolute and free of links.

    Args:
        folder: the submission's own; of it, only `OWN` may be written and `bin` read.
        needed: what Python, its packages, the kit and our own package need.
        hidden: what must stay invisible even below something that is needed or the system's.
    """

    folder: Path
    needed: tuple[Path, ...]
    hidden: tuple[Path, ...] = ()

    @property
    def writable(self) -> list[Path]:
        """The submission's own folders."""
        return [self.folder / name for name in OWN]

    @property
    def readable(self) -> list[Path]:
        """Files and folders with all that is below them, before `hidden` is taken away."""
        fixed = [Path(path) for path in (*SYSTEM, *SETTINGS, *MACHINE)]
        return [path for path in (*fixed, *self.needed, self.folder / "bin") if os.path.exists(path)]  # noqa: PTH110 - False, not an error, behind a closed folder

    @property
    def devices(self) -> list[Path]:
        """Files in /dev; a graphics card's where there is one."""
        return [Path("/dev") / name for name in DEVICES] + sorted(Path("/dev").glob("nvidia*"))

    def without_hidden(self) -> tuple[list[Path], list[Path]]:
        """(readable, listed): folders that hold something hidden are replaced by their entries, and only listed."""
        readable: list[Path] = []
        listed: list[Path] = []
        for path in self.readable:
            _take_apart(path, [h for h in self.hidden if not path.is_relative_to(h)], readable, listed)
        return readable, listed

    def covered(self) -> Iterator[Path]:
        """What is hidden below something readable."""
        resolved = [path.resolve() for path in self.readable]
        for hidden in self.hidden:
            if hidden.exists() and any(hidden != path and hidden.is_relative_to(path) for path in resolved):
                yield hidden


def _take_apart(path: Path, hidden: list[Path], readable: list[Path], listed: list[Path]) -> None:
    within = [h for h in hidden if h.is_relative_to(path.resolve())]
    if not within:
        readable.append(path)
        return
    listed.append(path)
    for entry in os.scandir(path):
        if not entry.is_symlink() and Path(entry.path).resolve() not in within:
            _take_apart(Path(entry.path), within, readable, listed)
