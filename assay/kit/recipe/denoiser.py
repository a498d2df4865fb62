"""Trains the U-Net on the world's latents: on their middles first, which is where subjects are, and on whole ones."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.overrides import TorchFunctionMode

from assay.kit.learned import models
from assay.kit.recipe import clip
from assay.kit.recipe.latents import SIDE, world_of
from assay.kit.recipe.together import together
from assay.kit.recipe.work import Training, Work
from assay.kit.starts import start_as_identity

STEPS = 7800
# So many steps on middles, with a whole now and then: by then middles are drawn well and wholes fall to pieces.
FIRST = 3524
MIDDLE, MIDDLES = 36, 16  # a middle's side, which a subject fills, and how many make a batch
WHOLES = 8
STYLES_STEPS = 3600
_GAMMA = 5.0  # of min-SNR weighting: early timesteps, whose error is tiny pictures' detail, count less


def train(work: Work) -> Any:
    """The UNet2DConditionModel that draws; resumes from `work`."""
    torch.manual_seed(3)
    model = models.noise_predictor()
    if _finished(work, "denoiser", model):
        return model.eval()
    start(model)
    world = world_of(work, clip.train(work).text_model, seed=14, plain=0.72)
    training = Training("denoiser", work, _in_rows(model), STEPS, 1.5e-3, decay=0.997, weight_decay=0.01)
    for step in training.run():
        whole = step >= FIRST or step % 8 == 7
        count, side = (WHOLES, SIDE) if whole else (MIDDLES, MIDDLE)
        training.descend(_loss(model, *world.batch(count // together(), side)))
    work.save("denoiser.pt", model.state_dict())
    return model.eval()


def finish(work: Work) -> Any:
    """Train it on with whole latents of other pictures, half of them in a style: adapters find styles that it knows."""
    model = train(work)
    if _finished(work, "styles", model):
        return model.eval()
    world = world_of(work, clip.train(work).text_model, seed=16, plain=0.5, unsaid=True)
    training = Training("styles", work, _in_rows(model), STYLES_STEPS, 1e-3, decay=0.997, weight_decay=0.01)
    for _ in training.run():
        training.descend(_loss(model, *world.batch(WHOLES // together(), SIDE)))
    work.save("styles.pt", model.state_dict())
    return model.eval()


def _finished(work: Work, name: str, model: Any) -> bool:
    state = work.load(f"{name}.pt")
    if state is not None:
        model.load_state_dict(state)
    return state is not None


def _in_rows(model: Any) -> Any:
    """In channels-last memory, which a CPU's convolutions are quickest in."""
    return model.train().to(memory_format=torch.channels_last)


@torch.no_grad()
def start(model: Any) -> None:
    """Begin near the identity, with cross-attention's values large enough that the prompt is felt from the start."""
    start_as_identity(model)
    for name, weight in model.named_parameters():
        if name.endswith(("attn2.to_v.weight", "attn2.to_out.0.weight")):
            torch.nn.init.normal_(weight, std=weight.shape[1] ** -0.5)


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
