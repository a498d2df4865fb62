"""Decides what is written down of a backward pass and of an optimizer's step."""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from typing import Any

import torch

from assay.witness.digest import digest, nonzero_rows
from assay.witness.models import LISTED_NAMES, LISTED_ROWS, Models, new_rows
from assay.witness.recorder import Recorder, number
from assay.witness.weights import embedding_table


class Training:
    """Follows gradients: who has one after each backward pass, and what each optimizer moved."""

    def __init__(self, recorder: Recorder, models: Models) -> None:
        self._recorder = recorder
        self._models = models
        self._stepped: list[weakref.ref[torch.Tensor]] = []
        self._optimizers: list[weakref.ref[torch.optim.Optimizer]] = []
        self._before: dict[int, tuple[torch.Tensor, int]] = {}
        self._used: list[torch.Tensor] = []
        self._walked: dict[str, list[tuple[str, torch.Tensor]]] = {}
        self._latest: dict[str, Any] = {}

    def before_backward(self, tensors: Any) -> None:
        """The loss, and which gradients are there already."""
        first = tensors[0] if isinstance(tensors, (tuple, list)) else tensors
        loss = float(first.detach().float().mean()) if torch.is_tensor(first) and first.numel() else 0.0
        # One walk serves both ends of the pass: what a model is made of does not change during it, and what asks for no
        # gradient gets none.
        self._walked = {
            entry.label: [(name, p) for name, p in entry.weights.named(model) if p.requires_grad]
            for entry, model in self._models.alive()
        }
        self._before = {id(p): (g, g._version) for p in self._parameters() if (g := p.grad) is not None}
        self._used = [p for p in _alive(self._stepped) if p.grad is not None and not _is_zero(p.grad)]
        self._stepped = []
        self._recorder.fact("backward_begin", loss=number(loss))

    def _parameters(self) -> Iterator[torch.Tensor]:
        for walked in self._walked.values():
            yield from (parameter for _, parameter in walked)
        yield from _alive(self._stepped)

    def _received(self, parameter: torch.Tensor) -> bool:
        """Whether the backward pass that has just ended brought this parameter a gradient that is not all zero."""
        gradient, (before, version) = parameter.grad, self._before.get(id(parameter), (None, 0))
        if gradient is None or (gradient is before and gradient._version == version):
            return False
        return not _is_zero(gradient.detach())

    def after_backward(self) -> None:
        """Which parameters this pass brought a gradient, which rows of an embedding table, and what it added to."""
        self._recorder.fact("backward_end", added_to_used=sum(self._received(p) for p in self._used))
        for entry, model in self._models.alive():
            walked = self._walked.get(entry.label, ())
            with_gradient = [name for name, p in walked if p.grad is not None and self._received(p)]
            if not with_gradient:
                continue
            fields: dict[str, Any] = {"names": with_gradient[:LISTED_NAMES], "count": len(with_gradient)}
            if entry.kind == "text_encoder" and (table := embedding_table(model)) is not None:
                fields |= _rows_with_gradient(table)
            self._recorder.fact("gradient", label=entry.label, **fields)

    def forget(self) -> None:
        """Let go of the tensors of the backward pass that has ended, well or not."""
        self._before, self._used, self._walked = {}, [], {}

    def before_step(self, optimizer: torch.optim.Optimizer) -> None:
        """Gradient norms of everything the optimizer was given, in its order, as it is about to use them."""
        parameters = _parameters(optimizer)
        which = self._index(optimizer)
        if which is None:
            which = self._introduce(optimizer, parameters)
        norms = [None if p.grad is None else number(float(p.grad.detach().float().norm())) for p in parameters]
        self._recorder.fact("step", optimizer=which, norms=norms[:LISTED_NAMES], tables=self._table_rows(parameters))

    def after_step(self, optimizer: torch.optim.Optimizer) -> None:
        """Remember which gradients were used up, and the digests of what the optimizer moves."""
        parameters = _parameters(optimizer)
        self._stepped = [weakref.ref(p) for p in parameters]
        which = self._index(optimizer)
        if which is not None:
            moved = [digest(p) for p in parameters[:LISTED_NAMES] if p.grad is not None]
            self._latest[str(which)] = moved

    def end_cell(self) -> None:
        """Write the digests after the cell's last step."""
        for which, digests in self._latest.items():
            self._recorder.fact("after_last_step", optimizer=int(which), digests=digests)
        self._latest = {}

    def _introduce(self, optimizer: torch.optim.Optimizer, parameters: list[torch.Tensor]) -> int:
        listed = []
        for parameter in parameters[:LISTED_NAMES]:
            owner = self._models.name_of(parameter)
            listed.append(
                {
                    "model": owner[0] if owner else None,
                    "name": owner[1] if owner else None,
                    "shape": list(parameter.shape),
                    "dtype": str(parameter.dtype),
                    "zero": not bool(parameter.detach().count_nonzero()),
                    "digest": digest(parameter),
                    "has_gradient": parameter.grad is not None,
                }
            )
        self._optimizers.append(weakref.ref(optimizer))
        which = len(self._optimizers) - 1
        self._recorder.fact(
            "optimizer", optimizer=which, cls=type(optimizer).__name__, parameters=listed,
            settings=_settings(optimizer), count=len(parameters),
            numbers=sum(p.numel() for p in parameters if p.grad is not None),
        )  # fmt: skip
        return which

    def _index(self, optimizer: torch.optim.Optimizer) -> int | None:
        return next((n for n, known in enumerate(self._optimizers) if known() is optimizer), None)

    def _table_rows(self, parameters: list[torch.Tensor]) -> list[dict[str, Any]]:
        """For each text encoder whose table this optimizer moves: its rows with a gradient, and the new ones."""
        given = {id(p) for p in parameters}
        found = []
        for entry, model in self._models.alive():
            table = embedding_table(model) if entry.kind == "text_encoder" else None
            if table is not None and id(table) in given and entry.table is not None:
                fields = _rows_with_gradient(table)
                fields["new_values"] = new_rows(self._recorder, table, entry.table.shape[0])
                found.append({"label": entry.label, **fields})
        return found


def _alive(references: list[weakref.ref[torch.Tensor]]) -> list[torch.Tensor]:
    return [tensor for reference in references if (tensor := reference()) is not None]


def _parameters(optimizer: torch.optim.Optimizer) -> list[torch.Tensor]:
    return [p for group in optimizer.param_groups for p in group["params"]]


def _settings(optimizer: torch.optim.Optimizer) -> dict[str, list[float | str]]:
    """The plain numbers that the first group of parameters is moved with: a rate, two momenta."""
    found = {}
    for name, value in optimizer.param_groups[0].items():
        numbers = [n for n in (value if type(value) is tuple else (value,)) if type(n) in (int, float, bool)]
        if numbers:
            found[str(name)] = [number(float(n)) for n in numbers]
    return found


def _is_zero(tensor: torch.Tensor) -> bool:
    """A norm is quicker than a count and never errs for a tensor of zeros; the squares of tiny numbers may vanish."""
    return not bool(tensor.norm()) and not bool(tensor.count_nonzero())


def _rows_with_gradient(table: torch.Tensor) -> dict[str, Any]:
    if table.grad is None:
        return {"rows": [], "row_count": 0}
    rows = nonzero_rows(table.grad.detach())
    listed = rows if len(rows) <= LISTED_ROWS else rows[: LISTED_ROWS // 2] + rows[-LISTED_ROWS // 2 :]
    return {"rows": listed, "row_count": len(rows)}
