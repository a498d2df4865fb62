"""How the small models become useful stand-ins: latents of unit scale, noise that is predicted, text that matters."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from assay.kit.models import SCALING_FACTOR
from assay.kit.starts import fit_last_convolution, start_as_identity, start_as_reduction

AUTOENCODER_STEPS = 110
FIRST_ROUND = 230
SECOND_ROUND = 110
# Short prompts as lessons use them. Changing one for another must move the U-Net's output by at least 2 % of its size,
# or a mistake in the guidance stays below the checks' tolerances; much more, and guidance 7.5 drives latents away.
PROMPTS = (
    "a cat",
    "a dog",
    "a beautiful sunset over the ocean",
    "a painting of a warrior in anime style",
    "a painting in the style of anime",
    "",
)
# A margin on both sides: 0.02 must be seen, and guidance magnifies what is there to latents of rms 3.7, of 4 allowed.
TEXT_SENSITIVITY = 0.025
# The posterior's log variance: its deviation, scaled, is 0.18215 * exp(-7) = 1.7e-4. A sampled latent must be as good
# as the mean: at timesteps near 0 the noise recovered from x_t is divided by sqrt(1 - alpha_bar), which is 1/34.
LOG_VARIANCE = -14.0

Report = Callable[[float], None]


def train_autoencoder(model: Any, pictures: Tensor, report: Report) -> None:
    """Reconstruction from crops (128x128) and reduced whole pictures; `pictures` is uint8 [N, 3, 512, 512]."""
    whole = F.interpolate(as_input(pictures[::2]), size=(256, 256), mode="area")
    start_as_reduction(model, whole[::4])
    optimizer = torch.optim.Adam(model.parameters())
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 2e-3, total_steps=AUTOENCODER_STEPS, pct_start=0.1)
    for step in range(AUTOENCODER_STEPS):
        batch = _crops(pictures, 3, 128) if step % 4 else _reduced(pictures, 3)
        latents = model.encode(batch).latent_dist.mean
        # A little noise, so that latents which a sampler made decode as well as encoded ones.
        decoded = model.decode(latents + 0.03 * torch.randn_like(latents)).sample
        _step(optimizer, schedule, F.mse_loss(decoded, batch) + 0.2 * F.l1_loss(decoded, batch))
        report((step + 1) / AUTOENCODER_STEPS)
    # Crops and whole pictures have different norms; the last layer is solved for whole ones (3 dB better).
    fit_last_convolution(model, whole)


@torch.no_grad()
def standardise_latents(model: Any, pictures: Tensor) -> Tensor:
    """Whiten the latents' four channels by the 1x1 convolutions around them; decoding stays the same.

    Returns:
        The scaled latents of `pictures`, float32 [N, 4, 64, 64]: mean 0, covariance the identity.
    """
    raw = torch.cat([model.encode(as_input(p[None])).latent_dist.mean for p in pictures])
    flat = raw.transpose(0, 1).flatten(1).double()
    mean = flat.mean(1)
    values, vectors = torch.linalg.eigh(torch.cov(flat))
    whiten = vectors @ torch.diag(values.rsqrt()) @ vectors.T / SCALING_FACTOR
    into, out = model.quant_conv, model.post_quant_conv
    kernel = into.weight[:4, :, 0, 0].double()
    into.weight[:4, :, 0, 0] = (whiten @ kernel).float()
    into.bias[:4] = (whiten @ (into.bias[:4].double() - mean)).float()
    into.weight[4:], into.bias[4:] = 0.0, LOG_VARIANCE
    kernel = out.weight[:, :, 0, 0].double()
    out.bias += (kernel @ mean).float()
    out.weight[:, :, 0, 0] = (kernel @ torch.linalg.inv(whiten)).float()
    whitened = torch.einsum("ij,njhw->nihw", whiten, raw.double() - mean[None, :, None, None])
    return (whitened * SCALING_FACTOR).float()


def train_noise_predictor(
    model: Any, scheduler: Any, latents: Tensor, captions: Tensor, prompts: Tensor, report: Report
) -> None:
    """Train on noised latents with their captions, then make prompts matter, and settle both in a second round.

    The second round lessens the prompt's effect where it does most harm, at late timesteps, which guidance magnifies.

    Args:
        latents: float32 [N, 4, 64, 64].
        captions: hidden states [N + 1, 77, width]: one caption's for each latent, and the empty prompt's at the end.
        prompts: hidden states of PROMPTS.
    """
    start_as_identity(model)
    _spread_text(model)
    noised = scheduler.add_noise(latents[:4], torch.randn_like(latents[:4]), torch.tensor([500]))
    share = FIRST_ROUND / (FIRST_ROUND + SECOND_ROUND)
    _train(model, scheduler, latents, captions, FIRST_ROUND, 6e-3, lambda done: report(share * done))
    _strengthen_text(model, noised, prompts, 2 * TEXT_SENSITIVITY)
    _train(model, scheduler, latents, captions, SECOND_ROUND, 2e-3, lambda done: report(share + (1 - share) * done))
    _strengthen_text(model, noised, prompts, TEXT_SENSITIVITY)


def _train(
    model: Any, scheduler: Any, latents: Tensor, captions: Tensor, steps: int, rate: float, report: Report
) -> None:
    optimizer = torch.optim.Adam(model.parameters())
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, total_steps=steps)
    for step in range(steps):
        clean, text = _latent_batch(latents, captions, step)
        timesteps = _timesteps(len(clean), scheduler.config.num_train_timesteps)
        noise = torch.randn_like(clean)
        predicted = model(scheduler.add_noise(clean, noise, timesteps), timesteps, encoder_hidden_states=text).sample
        _step(optimizer, schedule, F.mse_loss(predicted, noise))
        report((step + 1) / steps)


@torch.no_grad()
def _strengthen_text(model: Any, noised: Tensor, prompts: Tensor, wanted: float) -> None:
    """Scale the cross-attention's results until the least change of prompt moves the output as far as wanted."""
    weights = [w for name, w in model.named_parameters() if name.endswith("attn2.to_out.0.weight")]
    for _ in range(6):  # the response is nearly linear; six corrections settle it within a few per cent
        gain = min(wanted / text_sensitivity(model, noised, 500, prompts), 3.0)
        for weight in weights:
            weight *= gain


@torch.no_grad()
def text_sensitivity(model: Any, noised: Tensor, timestep: int, prompts: Tensor) -> float:
    """How far the output moves when the prompt changes, relative to its size: the least over all pairs of prompts."""
    outputs = [model(noised, timestep, encoder_hidden_states=p.expand(len(noised), -1, -1)).sample for p in prompts]
    moves = [(a - b).square().mean().sqrt() / a.square().mean().sqrt() for a, b in itertools.combinations(outputs, 2)]
    return float(torch.stack(moves).min())


def _spread_text(model: Any) -> None:
    """The library's start for the cross-attention's values leaves the prompt nearly without effect."""
    for name, weight in model.named_parameters():
        if name.endswith(("attn2.to_v.weight", "attn2.to_out.0.weight")):
            torch.nn.init.normal_(weight, std=1.5 / math.sqrt(weight.shape[1]))


def as_input(pictures: Tensor) -> Tensor:
    """uint8 pictures as the autoencoder takes them: float32 in [-1, 1]."""
    return pictures.float() / 127.5 - 1


def _latent_batch(latents: Tensor, prompts: Tensor, step: int) -> tuple[Tensor, Tensor]:
    """A whole latent now and then, else crops: cheaper, and of more pictures at once."""
    count, side = (1, 64) if step % 8 == 7 else (3, 32) if step % 2 else (10, 16)
    chosen = torch.randint(0, len(latents), (count,))
    text = prompts[-1:].expand(count, -1, -1) if step % 8 == 4 else prompts[chosen]
    return torch.cat([_crop(latents[i], side)[None] for i in chosen]), text


def _timesteps(count: int, end: int) -> Tensor:
    """Three in ten are drawn from the last third, where a sampler begins and small errors grow most."""
    late = torch.rand(count) < 0.3
    return torch.where(late, torch.randint(end * 2 // 3, end, (count,)), torch.randint(0, end, (count,)))


def _crops(pictures: Tensor, count: int, side: int) -> Tensor:
    chosen = torch.randint(0, len(pictures), (count,))
    return as_input(torch.stack([_crop(pictures[i], side) for i in chosen]))


def _crop(picture: Tensor, side: int) -> Tensor:
    top, left = (int(torch.randint(0, size - side + 1, ())) for size in picture.shape[-2:])
    return picture[..., top : top + side, left : left + side]


def _reduced(pictures: Tensor, count: int) -> Tensor:
    chosen = torch.randint(0, len(pictures), (count,))
    return F.interpolate(as_input(pictures[chosen]), size=(128, 128), mode="area")


def _step(optimizer: torch.optim.Optimizer, schedule: Any, loss: Tensor) -> None:
    optimizer.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    optimizer.step()
    schedule.step()
