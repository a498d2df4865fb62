"""Which caption each training sample was given: the U-Net's text input, traced to the text encoder's answer."""

from __future__ import annotations

import torch

from assay.judging.observations.facts import Facts
from assay.witness.digest import digest


def captions(work: Facts) -> list[tuple[int, ...] | None]:
    """Token ids of the text behind each kept training sample; None where the U-Net's text input, (77, width), is no
    answer of a text encoder so far, in float32 or cast to half precision."""
    known: dict[str, tuple[int, ...]] = {}
    for fact in work.facts_so_far("text"):
        for outputs in (fact.get("outputs", ()), fact.get("halves", ())):
            known |= {seen: tuple(ids) for seen, ids in zip(outputs, fact["ids"] or (), strict=False)}
    return [_caption(row, known) for text in _texts(work) for row in text]


def _texts(work: Facts) -> list[torch.Tensor]:
    """The text input, (B, 77, width), of each training call whose tensors were kept."""
    found = [work.evidence.tensor(f.get("text")) for f in work.facts("unet") if f["training"]]
    return [text for text in found if text is not None and text.dim() == 3]


def _caption(row: torch.Tensor, known: dict[str, tuple[int, ...]]) -> tuple[int, ...] | None:
    """The caption of one text input; half precision widened to float32 is looked up as it was before."""
    ways = (row, row.half()) if row.dtype == torch.float32 else (row,)
    return next((known[seen] for way in ways if (seen := digest(way)) in known), None)
