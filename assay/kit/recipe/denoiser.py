"""Trains the U-Net on the world's latents: on their middles mostly, which is where subjects are, and on whole ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.overrides import TorchFunctionMode

from assay.kit.calibrate import as_input
from assay.kit.learned import models
from assay.kit.models import SCALING_FACTOR
from assay.kit.recipe import autoencoder, clip
from assay.kit.recipe.captions import tokens
from assay.kit.recipe.together import rank, together
from assay.kit.recipe.work import Training, Work
from assay.kit.starts import start_as_identity
from assay.kit.world import caption, draw_scene, random_scene

PICTURES = 2400
_PARTS = 8  # encoded apart, by as many processes as there are
STEPS = 7800
# So many steps on middles, with a whole now and then: by then middles are drawn well and wholes fall to pieces.
FIRST = 3524
MIDDLE, MIDDLES = 36, 16  # a middle's side, which a subject fills, and how many make a batch
WHOLES = 8
DROPPED = 0.1  # captions replaced by the empty one, for guidance
_GAMMA = 5.0  # of min-SNR weighting: early timesteps, whose error is tiny pictures' detail, count less


def train(work: Work) -> Any:
    """The trained UNet2DConditionModel; resumes from `work`."""
    torch.manual_seed(3)
    model = models.noise_predictor()
    finished = work.load("denoiser.pt")
    if finished is not None:
        model.load_state_dict(finished)
        return model.eval()
    start(model)
    model = model.to(memory_format=torch.channels_last)
    text_model = clip.train(work).text_model.requires_grad_(False)
    latents, ids = _latents(work)
    with torch.no_grad():
        texts = torch.cat([text_model(part)[0] for part in torch.split(ids, 64)])
    world = _World(latents, texts)
    training = Training("denoiser", work, model, STEPS, 1.5e-3, decay=0.997, weight_decay=0.01)
    for step in training.run():
        whole = step >= FIRST or step % 8 == 7
        count, side = (WHOLES, 64) if whole else (MIDDLES, MIDDLE)
        training.descend(_loss(model, *world.batch(count // together(), side)))
    work.save("denoiser.pt", model.state_dict())
    return model.eval()


@torch.no_grad()
def start(model: Any) -> None:
    """Begin near the identity, with cross-attention's values large enough that the prompt is felt from the start."""
    start_as_identity(model)
    for name, weight in model.named_parameters():
        if name.endswith(("attn2.to_v.weight", "attn2.to_out.0.weight")):
            torch.nn.init.normal_(weight, std=weight.shape[1] ** -0.5)


class _World:
    """Latents in memory with their captions' hidden states; the last of `texts` is the empty caption's."""

    def __init__(self, latents: Tensor, texts: Tensor) -> None:
        self.latents, self.texts = latents, texts

    def batch(self, count: int, side: int) -> tuple[Tensor, Tensor]:
        chosen = torch.randint(0, len(self.latents), (count,))
        edge = (64 - side) // 2
        clean = self.latents[chosen, :, edge : 64 - edge, edge : 64 - edge].float()
        texts = self.texts[torch.where(torch.rand(count) < DROPPED, len(self.latents), chosen)]
        return clean.contiguous(memory_format=torch.channels_last), texts


def alphas() -> Tensor:
    """Stable Diffusion's products of alphas, [1000]."""
    betas = torch.linspace(0.00085**0.5, 0.012**0.5, 1000) ** 2
    return torch.cumprod(1 - betas, 0)


_ALPHAS = alphas()


def _loss(model: Any, clean: Tensor, texts: Tensor) -> Tensor:
    count = len(clean)
    # One timestep of each part of the schedule: batches are small.
    timesteps = ((torch.randperm(count) + torch.rand(count)) * 1000 / count).long()
    kept = _ALPHAS[timesteps][:, None, None, None]
    noise = torch.randn_like(clean)
    noised = kept.sqrt() * clean + (1 - kept).sqrt() * noise
    with torch.autocast("cpu", torch.bfloat16), _Float32Attention():
        predicted = model(noised, timesteps, encoder_hidden_states=texts).sample
    error = F.mse_loss(predicted.float(), noise, reduction="none").mean((1, 2, 3))
    ratio = (kept / (1 - kept)).flatten()
    weight = torch.minimum(ratio, torch.tensor(_GAMMA)) / ratio
    return (weight * error).mean()


class _Float32Attention(TorchFunctionMode):
    """Attention in float32 within bfloat16: its backward in bfloat16 took five times as long, 43 % of a step."""

    def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if function is not F.scaled_dot_product_attention:
            return function(*args, **(kwargs or {}))
        query, key, value, *more = args
        with torch.autocast("cpu", enabled=False):
            return function(query.float(), key.float(), value.float(), *more, **(kwargs or {})).to(query.dtype)


def _latents(work: Work) -> tuple[Tensor, Tensor]:
    """Scaled latents float16 [PICTURES, 4, 64, 64], and the ids of their captions and of the empty one at the end."""
    for part in range(rank(), _PARTS, together()):
        if work.load(f"latents-{part}.pt") is None:
            work.save(f"latents-{part}.pt", _part(work, part))
    if torch.distributed.is_initialized():
        torch.distributed.barrier()
    parts = [work.load(f"latents-{part}.pt") for part in range(_PARTS)]
    captions = [text for part in parts if part for text in part["captions"]]
    return torch.cat([part["latents"] for part in parts if part]), tokens([*captions, ""])


def _part(work: Work, part: int) -> dict[str, Any]:
    vae = autoencoder.train(work).to(memory_format=torch.channels_last)
    latents, captions = [], []
    for number in range(part, PICTURES, _PARTS):
        rng = np.random.default_rng([14, number])
        scene = random_scene(rng, plain=0.72)
        picture = torch.from_numpy(np.array(draw_scene(scene, rng))).permute(2, 0, 1)[None]
        captions.append(caption(scene, rng))
        with torch.no_grad():
            mean = vae.encode(as_input(picture).contiguous(memory_format=torch.channels_last)).latent_dist.mean
        latents.append((mean[0] * SCALING_FACTOR).half())
        work.report("Encoding pictures for the U-Net", number / PICTURES, "")
    return {"latents": torch.stack(latents), "captions": captions}
