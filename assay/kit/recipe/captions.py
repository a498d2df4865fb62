"""Pictures of the world with their captions in numbers, drawn once and kept in the working folder."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from assay.kit.recipe.work import Work
from assay.kit.vocabulary import write_tokenizer
from assay.kit.world import caption, draw_scene, random_scene


def captioned(count: int, side: int, seed: int, work: Work, what: str, plain: float) -> tuple[Tensor, list[str]]:
    """`count` random scenes: uint8 [count, 3, side, side], and a caption of each."""
    kept = work.load(f"pictures-{seed}.pt")
    if kept is not None:
        return kept["pictures"], kept["captions"]
    rng = np.random.default_rng(seed)
    pictures, captions = np.empty((count, side, side, 3), np.uint8), []
    for number in range(count):
        scene = random_scene(rng, plain)
        pictures[number] = np.asarray(draw_scene(scene, rng, side))
        captions.append(caption(scene, rng))
        if number % 50 == 0:
            work.report(f"Drawing pictures for {what}", number / count, "")
    drawn = torch.from_numpy(pictures).permute(0, 3, 1, 2)
    work.save(f"pictures-{seed}.pt", {"pictures": drawn, "captions": captions})
    return drawn, captions


def tokens(captions: list[str]) -> Tensor:
    """CLIP's token ids, int64 [N, 77]."""
    from transformers import CLIPTokenizer

    with tempfile.TemporaryDirectory() as folder:
        write_tokenizer(Path(folder))
        tokenizer = CLIPTokenizer.from_pretrained(folder)
    ids: Tensor = tokenizer(
        captions, padding="max_length", max_length=77, truncation=True, return_tensors="pt"
    ).input_ids
    return ids
