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
from typing import Any

from assay.execution.gpu import GpuShare
from assay.execution.line import Child, Line, answer_of
from assay.execution.prefixes import Prefixes
from assay.execution.standby import Standby
from assay.failure import Fault

START_S = 180.0  # importing torch, diffusers and transformers takes 4 to 15 s; a cold disk much longer
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


@dataclass
class WarmParent:
    """A running warm parent; use as a context manager. Safe to order from several threads. Its children may use `gpu`,
    the only one that its environment shows them, and each has it alone."""

    kit: Mapping[str, str]
    imports: list[list[str]]
    log: Path
    versions: dict[str, str] = field(default_factory=dict)
    device: str = "cpu"
    generation: int = 0
    gpu: GpuShare | None = None
    _process: subprocess.Popen[bytes] | None = None
    _line: Line | None = None
    _standing: dict[str, Standby] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _closed: bool = False

    def __post_init__(self) -> None:
        self.prefixes = Prefixes(self.order, self.log.parent)

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
        self._line = Line(ours)
        try:
            answer = self._line.greeting(START_S)
        except Fault as fault:
            self.stop()
            raise Fault(f"The warm parent process did not come up. {fault} {self._last_words()}") from None
        self.versions, self.device = answer["versions"], answer["device"]
        if answer["cuda_initialised"]:  # torch: "Cannot re-initialize CUDA in forked subprocess"
            self.stop()
            raise Fault(
                "A library initialised CUDA while it was imported, so that no notebook could use it: --device cpu"
            )

    def _command(self, descriptor: int) -> list[str]:
        return [sys.executable, "-m", "assay.execution.warm", str(descriptor), json.dumps(self.imports)]

    def stop(self) -> None:
        """End it; its children die with it."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        for closing in (self._line, self.prefixes, *self._standing.values()):
            if closing is not None:
                closing.close()
        self._process = self._line = None
        self._standing = {}

    def order(self, order: dict[str, Any]) -> Child:
        """Have a child forked that carries out `order`; its descriptor goes both ways."""
        with self._lock:
            return self._order(order)

    def _order(self, order: dict[str, Any]) -> Child:
        self._revive()
        assert self._line is not None
        try:
            pid, descriptor = self._line.order(order)
        except (OSError, Fault):
            raise Fault(f"The warm parent process did not answer. {self._last_words()}") from None
        return Child(pid, descriptor, self.generation)

    def call(self, function: str, timeout_s: float, **arguments: Any) -> Any:
        """The answer of `module:function` called in a fresh child that has never seen a notebook.

        Raises:
            Fault: the child died, took too long, or raised.
        """
        child = self.order({"do": "call", "call": function, "arguments": arguments})
        return answer_of(function, child.pid, child.descriptor, timeout_s)

    def stand_by(self, function: str, **arguments: Any) -> Standby:
        """The child in which `module:function` makes something ready; started when it is first asked for, or gone."""
        key = json.dumps([function, arguments])
        with self._lock:
            if key not in self._standing or self._standing[key].is_gone:
                child = self._order({"do": "stand by", "call": function, "arguments": arguments})
                self._standing[key] = Standby(function, child.descriptor)
            return self._standing[key]

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

    def _last_words(self) -> str:
        try:
            text = self.log.read_text(errors="replace").strip()
        except OSError:
            return ""
        return f"It last wrote: {text.splitlines()[-1][:300]}" if text else ""
