"""The replays of one exercise: what a function, a class or the cells themselves made of inputs of the judge's own."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import torch

from assay.failure import Failure
from assay.judging.evidence import Evidence, as_number, read_json, read_tensors
from assay.replay.draw import Linear, Picture
from assay.replay.unpack import unpack

ANSWERS = 64  # of one call that returns a tuple; the course's functions return at most three


@dataclass(frozen=True)
class Replay:
    """A replay that was made. What it answered was written by an untrusted process; its inputs were not.

    `work` gives the exercise's work as it was when it ran again.
    """

    name: str
    parcel: Path
    folder: Path
    run: Path
    _work: Callable[[Path], Any]

    @cached_property
    def inputs(self) -> list[dict[str, Any]]:
        """The inputs of each call, by name: tensors, constants, {"weight": ..., "bias": ...} of a linear layer,
        and the pixels of pictures, uint8, (H, W, 3) or (H, W)."""
        given = unpack(self.parcel.read_bytes())
        return [{name: _shown(value) for name, value in one.items()} for one in given]

    @cached_property
    def outputs(self) -> list[Any]:
        """The answer to each call, a tensor or a tuple of tensors.

        Raises:
            Failure: an answer was something else.
        """
        said = self._said.get("answers")
        calls = said if isinstance(said, list) else []
        return [self._answer(index, call) for index, call in enumerate(calls) if isinstance(call, dict)]

    @cached_property
    def parameters(self) -> dict[str, torch.Tensor]:
        """Parameters and buffers of the class, right after it was built."""
        return self._state("before.")

    @cached_property
    def trained_parameters(self) -> dict[str, torch.Tensor]:
        """Parameters and buffers after training; empty when it was not trained."""
        return self._state("after.")

    @cached_property
    def losses(self) -> list[float]:
        """The loss before each training step; NaN for one that was not finite."""
        losses = self._said.get("losses")
        return [math.nan if loss is None else as_number(loss) for loss in losses] if isinstance(losses, list) else []

    @cached_property
    def work(self) -> Any:
        """The exercise's work with the change made, as a check looks at any work."""
        return self._work(self.folder)

    @cached_property
    def _said(self) -> dict[str, Any]:
        said = read_json(self.folder / "said.json", self.run)
        return said if isinstance(said, dict) else {}

    @cached_property
    def _tensors(self) -> dict[str, torch.Tensor]:
        return read_tensors(self.folder / "outputs.safetensors", self.run)

    def _state(self, prefix: str) -> dict[str, torch.Tensor]:
        return {n.removeprefix(prefix): t for n, t in self._tensors.items() if n.startswith(prefix)}

    def _answer(self, index: int, call: dict[str, Any]) -> Any:
        if "wrong" in call:
            raise Failure(f"the answer to call {index + 1} was of type {call['wrong']}, not a tensor")
        count = call.get("count")
        names = [f"answer.{index}.{n}" for n in range(min(count if type(count) is int else 0, ANSWERS))]
        missing = [name for name in names if name not in self._tensors]
        if missing or not names:
            raise Failure(f"call {index + 1} answered with nothing")
        tensors = tuple(self._tensors[name] for name in names)
        return tensors if call.get("several") is True else tensors[0]


class Replays:
    """The replays of one exercise by name; asking for one that was not made says why not."""

    def __init__(self, folder: Path, endings: list[dict[str, Any]], work: Callable[[Path], Any]) -> None:
        self._folder = folder  # of the whole Run
        self._endings = {str(ending["name"]): ending for ending in endings}
        self._work = work

    def __getitem__(self, name: str) -> Replay:
        """The replay `name`.

        Raises:
            Failure: it could not be made through the student's own code.
            LookupError: it could not be made, and that is nobody's fault.
            KeyError: the exercise declares no such replay.
        """
        ending = self._endings[name]
        if ending["state"] in ("missing", "error"):
            raise Failure(str(ending["reason"]))
        parcel = self._folder / "replays" / f"{name}.parcel"
        if ending["state"] != "done" or not parcel.is_file():
            raise LookupError(ending["reason"] or "its inputs were not kept")
        return Replay(name, parcel, self._folder / "evidence" / "replays" / name, self._folder, self._work)

    def __iter__(self) -> Any:
        return iter(self._endings)


class ReplayEvidence(Evidence):
    """The evidence of an exercise that ran again: what came before it is the first run's, the rest its own."""

    is_first = False

    def __init__(self, folder: Path, before: Evidence, number: int) -> None:
        super().__init__(folder, before.run, before.nonce)
        self._before, self._number = before, number

    @cached_property
    def facts(self) -> list[dict[str, Any]]:
        """Facts of earlier exercises from the first run, of this one from the replay."""
        return [f for f in self._before.facts if f["exercise"] < self._number] + super().facts

    def tensor(self, name: object) -> torch.Tensor | None:
        """A tensor of the replay, else of the first run."""
        own = super().tensor(name)
        return self._before.tensor(name) if own is None else own


def _shown(value: Any) -> Any:
    if isinstance(value, Picture):
        return value.pixels
    if isinstance(value, Linear):
        layer: Mapping[str, torch.Tensor | None] = {"weight": value.weight, "bias": value.bias}
        return {name: tensor for name, tensor in layer.items() if tensor is not None}
    return value
