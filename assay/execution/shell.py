"""Decides how one cell runs: an IPython shell without sockets and threads, whose outputs leave as they are made."""

from __future__ import annotations

import builtins
import os
import sys
import time
import types
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.error import StdinNotImplementedError
from IPython.core.interactiveshell import InteractiveShell
from traitlets import Type
from traitlets.config import Config

from assay.execution.streams import DescriptorCapture, Stream
from assay.execution.surroundings.pip import SAID, is_pip

Emit = Callable[[dict[str, Any]], None]


@dataclass(frozen=True)
class CellResult:
    """How a cell ended: `error` is (class name, message) of the exception it raised."""

    ok: bool
    error: tuple[str, str] | None
    count: int
    seconds: float


class _Publisher(DisplayPublisher):  # type: ignore[misc]
    emit: Emit = staticmethod(lambda output: None)

    def publish(
        self, data: dict[str, Any], metadata: Any = None, source: Any = None, *, transient: Any = None,
        update: bool = False, **_: Any,
    ) -> None:  # fmt: skip
        _Publisher.emit({"output_type": "display_data", "data": data, "metadata": metadata or {}})

    def clear_output(self, wait: bool = False) -> None:
        """Progress bars clear what they drew; the record keeps everything, capped elsewhere."""


class _Hook(DisplayHook):  # type: ignore[misc]
    def write_output_prompt(self) -> None:
        """The prompt belongs to terminals."""

    def write_format_data(self, format_dict: dict[str, Any], md_dict: Any = None) -> None:
        count = self.prompt_count
        _Publisher.emit(
            {"output_type": "execute_result", "execution_count": count, "data": format_dict, "metadata": md_dict or {}}
        )

    def finish_displayhook(self) -> None:
        sys.stdout.flush()


class Shell(InteractiveShell):  # type: ignore[misc]
    """An InteractiveShell that behaves as a notebook kernel's does, as far as cells can tell."""

    display_pub_class = Type(_Publisher)
    displayhook_class = Type(_Hook)

    def enable_gui(self, gui: Any = None) -> None:
        """There is no window system."""

    def init_io(self) -> None:
        """Streams are set around each cell."""

    def _showtraceback(self, etype: type, evalue: Any, stb: list[str]) -> None:
        try:
            message = str(evalue)
        except Exception:  # an exception of the student's own may not know how to print itself
            message = "<unprintable>"
        _Publisher.emit({"output_type": "error", "ename": etype.__name__, "evalue": message, "traceback": stb})

    def system(self, cmd: str) -> None:
        """`!cmd`: no terminal, no input, the output captured and shown."""
        import subprocess

        command = self.var_expand(cmd, depth=1)
        if is_pip(command):
            sys.stdout.write(SAID)
            self.user_ns["_exit_code"] = 0
            return
        done = subprocess.run(
            command, shell=True, executable="/bin/bash", stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", check=False,
        )  # fmt: skip
        sys.stdout.write(done.stdout)
        self.user_ns["_exit_code"] = done.returncode


def make_shell() -> Shell:
    """The shell, with inline figures on, no history file and no input()."""
    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "nocolor"
    config.InteractiveShell.autocall = 0
    module = types.ModuleType("__main__")
    shell: Shell = Shell.instance(config=config, user_module=module)
    shell.db = {}  # what %cd and %store remember: in IPython's own folder, submissions would share it
    sys.modules["__main__"] = shell.user_module
    shell.user_ns["__name__"] = "__main__"
    builtins.input = _no_input
    shell.enable_matplotlib("inline")
    return shell


def _no_input(*_: object) -> str:
    raise StdinNotImplementedError("input() cannot be answered while a notebook is graded; use a fixed value instead.")


def run_cell(shell: Shell, source: str, emit: Emit, capture: DescriptorCapture) -> CellResult:
    """Run one cell; everything it prints, shows or raises goes to `emit` as nbformat outputs, in order."""
    count = shell.execution_count
    out, err = Stream("stdout", emit), Stream("stderr", emit)
    _Publisher.emit = staticmethod(_in_order(out, err, emit))
    kept = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = out, err
    began = time.perf_counter()
    try:
        result = _run(shell, source)
    finally:
        seconds = time.perf_counter() - began
        out.flush()
        err.flush()
        sys.stdout, sys.stderr = kept
    for name, text in capture.drain():
        emit({"output_type": "stream", "name": name, "text": text})
    error = result.error_before_exec or result.error_in_exec
    return CellResult(error is None, _describe(error), count, seconds)


def _in_order(out: Stream, err: Stream, emit: Emit) -> Emit:
    """What was printed before a picture is shown comes before it."""

    def shown(output: dict[str, Any]) -> None:
        out.flush()
        err.flush()
        emit(output)

    return shown


def _run(shell: Shell, source: str) -> Any:
    transformed = shell.transform_cell(source)
    if not shell.should_run_async(source, transformed_cell=transformed):
        return shell.run_cell(source, store_history=True)
    import asyncio

    loop = asyncio.new_event_loop()  # a loop of this cell only: one that lives on would forbid the next fork
    try:
        return loop.run_until_complete(shell.run_cell_async(source, store_history=True, transformed_cell=transformed))
    finally:
        loop.close()


def _describe(error: BaseException | None) -> tuple[str, str] | None:
    if error is None:
        return None
    try:
        return type(error).__name__, str(error)[:1000]
    except Exception:
        return type(error).__name__, ""


def quiet_descriptors() -> DescriptorCapture:
    """Send this process's descriptors 1 and 2 to memory, and its input to nothing."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    return DescriptorCapture()
