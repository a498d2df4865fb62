"""Decides which model objects are watched, and what of their weights is written down at load and at each cell's end."""

from __future__ import annotations

import weakref
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch

from assay.witness.digest import changed_rows, digest
from assay.witness.plain_prompt import plain_output
from assay.witness.plainness import Shape, shape_of
from assay.witness.recorder import Recorder
from assay.witness.unnoticed import unnoticed
from assay.witness.weights import Entry, Weights, embedding_table

KINDS = {
    "UNet2DConditionModel": "unet",
    "AutoencoderKL": "vae",
    "CLIPTextModel": "text_encoder",
    "CLIPTextModelWithProjection": "text_encoder",
    "CLIP": "clip",
}
LISTED_ROWS = 256  # row numbers written down; a count is kept beside them, and 256 names are more than anyone reads
LISTED_NAMES = 2000  # parameters named in one fact: the full-size U-Net has 686, LoRA adds 256
KEPT_ROWS = 64  # rows whose values are kept as well


@dataclass
class Watched:
    """One model object: `table` is its embedding table (rows, width) as loaded, for text encoders only."""

    label: str
    kind: str
    model: weakref.ref[torch.nn.Module]
    held: torch.nn.Module | None
    weights: Weights = field(default_factory=Weights)
    known: dict[str, Entry] = field(default_factory=dict)
    table: torch.Tensor | None = None
    shape: Shape | None = None  # of a U-Net as it was loaded


class Models:
    """The watched models. During a cell they are held, so that one deleted inside the cell is still seen at its end."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._watched: list[Watched] = []
        self._names: dict[int, tuple[str, str]] = {}
        # Embedding tables as loaded, by what is in them, as long as a watched model was loaded with one.
        self._tables: weakref.WeakValueDictionary[str, torch.Tensor] = weakref.WeakValueDictionary()

    def label(self, model: torch.nn.Module) -> str:
        """The label of `model`; one that was never seen before is watched from here on."""
        for entry in self._watched:
            if entry.model() is model:
                return entry.label
        return self.watch(model, None, None)

    def watch(self, model: torch.nn.Module, source: str | None, subfolder: str | None) -> str:
        """Write down every tensor of `model` as it is now and follow it until it is gone."""
        cls = _library_class(model)
        kind = KINDS.get(cls, "model")
        label = f"{kind}{sum(entry.kind == kind for entry in self._watched) + 1}"
        entry = Watched(label, kind, weakref.ref(model), None)
        self._hold(entry, model)
        self._watched.append(entry)
        entry.known = entry.weights.entries(model)
        if kind == "unet" and source is not None:
            entry.shape = shape_of(model)
        fields: dict[str, Any] = {"plain": None}
        if kind == "text_encoder":
            entry.table = self._table_as_loaded(embedding_table(model), copied=source is None)
            fields["plain"] = plain_output(model, self._recorder)
        if kind == "vae":
            fields["scaling_factor"] = float(model.config.scaling_factor)  # type: ignore[union-attr,arg-type]
        self._recorder.fact(
            "load", label=label, what=kind, cls=cls, source=source, subfolder=subfolder,
            tensors=entry.known, **fields,
        )  # fmt: skip
        return label

    def _hold(self, entry: Watched, model: torch.nn.Module) -> None:
        """Keep a model until the cell has ended."""
        entry.held = model

    def _table_as_loaded(self, table: torch.Tensor | None, copied: bool) -> torch.Tensor | None:
        """A copy of `table`; for a copied model that of the model it was copied from, which may have grown since. What
        was loaded before, bit for bit, is copied once."""
        if table is None:
            return None
        if copied:
            for other in self._watched:
                if other.table is not None and other.table.shape[1:] == table.shape[1:]:
                    return other.table
        key = f"{table.dtype} {tuple(table.shape)} {digest(table)}"
        if (kept := self._tables.get(key)) is None:
            self._tables[key] = kept = table.detach().to("cpu", copy=True)
        return kept

    def original_table(self, model: torch.nn.Module) -> torch.Tensor | None:
        """The embedding table of `model` as it was loaded, or None for a model without one."""
        return next((entry.table for entry in self._watched if entry.model() is model), None)

    def shape_as_loaded(self, model: torch.nn.Module) -> Shape | None:
        """The shape of a U-Net as it was loaded, or None for a model that was made another way."""
        return next((entry.shape for entry in self._watched if entry.model() is model), None)

    def is_as_written(self, model: torch.nn.Module) -> bool:
        """Whether every weight has the bits that were last written down, now, and not only at the cells' ends; an
        adapter's own, which come and move, aside."""
        for entry in self._watched:
            if entry.model() is model:
                return plain_entries(entry.weights.entries(model)) == plain_entries(entry.known)
        return False

    def alive(self) -> Iterator[tuple[Watched, torch.nn.Module]]:
        """The watched models that still exist, oldest first."""
        for entry in self._watched:
            model = entry.model()
            if model is not None:
                yield entry, model

    def name_of(self, parameter: torch.Tensor) -> tuple[str, str] | None:
        """(label of the model, name of the parameter in it), or None for a parameter of no watched model."""
        if id(parameter) not in self._names:
            self._names = {
                id(tensor): (entry.label, name)
                for entry, model in self.alive()
                for name, tensor in entry.weights.named(model)
            }
        return self._names.get(id(parameter))

    def begin_cell(self) -> None:
        """Hold every model until the cell has ended."""
        for entry, model in self.alive():
            self._hold(entry, model)

    def end_cell(self) -> None:
        """Write down what changed in the weights since the last look, then let go."""
        for entry, model in self.alive():
            with unnoticed(self._recorder, "weights", entry.label):
                self._write_state(entry, model)
        for entry in self._watched:
            entry.held = None
            if entry.model() is None:
                entry.weights, entry.known, entry.table = Weights(), {}, None
        self._names = {}

    def look(self, label: str) -> None:
        """Write down what changed in one model's weights since the last look."""
        for entry, model in self.alive():
            if entry.label == label:
                self._write_state(entry, model)

    def _write_state(self, entry: Watched, model: torch.nn.Module, asked: bool = True) -> None:
        """`asked` says whether a text encoder that has changed is asked for its answer to the plain prompt."""
        now = entry.weights.entries(model)
        changed = {name: value for name, value in now.items() if entry.known.get(name) != value}
        gone = [name for name in entry.known if name not in now]
        entry.known = now
        if not changed and not gone:
            return
        fields: dict[str, Any] = {}
        if entry.kind == "text_encoder":
            fields = {"table": self.table_state(entry, model)}
            fields |= {"plain": plain_output(model, self._recorder)} if asked else {}
        self._recorder.fact("state", label=entry.label, changed=changed, gone=gone, **fields)

    def table_state(self, entry: Watched, model: torch.nn.Module) -> dict[str, Any] | None:
        """Which rows of the embedding table differ from the loaded ones, and the values of the first and the new."""
        found, original = embedding_table(model), entry.table
        if found is None or original is None:
            return None
        table, loaded = found.detach(), original.shape[0]
        common = min(loaded, table.shape[0])
        # rows that were cut off are changed, too
        rows = changed_rows(original[:common].to(table.dtype), table[:common]) + list(range(common, loaded))
        kept = [row for row in rows[:KEPT_ROWS] if row < common]
        return {
            "rows": table.shape[0],
            "loaded_rows": loaded,
            "dtype": str(table.dtype),
            "changed": rows[:LISTED_ROWS],
            "changed_count": len(rows),
            "changed_values": self._recorder.tensor(table[kept]) if kept else None,
            "new_values": new_rows(self._recorder, table, loaded),
        }


def plain_entries(entries: Mapping[str, Entry]) -> dict[str, Entry]:
    """The tensors by the names that they have without an adapter around them, without the adapter's own."""
    return {name.replace(".base_layer.", "."): entry for name, entry in entries.items() if ".lora_" not in name}


def new_rows(recorder: Recorder, table: torch.Tensor, loaded: int) -> str | None:
    """The rows that were added behind the loaded ones, (n, width), kept under a name; None when there are none."""
    return recorder.tensor(table[loaded : loaded + LISTED_ROWS]) if table.shape[0] > loaded else None


def _library_class(model: torch.nn.Module) -> str:
    """The library's name for the class of `model`; a subclass of the student's own computes with the same weights."""
    return next((base.__name__ for base in type(model).__mro__ if base.__name__ in KINDS), type(model).__name__)
