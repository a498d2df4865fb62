"""Decides in which order a process walls itself in, for each tier; afterwards nothing it starts can get out.

limits: kernel limits, and a /tmp of its own where that is allowed
lockdown: an unprivileged user, if root started it; Landlock; a filter of system calls
namespaces: before those two, its own processes, network, mounts and memory objects, and a root folder of its own
"""

from __future__ import annotations

import errno
import os
from typing import NoReturn

from assay.failure import Fault
from assay.sandbox import landlock, seccomp
from assay.sandbox.ground import Ground
from assay.sandbox.kernel import unshare
from assay.sandbox.limits import Limits, die_with_parent, lower_limits
from assay.sandbox.own_root import enter_own_root, own_root
from assay.sandbox.private_tmp import CLONE_NEWNS, SHARED, become_mapped, privatise_tmp
from assay.sandbox.syscalls import architecture
from assay.sandbox.tiers import LIMITS, NAMESPACES
from assay.sandbox.user import become, closed_folders, drop_capabilities, hand_over, own_user, require_reachable

_NEW_UTS, _NEW_IPC, _NEW_PID, _NEW_NET = 0x04000000, 0x08000000, 0x20000000, 0x40000000


def enter(tier: str, ground: Ground, limits: Limits) -> bool:
    """Wall this process in; at *namespaces* it is a child of the caller that returns, and the caller only waits for it.

    Returns:
        whether /tmp is the submission's own.

    Raises:
        Fault: the tier cannot be had here; the message says which wall is missing and what to do.
    """
    if tier == LIMITS:
        private = _cover(ground, None)
        lower_limits(limits)
        return private
    _require_possible()
    user = own_user()
    if user is not None:
        hand_over(ground.writable, user)
    private = _separate(ground) if tier == NAMESPACES else _cover(ground, user)
    lower_limits(limits, alone=user is not None or tier == NAMESPACES)
    _lock(tier, ground, user, private)
    return private


def enter_for_copies(tier: str) -> None:
    """What can be forbidden to a process that runs no student's text, and whose copies will wall themselves in: from
    *lockdown* on, sockets, other processes' memory, and the kernel's wide interfaces.

    Raises:
        Fault: the kernel refused.
    """
    if tier == LIMITS:
        return
    _require_possible()
    try:
        seccomp.install(signals=True, final=False)
    except OSError as error:
        raise Fault(f"this kernel refused to lock the process down ({error}): use a newer kernel") from None


def _require_possible() -> None:
    if architecture() is None:
        raise Fault("lockdown knows the system calls of x86_64 and aarch64 only: use a machine of one of these kinds")
    if landlock.version() < landlock.NEEDED:
        raise Fault(
            "lockdown needs Landlock as Linux 6.2 and later have it, and this kernel has none, or an older one, or has "
            "it switched off: use a newer kernel, or add landlock to its `lsm=` boot parameter"
        )


def _cover(ground: Ground, user: int | None) -> bool:
    needed = [*ground.territory.needed, *ground.writable]
    return privatise_tmp(ground, closed_folders(needed) if user is not None else [], user)


def _separate(ground: Ground) -> bool:
    """Go on in a child that is the first process of its own namespaces; this process waits, and ends with it."""
    try:
        if os.getuid() == 0:
            unshare(_NEW_PID | _NEW_NET | _NEW_IPC | _NEW_UTS)
        else:
            become_mapped(_NEW_PID | _NEW_NET | _NEW_IPC | _NEW_UTS)
        child = os.fork()
        if child:
            _wait_for(child, own_root(ground))
        die_with_parent()
        unshare(CLONE_NEWNS)
        enter_own_root(ground)
    except OSError as error:
        raise Fault(_no_namespaces(error)) from None
    return True


def _wait_for(child: int, root: str) -> NoReturn:
    try:
        os.waitpid(child, 0)
        os.rmdir(root)  # noqa: PTH106
    finally:
        os._exit(0)


def _no_namespaces(error: OSError) -> str:
    if os.getuid() == 0:
        return (
            f"root may not make namespaces here ({error}), as in most containers: start as an ordinary user, or use "
            "--tier lockdown"
        )
    if error.errno in (errno.EPERM, errno.EACCES, errno.ENOSPC, errno.EUSERS):
        return (
            f"namespaces are not allowed here ({error}): allow unprivileged user namespaces (on Ubuntu an AppArmor "
            "profile with `userns,`, in a container its security options), or use --tier lockdown"
        )
    return f"namespaces could not be set up ({error}): use --tier lockdown"


def _lock(tier: str, ground: Ground, user: int | None, private: bool) -> None:
    if user is not None:
        become(user)
    drop_capabilities()
    territory = ground.territory
    require_reachable([*territory.needed, *ground.writable])
    readable, listed = [*territory.readable, ground.programs], list(territory.listed)
    # Other processes' command lines name other submissions. Where they are in sight, only numbers may be read.
    (readable if tier == NAMESPACES else listed).append("/proc")
    own = [*ground.writable, *territory.devices, *(SHARED if private else ())]
    kept_inside = user is not None or tier == NAMESPACES or landlock.version() >= landlock.SCOPED
    try:
        landlock.restrict(readable, listed, own)
        seccomp.install(signals=kept_inside)
    except OSError as error:
        raise Fault(f"this kernel refused to lock the process down ({error}): use a newer kernel") from None
    die_with_parent()  # once more: becoming another user forgets it
