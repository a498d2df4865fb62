"""Decides how a model is seen last in a student's own kernel, where nothing may live longer because it is watched.

On a GPU a model that is held until the end of its cell may be the one too many. So it is let go of, and looked at once
more at the moment in which it dies.
"""

from __future__ import annotations

import weakref
from contextlib import suppress
from typing import Any

import torch

from assay.witness.digest import digest
from assay.witness.models import KINDS, Models, Watched, plain_entries
from assay.witness.quiet import is_quiet
from assay.witness.recorder import Recorder
from assay.witness.unnoticed import unnoticed
from assay.witness.weights import Entry


class LiveModels(Models):
    """The watched models of a kernel that goes on living: none is held."""

    current: LiveModels | None = None

    def __init__(self, recorder: Recorder) -> None:
        super().__init__(recorder)
        self._by_id: dict[int, Watched] = {}
        LiveModels.current = self

    def _hold(self, entry: Watched, model: torch.nn.Module) -> None:
        self._by_id[id(model)] = entry
        cls = next((base for base in type(model).__mro__ if base.__name__ in KINDS), None)
        if cls is not None and "__del__" not in cls.__dict__:
            cls.__del__ = _last_look  # type: ignore[attr-defined]

    def dies(self, model: torch.nn.Module) -> None:
        """Write down a model's last state; by now it may have no weak reference any more."""
        entry = self._by_id.pop(id(model), None)
        if entry is not None and entry.known:
            with unnoticed(self._recorder, "weights", entry.label):
                self._write_state(entry, model, asked=False)  # in the middle of whatever lets go of it
            entry.known = {}

    def end_cell(self) -> None:
        """Write down what changed in the weights since the last look."""
        super().end_cell()
        self._by_id = {number: entry for number, entry in self._by_id.items() if entry.model() is not None}

    def _write_state(self, entry: Watched, model: torch.nn.Module, asked: bool = True) -> None:
        """Besides, which tensors have another type than at the last look and the same values: where no original is at
        hand, nothing else tells a cast from a change."""
        before = plain_entries(entry.known)
        super()._write_state(entry, model, asked)
        after = plain_entries(entry.known)
        if all(before[name][0] == now[0] for name, now in after.items() if name in before):
            return
        tensors = {name.replace(".base_layer.", "."): tensor for name, tensor in entry.weights.named(model)}
        casts = {
            name: [before[name][2], list(now)]
            for name, now in after.items()
            if name in before and before[name][0] != now[0] and _has_values_of(tensors[name], before[name])
        }
        if casts:
            self._recorder.fact("cast", label=entry.label, tensors=casts)

    def watch_older(self, model: torch.nn.Module) -> str:
        """Follow a model whose loading was not seen; gives its label."""
        return self.watch(model, None, None)


def _has_values_of(tensor: torch.Tensor, before: Entry) -> bool:
    """Whether `tensor` has, bit for bit, the values that it had as another type; one that was rounded when it was cast
    has others."""
    narrow = tensor.detach().to(getattr(torch, before[0].removeprefix("torch.")))
    return digest(narrow) == before[2] and digest(narrow.to(tensor.dtype)) == digest(tensor.detach())


def older_models(objects: list[Any]) -> list[weakref.ref[torch.nn.Module]]:
    """The library's models among some objects, which were there before anything was watched."""
    modules = (thing for thing in objects if isinstance(type(thing), type) and issubclass(type(thing), torch.nn.Module))
    return [weakref.ref(one) for one in modules if any(base.__name__ in KINDS for base in type(one).__mro__)]


def _last_look(model: Any) -> None:
    """A model's `__del__`; nothing may be raised in it, and the interpreter may be ending."""
    with suppress(Exception):
        models = LiveModels.current
        if models is not None and not is_quiet():
            models.dies(model)
