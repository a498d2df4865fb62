"""Decides how the program starts its warm parent and orders children from it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, NamedTuple

from assay.execution.events import Reader
from assay.failure import Fault

START_S = 180.0  # importing torch, diffusers and transformers takes 4 to 15 s; a cold disk much longer
ANSWER_S = 30.0  # a fork takes 0.03 s
DYING_S = 0.2  # its children may be seen dead a moment before it is
KEPT_VARIABLES = ("PATH", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH", "CUDA_VISIBLE_DEVICES", "VIRTUAL_ENV")
SAME_FOR_ALL = {
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",  # before matplotlib is imported, or figures are lost
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",  # pyarrow's second thread would forbid forking
    "PYTORCH_NVML_BASED_CUDA_CHECK": "1",  # asking whether there is a GPU must not initialise CUDA
    "PYTHONHASHSEED": "0",
    "PYTHONDONTWRITEBYTECODE": "1",
    "TQDM_DISABLE": "1",
    "PYTHONNOUSERSITE": "1",
}


def clean_environment(kit: Mapping[str, str]) -> dict[str, str]:
    """The environment of every notebook: a short list of the caller's variables, ours, and the kit's."""
    kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
    package = str(Path(__file__).resolve().parent.parent.parent)
    return {**kept, **SAME_FOR_ALL, "PYTHONPATH": package, "HOME": "/nonexistent", **kit}


class Child(NamedTuple):
    """A forked child: its pid, the descriptor to read its records from, and which start of the parent forked it."""

    pid: int
    descriptor: int
    generation: int


@dataclass
class WarmParent:
    """A running warm parent; use as a context manager. Safe to order from several threads.

    `rehearsal` names a function ("module:function") that it calls once, so that its children find warm what that needs.
    """

    kit: Mapping[str, str]
    imports: list[list[str]]
    log: Path
    rehearsal: str | None = None
    versions: dict[str, str] = field(default_factory=dict)
    device: str = "cpu"
    generation: int = 0
    _process: subprocess.Popen[bytes] | None = None
    _socket: socket.socket | None = None
    _lines: IO[bytes] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _closed: bool = False

    def __enter__(self) -> WarmParent:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start it and wait until it is warm; call from the main thread, whose end is its end.

        Raises:
            Fault: it did not come up; the message ends with what it wrote last.
        """
        self.generation += 1
        ours, theirs = socket.socketpair()
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                self._command(theirs.fileno()),
                env=clean_environment(self.kit), pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, cwd="/", start_new_session=True,  # Ctrl-C is for us to handle
            )  # fmt: skip
        theirs.close()
        ours.settimeout(START_S)
        self._socket, self._lines = ours, ours.makefile("rb")
        answer = self._answer()
        self.versions, self.device = answer["versions"], answer["device"]
        ours.settimeout(ANSWER_S)

    def _command(self, descriptor: int) -> list[str]:
        given = [str(descriptor), json.dumps(self.imports), *([self.rehearsal] if self.rehearsal else [])]
        return [sys.executable, "-m", "assay.execution.warm", *given]

    def stop(self) -> None:
        """End it; its children die with it."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        for closing in (self._lines, self._socket):
            if closing is not None:
                closing.close()
        self._process = self._socket = self._lines = None

    def order(self, order: dict[str, Any]) -> Child:
        """Have a child forked that carries out `order`; its descriptor goes both ways."""
        ours, theirs = socket.socketpair()
        try:
            with self._lock:
                self._revive()
                assert self._socket is not None
                socket.send_fds(self._socket, [json.dumps(order).encode()], [theirs.fileno()])
                return Child(int(self._answer()["pid"]), ours.detach(), self.generation)
        except (OSError, Fault):
            ours.close()
            raise Fault(f"The warm parent process did not answer. {self._last_words()}") from None
        finally:
            theirs.close()

    def call(self, function: str, timeout_s: float, **arguments: Any) -> Any:
        """The answer of `module:function` called in a fresh child that has never seen a notebook.

        Raises:
            Fault: the child died, took too long, or raised.
        """
        child = self.order({"do": "call", "call": function, "arguments": arguments})
        for record in _records(child.descriptor, child.pid, timeout_s):
            if "answer" in record:
                return record["answer"]
            if record.get("e") == "fault":
                raise Fault(f"{function} failed: {record['reason']}\n{record['trace']}")
        raise Fault(f"{function} gave no answer within {timeout_s:.0f} s.")

    def is_alive(self, generation: int) -> bool:
        """Whether the process of that generation, counted from 1, still runs: its end is its children's end."""
        with self._lock:
            if generation != self.generation or self._process is None:
                return False
            try:
                self._process.wait(DYING_S)
            except subprocess.TimeoutExpired:
                return True
            return False

    def close(self) -> None:
        """End it for good: later orders are refused."""
        self._closed = True
        self.stop()

    def _revive(self) -> None:
        if self._closed:
            raise Fault("The command was stopped.")
        if self._process is None or self._process.poll() is not None:
            self.stop()
            self.start()

    def _answer(self) -> dict[str, Any]:
        assert self._lines is not None
        line = self._lines.readline()
        if not line:
            raise Fault(f"The warm parent process ended. {self._last_words()}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _last_words(self) -> str:
        try:
            text = self.log.read_text(errors="replace").strip()
        except OSError:
            return ""
        return f"It last wrote: {text.splitlines()[-1][:300]}" if text else ""


def _records(descriptor: int, pid: int, timeout_s: float) -> Any:
    """Records from a pipe until it closes; after `timeout_s` the writer is killed."""
    import select
    import signal
    import time

    reader, end = Reader(), time.monotonic() + timeout_s
    try:
        while (left := end - time.monotonic()) > 0:
            if select.select([descriptor], [], [], left)[0]:
                data = os.read(descriptor, 1 << 20)
                if not data:
                    return
                yield from reader.feed(data)
        os.kill(pid, signal.SIGKILL)
    finally:
        os.close(descriptor)
