"""Decides how a student's process tree is killed so that nothing is left."""

from __future__ import annotations

import contextlib
import os
import signal
import time

import psutil

from assay.execution.processes import State, children_of, descendants, state_of

BURIED_S = 10.0  # the warm parent buries a dead child within a tenth of a second, unless orphans keep it busy
MOMENT_S = 0.002  # between two looks at a tree that is dying; a process takes that long to die
ENOUGH_S = 20.0  # a tree that still grows after this long cannot be killed by us; its end comes with its root's


def kill_below(root: int, leaf: int) -> bool:
    """Kill `leaf` and everything below it, if it belongs to the tree of `root`; False when it does not."""
    if leaf not in descendants(root):
        return False
    for pid in reversed(descendants(leaf)):
        _signal(pid, signal.SIGKILL)
    return True


def kill_beside(root: int, leaf: int) -> bool:
    """Kill `leaf` and everything else of the tree but the processes that `leaf` comes from: what it started and left
    to others must not live on in the next exercise. False when `leaf` does not belong to the tree of `root`."""
    above = _ancestors(root, leaf)
    if not above:
        return False
    # The parent, which forks the next exercise as soon as this one is dead, stands still: that one must not die too.
    _signal(above[0], signal.SIGSTOP)
    # until the memory is given back, too: the next exercise must not be told to use it
    _kill_until_empty(root, kept=set(above), ended={State.DEAD})
    _signal(above[0], signal.SIGCONT)
    return True


def kill_all(root: int) -> None:
    """Kill the tree of `root`: no process of it does anything any more when this returns. Its parent buries it, who
    kills orphans before; `is_buried` says when."""
    # While the root only stands still, it is who the orphans of the others go to, so none gets away.
    _signal(root, signal.SIGSTOP)
    _kill_until_empty(root, kept={root}, ended={State.DYING, State.DEAD})
    _signal(root, signal.SIGKILL)


def root_of(pid: int) -> psutil.Process | None:
    """The first process of a tree, not to be taken for a later one of the same number; None when it is gone already."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return psutil.Process(pid)
    return None


def is_buried(root: psutil.Process | None) -> bool:
    """Whether nothing of the tree of `root`, which was killed, is alive; waits for that some seconds at most."""
    until = time.monotonic() + BURIED_S
    while root is not None and root.is_running():  # a zombie counts
        if time.monotonic() > until:
            return False
        time.sleep(MOMENT_S)
    return True


def _kill_until_empty(root: int, kept: set[int], ended: set[State]) -> None:
    until, quiet = time.monotonic() + ENOUGH_S, 0
    while quiet < 2 and time.monotonic() < until:  # the kernel's list may skip a process while another one is dying
        met = _sweep(root, kept, ended)
        quiet = 0 if met else quiet + 1
        if 0 < met < 10:  # a few die at once; a fork bomb must not be given the time
            time.sleep(MOMENT_S)


def _sweep(root: int, kept: set[int], ended: set[State]) -> int:
    """Kill each process of the tree as soon as it is met, before its children are looked for: what is dead forks no
    more. Returns how many had not `ended` yet."""
    met, waiting = 0, [root]
    while waiting:
        pid = waiting.pop()
        if pid not in kept:
            state = state_of(pid)
            met += state not in ended
            if state is not State.DEAD:  # also one that is dying: other threads of it may not be yet
                _signal(pid, signal.SIGKILL)
        waiting += children_of(pid) or []
    return met


def _ancestors(root: int, leaf: int) -> list[int]:
    """The processes from the parent of `leaf` up to `root`; none when `leaf` is not below `root`."""
    above: list[int] = []
    pid = leaf
    while pid != root:
        try:
            pid = psutil.Process(pid).ppid()
        except (psutil.NoSuchProcess, ValueError):
            return []
        if pid <= 1:
            return []
        above.append(pid)
    return above


def _signal(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)
