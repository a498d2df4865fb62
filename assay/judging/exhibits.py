"""Decides which pictures a report can draw of an exercise: its training, and the denoising loops that it ran."""

from __future__ import annotations

import math
from typing import Any

from assay.judging.drawn_loops import effective_masks, loop_starts
from assay.judging.observations import Work
from assay.judging.observations.models import ModelHistory

SHOWN_ROWS = 12  # names of rows that a reader takes in; the total stands beside them
SHOWN_LOSSES = 2000
NAMES = {"unet": "U-Net", "vae": "VAE", "text_encoder": "CLIP transformer"}


def exhibits(works: dict[int, Work]) -> list[dict[str, Any]]:
    """Data for pictures, as plain numbers and strings; an exhibit that cannot be made is left out."""
    made = []
    for number, work in works.items():
        for make in (_loss_curve, _moved_rows, _gradient_flow, loop_starts, effective_masks):
            try:
                found = make(work)
            except Exception:  # evidence may be missing or forged; a picture decides nothing
                continue
            if found is not None:
                made.append({"exercise": number, **found})
    return made


def _loss_curve(work: Work) -> dict[str, Any] | None:
    losses = [loss if math.isfinite(loss) else None for loss in work.training.losses[:SHOWN_LOSSES]]
    return {"kind": "loss_curve", "losses": losses} if len(losses) > 1 else None


def _moved_rows(work: Work) -> dict[str, Any] | None:
    table = work.table
    if table is None or not (table.changed_rows or table.pseudo_ids) or not work.training.steps:
        return None
    rows = [{"id": row, "token": table.token(row), "distance": _distance(work, row), "allowed": True}
            for row in sorted(table.pseudo_ids)]  # fmt: skip
    rows += [{"id": row, "token": table.token(row), "distance": _distance(work, row), "allowed": False}
             for row in table.changed_rows[:SHOWN_ROWS]]  # fmt: skip
    moved = [row for row in rows if row["distance"] != 0]
    total = table.changed_count + sum(row["allowed"] is True for row in moved)
    return {"kind": "moved_rows", "total": total, "table_rows": table.rows, "rows": moved[:SHOWN_ROWS]}


def _distance(work: Work, row: int) -> float | None:
    """Euclidean distance between a row's first and last values; None when the values were not kept."""
    table = work.table
    assert table is not None
    if row in table.final and row in table.initial:
        gap = float((table.final[row].double() - table.initial[row].double()).norm())
    else:
        state = table.states[-1]
        values = work.evidence.tensor(state["changed_values"])
        place = state["changed"].index(row)
        if values is None or place >= len(values):
            return None
        gap = float((values[place].double() - table.original[row].double()).norm())
    return gap if math.isfinite(gap) else None


def _gradient_flow(work: Work) -> dict[str, Any] | None:
    if not work.training.backwards:
        return None
    parts = [_part(work, model) for kind in NAMES for model in work.used(kind)[-1:]]
    table = work.table
    if table is not None:
        touched = {int(row) for f in work.facts("gradient") if "rows" in f for row in f["rows"]}
        moved = len(table.pseudo_ids) if work.training.steps else 0
        learns = work.adapter is None
        own = len(touched & table.pseudo_ids)
        parts.append(_row("embedding table: new rows", len(table.pseudo_ids), own, moved, learns))
        others = len(touched - table.pseudo_ids)
        parts.append(_row("embedding table: other rows", table.loaded_rows, others, table.changed_count))
    if work.adapter is not None:
        size = len(work.adapter.parameters)
        parts.append(_row("U-Net: LoRA matrices", size, size, size - len(work.adapter.still), learns=True))
    return {"kind": "gradient_flow", "parts": parts}


def _part(work: Work, model: ModelHistory) -> dict[str, Any]:
    names = {n for f in work.facts("gradient") if f["label"] == model.label for n in f["names"]
             if "token_embedding" not in n and ".lora_" not in n}  # fmt: skip
    tensors = [n for n in model.tensors(work.number) if "token_embedding" not in n and ".lora_" not in n]
    return _row(NAMES[model.kind], len(tensors), len(names), len(model.changed(work.number) or []))


def _row(name: str, tensors: int, with_gradient: int, moved: int, learns: bool = False) -> dict[str, Any]:
    """`learns` says that this part was meant to be trained."""
    return {"name": name, "tensors": tensors, "with_gradient": with_gradient, "moved": moved, "trainable": learns}
