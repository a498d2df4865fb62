"""Decides how a process that forks children is ordered: down one socket, and each child answers on its own."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

from assay.execution.events import MARK, Reader
from assay.execution.room import LOOK_S, Room, Watch
from assay.failure import Excess, Fault

PATH_BYTES = 4096  # the longest path of Linux
ANSWER_S = 30.0  # a fork takes 0.03 s


class Child(NamedTuple):
    """A forked child: its pid, the descriptor to read its records from, and which start of the parent forked it."""

    pid: int
    descriptor: int
    generation: int


class Line:
    """Our end of the socket; safe to order from several threads."""

    def __init__(self, ours: socket.socket) -> None:
        self._socket, self._lines = ours, ours.makefile("rb")
        self._lock = threading.Lock()

    def greeting(self, timeout_s: float) -> dict[str, Any]:
        """The first thing that the other side says, once it is ready.

        Raises:
            Fault: it ended before, said what went wrong, or took too long.
        """
        self._socket.settimeout(timeout_s)
        try:
            return self._said()
        except OSError:
            raise Fault(f"A process was not ready within {timeout_s:.0f} s.") from None
        finally:
            self._socket.settimeout(ANSWER_S)

    def order(self, order: dict[str, Any]) -> tuple[int, int]:
        """Have a child forked that carries out `order`: its pid, and a descriptor that goes both ways.

        Raises:
            Fault, OSError: the other side is gone.
        """
        ours, theirs = socket.socketpair()
        try:
            with self._lock:
                socket.send_fds(self._socket, [json.dumps(order).encode()], [theirs.fileno()])
                return int(self._said()["pid"]), ours.detach()
        finally:
            ours.close()
            theirs.close()

    def is_cut(self, within_s: float = 0.0) -> bool:
        """Whether the other side has ended by now, or does so within some seconds; nothing may be expected from it."""
        try:
            if not select.select([self._socket], [], [], within_s)[0]:
                return False
            return not self._socket.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except (OSError, ValueError):  # closed by us
            return True

    def close(self) -> None:
        """Hang up."""
        self._lines.close()
        self._socket.close()

    def _said(self) -> dict[str, Any]:
        line = self._lines.readline()
        if not line:
            raise Fault("A process that serves others has ended.")
        said: dict[str, Any] = json.loads(line.removeprefix(MARK))
        if said.get("e") == "fault":
            raise Fault(f"A process could not make itself ready: {said['reason']}\n{said['trace']}")
        return said


def say(descriptor: int, text: str) -> None:
    """Tell one child what the process that forked it, and its later children, need not know."""
    os.write(descriptor, os.fsencode(text) + b"\n")


def hear(descriptor: int) -> str:
    """In that child, what it is told."""
    line = b""
    while not line.endswith(b"\n") and (data := os.read(descriptor, PATH_BYTES)):
        line += data
    return os.fsdecode(line.removesuffix(b"\n"))


def answer_of(what: str, pid: int, descriptor: int, timeout_s: float, room: Room | None = None) -> Any:
    """What a child says that was ordered to answer; `what` names it in messages.

    Raises:
        Excess: the child used more than its `room`, or its answer has no end.
        Fault: the child died, took too long, or raised.
    """
    for record in _records(descriptor, pid, timeout_s, room):
        if "answer" in record:
            return record["answer"]
        if record.get("e") == "fault":
            raise Fault(f"{what} failed: {record['reason']}\n{record['trace']}")
    raise Fault(f"{what} gave no answer within {timeout_s:.0f} s.")


def _records(descriptor: int, pid: int, timeout_s: float, room: Room | None) -> Iterator[dict[str, Any]]:
    """Records until the other end closes; after `timeout_s`, or beyond its room, the writer is killed."""
    reader, end = Reader(), time.monotonic() + timeout_s
    watch = None if room is None else Watch(pid, room)
    try:
        while (left := end - time.monotonic()) > 0:
            if select.select([descriptor], [], [], left if watch is None else min(left, LOOK_S))[0]:
                data = os.read(descriptor, 1 << 20)
                if not data:
                    return
                yield from reader.feed(data)
            elif watch is not None and (excess := watch.excess()) is not None:
                os.kill(pid, signal.SIGKILL)
                raise Excess(excess)
        os.kill(pid, signal.SIGKILL)
    except OverflowError:
        os.kill(pid, signal.SIGKILL)
        raise Excess("more room for its answer than any answer needs") from None
    finally:
        os.close(descriptor)
