"""Decides how the course's own cells run once, in a process whose copies go on as the runs of many notebooks.

    warm parent ── fork ── prefix: 3 cells ── fork ── prefix: 3 cells and 5 more ── fork ── a notebook's run
                              └ fork ── a notebook's run                     └ fork ── another's

It is made by nobody's text but the course's, and what a notebook is ordered to do passes it by: a copy hears that
through a channel of its own.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assay.execution import events
from assay.execution.line import hear
from assay.execution.opened import files_to_read, open_files
from assay.execution.own import Positions, positions, take_own, why_uncopyable
from assay.execution.plan import Part, Plan, Section
from assay.execution.runner import Runner, enter_folder, settle_in
from assay.execution.shell import Shell, quiet_descriptors, run_cell
from assay.execution.traces import ELSEWHERE, Traces, traces, why_unshareable
from assay.sandbox.limits import address_space, adopt_orphans, close_inherited, die_with_parent
from assay.sandbox.territory import OWN
from assay.sandbox.walls import enter_for_copies
from assay.witness import Witness
from assay.witness.recorder import Held

Serve = Callable[[socket.socket, Callable[[dict[str, Any], int], None]], None]


@dataclass(frozen=True)
class Told:
    """A cell that has run: its outputs as JSON, what the witness kept of it, and its execution count."""

    outputs: tuple[str, ...]
    held: tuple[Held, ...]
    count: int
    error: tuple[str, str] | None = None


class Prefix:
    """This process and the cells that it has run; a `Before` for the runs that its copies become."""

    def __init__(self, part: Part, shell: Shell, serve: Serve) -> None:
        self._folder, self._shell, self._serve = Path(part.folder), shell, serve
        self.stays = part.own
        self._positions: Positions = {}
        self._own = [self._folder]
        self._told: list[Told] = []
        self._first: dict[int, int] = {}
        self.address_space = address_space()
        enter_folder(self._folder, self._own)
        self._capture = quiet_descriptors()
        enter_for_copies(part.tier)
        self._witness: Witness | None = None
        if part.witness:
            self._witness = Witness.start(self._folder / "evidence", set(part.names), set(part.values))
            self._witness.recorder.hold()

    def run(self, part: Part, channel: int) -> None:
        """Run the cells of `part`, then serve copies; where they cannot be shared, say why, and end."""
        listening = socket.socket(fileno=channel)
        before, good = None if self.stays else self._traces(libraries=True), 0
        for number, (exercise, source) in enumerate(part.cells, 1):
            reason = self._run_cell(exercise, source)
            if reason is None and number in part.ends:
                reason = self._why_not(before, is_last=number == len(part.cells))
                good = number if reason is None else good
            if reason is not None and (number == len(part.cells) or not _may_pass(reason)):
                said = {"refused": f"{reason} by the course's code cell {len(self._told)}", "good": good}
                listening.sendall(json.dumps(said).encode() + b"\n")
                return
        self._positions = positions(open_files() if self.stays else files_to_read(self._folder))
        listening.sendall(b'{"ready": true}\n')
        self._serve(listening, self._obey)

    def _why_not(self, before: Traces | None, is_last: bool) -> str | None:
        """Why copies may not begin here; looking through the libraries takes long, so only where all cells have run."""
        return why_uncopyable() if before is None else why_unshareable(before, self._traces(libraries=is_last))

    def _run_cell(self, exercise: int, source: str) -> str | None:
        """None, or why it cannot be shared."""
        if not self.stays and ELSEWHERE.search(source):
            return "a folder that every submission has for itself is named"
        if self._witness is not None:
            self._witness.begin_cell(exercise, len(self._told))
        outputs: list[str] = []
        result = run_cell(self._shell, source, lambda output: outputs.append(events.as_json(output)), self._capture)
        held: list[Held] = []
        if self._witness is not None:
            self._witness.end_cell(self._shell.user_ns)
            held = self._witness.recorder.held()
        self._told.append(Told(tuple(outputs), tuple(held), result.count, result.error))
        return None if result.error is None or self.stays else f"{result.error[0]} was raised"

    def _traces(self, libraries: bool) -> Traces:
        return traces(self._folder, self._shell.user_ns, self._capture.drained, libraries)

    @property
    def files(self) -> Collection[int]:
        """Descriptors that copies keep."""
        return self._positions.keys()

    def _obey(self, order: dict[str, Any], channel: int) -> None:
        """In a copy: become a run, or a prefix with more cells."""
        take_own(self._positions)
        if order["do"] == "run":
            Runner(Plan.read(Path(hear(channel))), self._shell, channel, self).run()
        else:
            become_server(channel, None if self.stays else self.files)
            self.run(Part.read(Path(order["part"])), channel)

    def move_to(self, folder: Path) -> None:
        """Be at home in `folder` from now on, whatever the environment says of the old one; or stay."""
        if self.stays:  # and leave in `folder` what is looked for there
            for name in OWN:
                (folder / name).mkdir(parents=True, exist_ok=True)
            return
        for name, value in list(os.environ.items()):
            if str(self._folder) in value:
                os.environ[name] = value.replace(str(self._folder), str(folder))
        settle_in(folder)
        self._own[:] = [folder]

    def land(self, evidence: Path, nonce: str) -> Witness | None:
        """The witness, which writes into the run's evidence from now on."""
        if self._witness is not None:
            self._witness.recorder.land(evidence, nonce)
        return self._witness

    def counts(self, sections: Sequence[Section]) -> list[int]:
        """How many cells of each section have run already, from its first on."""
        found, left = [], len(self._told)
        for section in sections:
            self._first[section.exercise] = len(self._told) - left
            found.append(min(left, len(section.cells)))
            left -= found[-1]
        return found

    def tell(self, section: Section, place: int, send: Callable[..., None]) -> None:
        """Write and send what is known of the cell at `place` of a section, as its run did; it takes no time."""
        told, index = self._told[self._first[section.exercise] + place], section.cells[place][0]
        send(e="cell", cell=index)
        for output in told.outputs:
            send(e="output", cell=index, output=json.loads(output))
        facts: dict[str, Any] = {}
        if self._witness is not None:
            self._witness.recorder.repeat(told.held, index)
            facts = self._witness.recorder.announced()
        send(
            e="cell_end", cell=index, ok=told.error is None, error=told.error, count=told.count, seconds=0.0,
            witness_seconds=0.0, witness_inside=0.0, facts=facts,
        )  # fmt: skip


def hold(path: Path, shell: Shell, channel: int, serve: Serve) -> None:
    """In a child of the warm parent: be the prefix that runs the part at `path`."""
    become_server(channel)
    part = Part.read(path)
    Prefix(part, shell, serve).run(part, channel)


def become_server(channel: int, files: Collection[int] | None = ()) -> None:
    """End with the parent, and have nothing of its files open but `channel` and these; None keeps all."""
    die_with_parent()
    adopt_orphans()
    if files is not None:
        close_inherited({channel, *files})


def _may_pass(reason: str) -> bool:
    """Whether a later cell may put right what one left open."""
    return reason.startswith(("a file, pipe", "another process", "a variable names"))
