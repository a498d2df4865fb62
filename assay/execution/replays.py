"""Decides how the replays of an exercise are carried out: each in a forked child, with inputs that come only then.

    exercise ── fork ── call or build, from the state that its cells left
       └ fork before the first cell: the stem ── fork ── the exercise again, with one thing changed

The student's own state is never touched: every replay works on a copy and ends with it.
"""

from __future__ import annotations

import gc
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from assay.execution import events
from assay.execution.forking import fork_as_is, is_forkable
from assay.execution.plan import Section
from assay.execution.shell import Shell, run_cell
from assay.execution.streams import DescriptorCapture
from assay.replay.call import UnmadeError, use
from assay.replay.change import Holds
from assay.replay.draw import Given, Spec
from assay.replay.parcel import receive
from assay.replay.rebind import GIVEN, read_names, rebind
from assay.replay.unpack import unpack
from assay.sandbox.limits import die_with_parent
from assay.witness import Witness

UNFORKABLE = "the process could not be copied: a thread or the GPU was in use"


@dataclass(frozen=True)
class Stem:
    """A copy of the process from before an exercise, waiting for a byte on `start`."""

    pid: int
    start: int


class Replays:
    """Carries out replays for the process that runs a notebook, and tells the supervisor how each ended."""

    def __init__(self, folder: Path, shell: Shell, channel: int) -> None:
        self._folder, self._shell, self._channel = folder, shell, channel
        self._witness: Witness | None = None
        self._capture: DescriptorCapture

    def attach(self, witness: Witness | None, capture: DescriptorCapture) -> None:
        """What watches and what catches output in this process; both are known only once it is prepared."""
        self._witness, self._capture = witness, capture

    def plant(self, section: Section) -> Stem | None:
        """Fork the stem when an exercise is to be run again later; None when there is nothing to run, or no fork."""
        if not any("again" in spec for spec in section.replays) or not is_forkable():
            return None
        waiting, start = os.pipe()
        pid = fork_as_is()
        if pid:
            os.close(waiting)
            return Stem(pid, start)
        die_with_parent()
        os.close(start)
        if os.read(waiting, 1):
            self._run_again(section)
        os._exit(0)

    def run(self, section: Section, stem: Stem | None) -> None:
        """Every replay of an exercise whose cells have ended."""
        for spec in section.replays:
            if "again" not in spec:
                self._one(spec, partial(self._use, spec))
            elif stem is None:
                self._end(spec, "unchecked", UNFORKABLE)
        if stem is not None and not self._awaken(stem):
            for spec in section.replays:
                if "again" in spec:
                    self._end(spec, "error", "the process that was to run the exercise again was ended by the notebook")

    def _awaken(self, stem: Stem) -> bool:
        """Let the stem run the exercise again, and wait; False when it was gone before."""
        try:
            os.write(stem.start, b"!")
            os.close(stem.start)
            os.waitpid(stem.pid, 0)
        except OSError:  # killed, buried, or its pipe closed by the student's code
            return False
        return True

    def _run_again(self, section: Section) -> None:
        for spec in section.replays:
            if "again" in spec:
                self._one(spec, partial(self._again, spec, section))

    def _one(self, spec: Spec, carry_out: Callable[[list[Given], Path], None]) -> None:
        if not is_forkable():
            self._end(spec, "unchecked", UNFORKABLE)
            return
        child = fork_as_is()
        if child == 0:
            self._in_child(spec, carry_out)
        _, status = os.waitpid(child, 0)
        if status:
            code = os.waitstatus_to_exitcode(status)
            reason = f"the process ended with {'signal ' if code < 0 else 'exit code '}{abs(code)}"
            self._end(spec, "error", reason, killed=code == -signal.SIGKILL)

    def _in_child(self, spec: Spec, carry_out: Callable[[list[Given], Path], None]) -> None:
        die_with_parent()
        gc.disable()  # this copy ends with its answer
        folder = self._folder / "evidence" / "replays" / str(spec["name"])
        state, reason = "done", None
        try:
            self._send(e="replay", name=spec["name"], pid=os.getpid())
            inputs = unpack(receive(self._channel))
            folder.mkdir(parents=True, exist_ok=True)
            carry_out(inputs, folder)
        except UnmadeError as unmade:
            state, reason = unmade.state, str(unmade)
        except Exception as error:  # ours: a full disk, an input that does not fit
            state, reason = "unchecked", f"{type(error).__name__}: {error}"[:300]
        except BaseException as error:  # the student's: sys.exit() in a function, an interrupt raised by hand
            state, reason = "error", f"the code called {type(error).__name__}"
        facts = {} if self._witness is None or "again" not in spec else self._witness.recorder.announced()
        self._end(spec, state, reason, facts)
        os._exit(0)

    def _use(self, spec: Spec, inputs: list[Given], folder: Path) -> None:
        Witness.current = None  # what the judge's questions do to the libraries is not the student's doing
        use(spec, inputs, self._shell.user_ns, folder)

    def _again(self, spec: Spec, section: Section, inputs: list[Given], folder: Path) -> None:
        if self._witness is None:
            raise UnmadeError("unchecked", "nothing is recorded in this run")
        self._witness.recorder.move(folder)
        holds = Holds(inputs[0], spec["again"].get("only"))
        holds.install()
        self._write_names(holds)
        broken = None
        for index, source in section.cells:
            error = self._run_cell(section, index, self._rebound(source, holds))
            broken = broken or (
                error and f"cell {index} raised {error[0]} when the exercise ran again: {error[1][:200]}"
            )
        if broken:
            raise UnmadeError("error", broken)
        if holds.missing:
            raise UnmadeError("unchecked", f"nothing in the exercise takes {', '.join(sorted(holds.missing))}")

    def _write_names(self, holds: Holds) -> None:
        """Names that an earlier cell bound are written at once; those that the exercise binds follow as it does."""
        self._shell.user_ns[GIVEN] = holds.names
        for name, value in holds.names.items():
            if name in self._shell.user_ns:
                self._shell.user_ns[name] = value

    def _rebound(self, source: str, holds: Holds) -> str:
        """A name counts as met where the exercise binds it, or reads what an earlier cell bound to it: that another
        exercise left it behind means nothing."""
        if not holds.names:
            return source
        plain = self._shell.transform_cell(source)
        changed, found = rebind(plain, set(holds.names))
        for name in found | {n for n in read_names(plain, set(holds.names)) if n in self._shell.user_ns}:
            holds.met_name(name)
        return changed if found else source

    def _run_cell(self, section: Section, index: int, source: str) -> tuple[str, str] | None:
        assert self._witness is not None
        self._witness.begin_cell(section.exercise, index)
        result = run_cell(self._shell, source, lambda output: None, self._capture)
        self._witness.end_cell(self._shell.user_ns)
        return result.error

    def _end(
        self, spec: Spec, state: str, reason: str | None, facts: dict[str, Any] | None = None, killed: bool = False
    ) -> None:
        self._send(e="replay_end", name=spec["name"], state=state, reason=reason, facts=facts or {}, killed=killed)

    def _send(self, **record: Any) -> None:
        events.send(self._channel, record)
