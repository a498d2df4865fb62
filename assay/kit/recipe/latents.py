"""The world as the U-Net is shown it: latents of its pictures, and what their captions say in CLIP's words."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from assay.kit.calibrate import as_input
from assay.kit.models import SCALING_FACTOR
from assay.kit.recipe import autoencoder
from assay.kit.recipe.captions import tokens
from assay.kit.recipe.together import rank, together
from assay.kit.recipe.work import Work
from assay.kit.world import caption, draw_scene, random_scene, unstyled

PICTURES = 2400
SIDE = 64  # of a whole latent
# Of so many captions one does not say its style, as people's do not: an adapter then makes likelier what may be drawn,
# where otherwise it would have to undo that a caption without a style means a photo.
UNSAID = 7
DROPPED = 0.1  # captions replaced by the empty one, for guidance
_PARTS = 8  # encoded apart, by as many processes as there are


class World:
    """Latents in memory with their captions' hidden states; the last of `texts` is the empty caption's."""

    def __init__(self, latents: Tensor, texts: Tensor) -> None:
        self.latents, self.texts = latents, texts

    def batch(self, count: int, side: int) -> tuple[Tensor, Tensor]:
        """`count` middles, float32 [count, 4, side, side], and hidden states [count, 77, width]."""
        chosen = torch.randint(0, len(self.latents), (count,))
        edge = (SIDE - side) // 2
        clean = self.latents[chosen, :, edge : SIDE - edge, edge : SIDE - edge].float()
        texts = self.texts[torch.where(torch.rand(count) < DROPPED, len(self.latents), chosen)]
        return clean.contiguous(memory_format=torch.channels_last), texts


def world_of(work: Work, text_model: Any, seed: int, plain: float, unsaid: bool = False) -> World:
    """Pictures that `seed` draws, a share of `plain` photos by day; encoded once and kept in `work`.

    `unsaid`: some captions do not say the style.
    """
    for part in range(rank(), _PARTS, together()):
        if work.load(_file(seed, part)) is None:
            work.save(_file(seed, part), _encoded(work, seed, part, plain, unsaid))
    if torch.distributed.is_initialized():
        torch.distributed.barrier()
    parts = [work.load(_file(seed, part)) for part in range(_PARTS)]
    ids = tokens([*(text for part in parts if part for text in part["captions"]), ""])
    with torch.no_grad():
        texts = torch.cat([text_model(part)[0] for part in torch.split(ids, 64)])
    return World(torch.cat([part["latents"] for part in parts if part]), texts)


def _file(seed: int, part: int) -> str:
    return f"latents-{seed}-{part}.pt"


def _encoded(work: Work, seed: int, part: int, plain: float, unsaid: bool) -> dict[str, Any]:
    """Scaled latents, float16 [N, 4, 64, 64], and their captions."""
    vae = autoencoder.train(work).to(memory_format=torch.channels_last)
    latents, captions = [], []
    for number in range(part, PICTURES, _PARTS):
        rng = np.random.default_rng([seed, number])
        scene = random_scene(rng, plain)
        picture = torch.from_numpy(np.array(draw_scene(scene, rng))).permute(2, 0, 1)[None]
        said = caption(scene, rng)
        captions.append(unstyled(said, scene.style) if unsaid and number % UNSAID == 0 else said)
        with torch.no_grad():
            mean = vae.encode(as_input(picture).contiguous(memory_format=torch.channels_last)).latent_dist.mean
        latents.append((mean[0] * SCALING_FACTOR).half())
        work.report("Encoding pictures for the U-Net", number / PICTURES, "")
    return {"latents": torch.stack(latents), "captions": captions}
