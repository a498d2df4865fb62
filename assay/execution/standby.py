"""Decides how something that takes long to make ready is made ready once: in a child of the warm parent that serves."""

from __future__ import annotations

import socket
import threading
from typing import Any

from assay.execution.line import Line, answer_of
from assay.execution.room import Room
from assay.failure import Fault

READY_S = 180.0  # as long as the warm parent itself may take: full-size weights are read from a cold disk


class Standby:
    """A child that is making something ready, or has; it forks a child of its own for each call."""

    def __init__(self, name: str, descriptor: int) -> None:
        self._name, self._line = name, Line(socket.socket(fileno=descriptor))
        self._is_ready, self._lock = False, threading.Lock()
        self.is_gone = False

    def call(self, timeout_s: float, *, room: Room | None = None, **arguments: Any) -> Any:
        """The answer of a fresh child to these arguments; waits until there is one to be had.

        Raises:
            Excess: the child used more than its `room`.
            Fault: nothing could be made ready, or the child died, took too long, or raised.
        """
        pid, descriptor = self._order(arguments)
        return answer_of(self._name, pid, descriptor, timeout_s, room)

    def _order(self, arguments: dict[str, Any]) -> tuple[int, int]:
        try:
            with self._lock:
                if not self._is_ready:
                    self._line.greeting(READY_S)
                    self._is_ready = True
            return self._line.order({"arguments": arguments})
        except (Fault, OSError, ValueError) as error:  # ended, or closed by another thread
            self.is_gone = True
            self.close()
            raise error if isinstance(error, Fault) else Fault(f"{self._name} stands by no more ({error}).") from None

    def close(self) -> None:
        """Let it go; it ends by itself."""
        self._line.close()
