"""Decides which system calls a student's process has no business with, and which only with some arguments."""

from __future__ import annotations

from assay.sandbox.kernel import machine

# Name -> (number on x86_64, number on aarch64); 0 where the machine has no such call.
FORBIDDEN: dict[str, tuple[int, int]] = {
    # other processes' memory
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "kcmp": (312, 272),
    "pidfd_getfd": (438, 438), "process_madvise": (440, 440), "process_mrelease": (448, 448),
    "migrate_pages": (256, 238), "move_pages": (279, 239),
    # mounts and namespaces
    "setns": (308, 268), "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51),
    "open_tree": (428, 428), "move_mount": (429, 429), "fsopen": (430, 430), "fsconfig": (431, 431),
    "fsmount": (432, 432), "fspick": (433, 433), "mount_setattr": (442, 442), "statmount": (457, 457),
    "listmount": (458, 458), "open_tree_attr": (467, 467),
    # permissions, owners, times and attributes, which Landlock does not guard
    "chmod": (90, 0), "fchmod": (91, 52), "fchmodat": (268, 53), "fchmodat2": (452, 452), "chown": (92, 0),
    "lchown": (94, 0), "fchown": (93, 55), "fchownat": (260, 54), "utime": (132, 0), "utimes": (235, 0),
    "futimesat": (261, 0), "utimensat": (280, 88), "setxattr": (188, 5), "lsetxattr": (189, 6), "fsetxattr": (190, 7),
    "setxattrat": (463, 463), "removexattr": (197, 14), "lremovexattr": (198, 15), "fremovexattr": (199, 16),
    "removexattrat": (466, 466), "file_setattr": (469, 469),
    # sockets: a path or a peer in the arguments cannot be looked at, so there are none but pairs
    "socket": (41, 198), "connect": (42, 203), "bind": (49, 200), "listen": (50, 201), "accept": (43, 202),
    "accept4": (288, 242),
    # the kernel's wide interfaces, where most of its holes were found
    "io_uring_setup": (425, 425), "io_uring_enter": (426, 426), "io_uring_register": (427, 427),
    "add_key": (248, 217), "request_key": (249, 218), "keyctl": (250, 219), "userfaultfd": (323, 282),
    "bpf": (321, 280), "perf_event_open": (298, 241), "modify_ldt": (154, 0), "personality": (135, 92),
    # memory that belongs to no process, so that nobody could count it; and messages to other processes
    "memfd_create": (319, 279), "memfd_secret": (447, 447), "shmget": (29, 194), "shmat": (30, 196),
    "shmctl": (31, 195), "msgget": (68, 186), "semget": (64, 190), "mq_open": (240, 180), "mq_unlink": (241, 181),
    # watching other people's files, and opening them by number
    "inotify_add_watch": (254, 27), "fanotify_init": (300, 262), "fanotify_mark": (301, 263),
    "name_to_handle_at": (303, 264), "open_by_handle_at": (304, 265),
    # the machine itself
    "kexec_load": (246, 104), "kexec_file_load": (320, 294), "init_module": (175, 105), "finit_module": (313, 273),
    "delete_module": (176, 106), "reboot": (169, 142), "swapon": (167, 224), "swapoff": (168, 225), "acct": (163, 89),
    "quotactl": (179, 60), "quotactl_fd": (443, 443), "settimeofday": (164, 170), "clock_settime": (227, 112),
    "clock_adjtime": (305, 266), "adjtimex": (159, 171), "sethostname": (170, 161), "setdomainname": (171, 162),
    "iopl": (172, 0), "ioperm": (173, 0), "syslog": (103, 116), "lookup_dcookie": (212, 18), "nfsservctl": (180, 42),
    "vhangup": (153, 58), "uselib": (134, 0), "ustat": (136, 0), "sysfs": (139, 0),
}  # fmt: skip

# What a process does when it walls itself in, and a process whose copies will do so must not be refused.
WALLING = (
    "mount", "umount2", "pivot_root", "mount_setattr", "chmod", "fchmod", "fchmodat", "fchmodat2", "chown", "lchown",
    "fchown", "fchownat", "memfd_create",
)  # fmt: skip

# Signals, where nothing else keeps them inside: no process may send one to another, not even to its own child.
SIGNALS: dict[str, tuple[int, int]] = {
    "kill": (62, 129), "tkill": (200, 130), "tgkill": (234, 131), "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240), "pidfd_send_signal": (424, 424),
}  # fmt: skip

# libc then uses `clone`, whose flags a filter can see
ABSENT: dict[str, tuple[int, int]] = {"clone3": (435, 435)}

# time, cgroup, mount, UTS, IPC, user, PID and network namespaces
_NAMESPACES = 0x80 | 0x02000000 | 0x00020000 | 0x04000000 | 0x08000000 | 0x10000000 | 0x20000000 | 0x40000000
# `clone` keeps the signal that ends a child in the lowest byte, where only `unshare` has the flag for time
_CLONED_NAMESPACES = _NAMESPACES & ~0xFF

# (numbers, argument, bits that it must not have)
WITHOUT_BITS: dict[str, tuple[tuple[int, int], int, int]] = {
    "clone": ((56, 220), 0, _CLONED_NAMESPACES),
    "unshare": ((272, 97), 0, _NAMESPACES),
}
# (numbers, argument that must be 0: this very process)
OF_ITSELF_ONLY: dict[str, tuple[tuple[int, int], int]] = {
    "prlimit64": ((302, 261), 0), "setpriority": ((141, 140), 1), "ioprio_set": ((251, 30), 1),
    "sched_setaffinity": ((203, 122), 0), "sched_setscheduler": ((144, 119), 0), "sched_setparam": ((142, 118), 0),
    "sched_setattr": ((314, 274), 0),
}  # fmt: skip
# (numbers, argument, values that it must not have)
WITHOUT_VALUES: dict[str, tuple[tuple[int, int], int, tuple[int, ...]]] = {
    # whose orphans are whose must not be changed
    "prctl": ((157, 167), 0, (36,)),
    # F_SETOWN, F_SETSIG, F_SETOWN_EX: a descriptor that signals somebody else
    "fcntl": ((72, 25), 1, (8, 10, 15)),
    # TIOCSTI, TIOCLINUX: typing into a terminal; FIOSETOWN, SIOCSPGRP: as above; FS_IOC_SETFLAGS, FS_IOC_FSSETXATTR
    "ioctl": ((16, 29), 1, (0x5412, 0x541C, 0x8901, 0x8902, 0x40086602, 0x401C5820)),
}
SOCKETPAIR = (53, 199)
SECCOMP = (317, 277)

_ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}


def architecture() -> tuple[int, int] | None:
    """(column of the tables above, the kernel's own number for this machine); None for a machine that is not known."""
    return _ARCHITECTURES.get(machine())
