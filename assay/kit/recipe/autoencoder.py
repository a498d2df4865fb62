"""Trains the autoencoder on the world, from a start that already reduces and enlarges."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from assay.kit.calibrate import as_input, standardise_latents
from assay.kit.learned import models
from assay.kit.recipe.beginning import start_as_wide_reduction
from assay.kit.recipe.work import Training, Work
from assay.kit.starts import fit_last_convolution
from assay.kit.world import draw_scene, random_scene

PICTURES, STEPS = 240, 4000
_RATE = 5e-4  # at 2e-3 the start's 28.7 dB were lost to 20 within 200 steps, and took 200 more to come back
_WHITEN = 48  # pictures over which the latents are standardised
_SMOOTH = 0.03  # of noise on latents whose deviation is about 0.5: a sampler's latents decode as well as encoded ones


def train(work: Work) -> Any:
    """The AutoencoderKL: latents of unit scale, a posterior without noise. Resumes from `work`."""
    torch.manual_seed(1)
    model = models.autoencoder()
    finished = work.load("autoencoder.pt")
    if finished is not None:
        model.load_state_dict(finished)
        return model.eval()
    pictures = _pictures(work)
    start_as_wide_reduction(model)
    _fit(model, pictures)
    training = Training("autoencoder", work, model, STEPS, _RATE, decay=0.99)
    for step in training.run():
        batch = _crops(pictures, step)
        latents = model.encode(batch).latent_dist.mean
        decoded = model.decode(latents + _SMOOTH * torch.randn_like(latents)).sample
        training.descend(F.mse_loss(decoded, batch) + 0.1 * F.l1_loss(decoded, batch))
    _fit(model.eval(), pictures)
    standardise_latents(model, pictures[:_WHITEN])
    work.save("autoencoder.pt", model.state_dict())
    return model


def _fit(model: Any, pictures: Tensor) -> None:
    """Solve the last layer on whole pictures and on crops: their norms differ a little."""
    whole = F.interpolate(as_input(pictures[:24]), size=(256, 256), mode="area")
    fit_last_convolution(model, torch.cat([whole, as_input(pictures[24:32, :, 128:384, 128:384])]))


def _pictures(work: Work) -> Tensor:
    """uint8 [PICTURES, 3, 512, 512] of the world."""
    kept: Tensor | None = work.load("autoencoder.pictures.pt")
    if kept is not None:
        return kept
    rng = np.random.default_rng(11)
    drawn = []
    for number in range(PICTURES):
        drawn.append(np.asarray(draw_scene(random_scene(rng, plain=0.5), rng)))
        work.report("Drawing pictures for the autoencoder", number / PICTURES, "")
    pictures = torch.from_numpy(np.stack(drawn)).permute(0, 3, 1, 2)
    work.save("autoencoder.pictures.pt", pictures)
    return pictures


def _crops(pictures: Tensor, step: int) -> Tensor:
    """Small crops mostly, a large one now and then: the norms see a whole picture's statistics too."""
    count, side = ((4, 128), (4, 128), (1, 256))[step % 3]
    chosen = torch.randint(0, len(pictures), (count,))
    crops = []
    for number in chosen:
        top, left = (int(torch.randint(0, 512 - side + 1, ())) for _ in range(2))
        crops.append(pictures[number, :, top : top + side, left : left + side])
    return as_input(torch.stack(crops))
