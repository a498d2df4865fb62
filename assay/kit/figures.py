"""The figures that the checks' tolerances rest on, each with the bound that makes its checks decide."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from assay.kit.calibrate import PROMPTS, as_input, text_sensitivity
from assay.kit.measure import Parts, finding
from assay.kit.prompts import hidden_states


def measure_figures(parts: Parts, pictures: Tensor, slower: float = 1.0) -> None:
    """Measure every property in turn; a finding for each.

    Args:
        pictures: of what the autoencoder was standardised on, uint8 [N, 3, 512, 512].
        slower: how many times as long a call may take as with the calibrated kit.
    """
    _measure_architecture(parts)
    latents = _measure_latents(parts["autoencoder"], pictures)
    noised, noise = _noised(parts, latents)
    _measure_prediction(parts, noised, noise)
    _measure_text(parts, noised)
    _measure_guidance(parts)
    _measure_pseudo_token(parts, noised, noise)
    _measure_times(parts, pictures, slower)


def pictures_of(data: Any) -> Tensor:
    """Every fourth picture of the data set at the size that lessons use: uint8 [N, 3, 512, 512]."""
    return stacked([data[n]["image"].convert("RGB").resize((512, 512)) for n in range(0, len(data), 4)])


def stacked(shown: list[Image.Image]) -> Tensor:
    """RGB pictures of one size: uint8 [N, 3, H, W]."""
    return torch.stack([torch.from_numpy(np.array(p)).permute(2, 0, 1) for p in shown])


def _measure_architecture(parts: Parts) -> None:
    encoder, unet, vae = parts["text encoder"], parts["U-Net"], parts["autoencoder"]
    models = (encoder, unet, vae)
    dtypes = sorted({str(p.dtype) for model in models for p in model.parameters()})
    finding(dtypes == ["torch.float32"], "weights", ", ".join(dtypes), "torch.float32")
    rows, width = encoder.get_input_embeddings().weight.shape
    finding(rows == 49_408, "embedding table", f"{rows} rows of {width}", "49408 rows")
    names = [name for name, _ in unet.named_modules()]
    blocks = [sum(name.endswith(kind) for name in names) for kind in ("attn1", "attn2")]
    finding(min(blocks) >= 4, "attention blocks (attn1, attn2)", str(blocks), "at least 4 of each")
    hidden = {m.to_q.weight.shape[0] for name, m in unet.named_modules() if name.endswith("attn2")}
    cross = unet.config.cross_attention_dim
    finding(cross == width and cross not in hidden, "hidden and cross widths", f"{sorted(hidden)}, {cross}", "unequal")
    factor, channels = 2 ** (len(vae.config.block_out_channels) - 1), vae.config.latent_channels
    scale = vae.config.scaling_factor
    found = f"factor {factor}, {channels} channels, scaling {scale}"
    finding((factor, channels, scale) == (8, 4, 0.18215), "autoencoder", found, "factor 8, 4 channels, scaling 0.18215")


@torch.no_grad()
def _measure_latents(vae: Any, pictures: Tensor) -> Tensor:
    scale = vae.config.scaling_factor
    posteriors = [vae.encode(as_input(p[None])).latent_dist for p in pictures]
    latents: Tensor = torch.cat([p.mean for p in posteriors]) * scale
    mean, deviation = latents.mean((0, 2, 3)), latents.std((0, 2, 3))
    shown = f"mean {_each(mean)}, deviation {_each(deviation)}"
    # Half a deviation off is still far from the 0.06 at which a wrong scaling factor went unseen.
    finding(float(mean.abs().max()) < 0.5, "latents' mean by channel", shown, "within 0.5 of 0")
    finding(bool(((deviation > 0.7) & (deviation < 1.4)).all()), "latents' deviation by channel", shown, "0.7 to 1.4")
    posterior = max(float(p.std.max()) for p in posteriors) * scale
    finding(posterior < 1e-3, "posterior deviation, scaled", f"{posterior:.1e}", "below 1e-3")
    apart = float((latents[0] - latents[1]).square().mean().sqrt())
    finding(apart > 0.5, "two pictures' latents apart (rms)", f"{apart:.2f}", "above 0.5")
    decoded = torch.cat([vae.decode(z[None] / scale).sample.clamp(-1, 1) for z in latents])
    psnr = 10 * float(torch.log10(4 / F.mse_loss(decoded, as_input(pictures))))
    finding(psnr > 18, "reconstruction (PSNR)", f"{psnr:.1f} dB", "above 18 dB")
    return latents


def _noised(parts: Parts, latents: Tensor) -> tuple[Tensor, Tensor]:
    noise = torch.randn_like(latents[:4])
    noised: Tensor = parts["DDPM scheduler"].add_noise(latents[:4], noise, torch.tensor([500]))
    return noised, noise


@torch.no_grad()
def _measure_prediction(parts: Parts, noised: Tensor, noise: Tensor) -> None:
    text = hidden_states(parts["tokenizer"], parts["text encoder"], [PROMPTS[0]] * len(noised))
    predicted = parts["U-Net"](noised, 500, encoder_hidden_states=text).sample
    cosine = float(F.cosine_similarity(predicted.flatten(), noise.flatten(), dim=0))
    # An untrained U-Net has 0: a check that compares gradients or steps would then compare noise with noise.
    finding(cosine > 0.8, "predicted against true noise at timestep 500 (cosine)", f"{cosine:.3f}", "above 0.8")


def _measure_text(parts: Parts, noised: Tensor) -> None:
    text = hidden_states(parts["tokenizer"], parts["text encoder"], list(PROMPTS))
    moved = text_sensitivity(parts["U-Net"], noised, 500, text)
    finding(moved >= 0.02, "least change of the output between two prompts", f"{100 * moved:.1f} %", "at least 2 %")


@torch.no_grad()
def _measure_guidance(parts: Parts) -> None:
    pipeline, worst = parts["pipeline"], 0.0
    pipeline.scheduler = parts["DPM++ scheduler"]
    pipeline.set_progress_bar_config(disable=True)
    for prompt in PROMPTS:
        generator = torch.Generator().manual_seed(42)
        made = pipeline(prompt, num_inference_steps=25, guidance_scale=7.5, generator=generator, output_type="latent")
        worst = max(worst, float(made.images.square().mean().sqrt()))
    # Real latents have rms 1; an untrained U-Net ends at 16, where every decoded pixel is clipped.
    finding(worst < 4, "latents after 25 DPM++ steps, guidance 7.5 (largest rms)", f"{worst:.2f}", "below 4")


def _measure_pseudo_token(parts: Parts, noised: Tensor, noise: Tensor) -> None:
    """Train one row for a few steps, as the textual-inversion lesson does, on one fixed batch."""
    tokenizer, encoder, unet = parts["tokenizer"], parts["text encoder"], parts["U-Net"]
    tokenizer.add_tokens(["<measured>"])
    encoder.resize_token_embeddings(len(tokenizer))
    table = encoder.get_input_embeddings().weight
    ids = tokenizer(["a painting in the style of <measured>"] * 4, padding="max_length", return_tensors="pt").input_ids
    optimizer = torch.optim.Adam([table], lr=5e-3)
    unet.requires_grad_(False)
    losses, gradient = [], 0.0
    for _ in range(12):
        predicted = unet(noised, 500, encoder_hidden_states=encoder(ids)[0]).sample
        loss = F.mse_loss(predicted, noise)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        gradient = gradient or float(table.grad[-1].norm())
        optimizer.step()
        losses.append(float(loss))
    finding(gradient > 1e-5, "gradient at the pseudo-token's row (norm)", f"{gradient:.1e}", "above 1e-5")
    fall = 1 - losses[-1] / losses[0]
    # A hundred times the rounding of a float32 loss.
    finding(fall > 1e-5, "fall of the loss in 12 steps on one batch", f"{100 * fall:.3f} %", "above 0.001 %")


@torch.no_grad()
def _measure_times(parts: Parts, pictures: Tensor, slower: float) -> None:
    latents, text = torch.randn(1, 4, 64, 64), torch.randn(1, 77, parts["U-Net"].config.cross_attention_dim)
    picture, vae = as_input(pictures[:1]), parts["autoencoder"]
    forward = _seconds(lambda: parts["U-Net"](latents, 500, encoder_hidden_states=text))
    # A grading run does hundreds.
    finding(forward < 0.1 * slower, "U-Net forward at 64x64", f"{forward:.3f} s", f"below {0.1 * slower:.1f} s")
    encoded, decoded = _seconds(lambda: vae.encode(picture)), _seconds(lambda: vae.decode(latents))
    finding(encoded < 0.3, "encoding 512x512", f"{encoded:.3f} s", "below 0.3 s")
    finding(decoded < 0.6, "decoding 512x512", f"{decoded:.3f} s", "below 0.6 s")


def _seconds(call: Callable[[], Any]) -> float:
    """Processor seconds of the fastest of six calls: with one thread that is the time on a machine without load."""
    marks = [time.process_time()]
    for _ in range(6):
        call()
        marks.append(time.process_time())
    return min(b - a for a, b in itertools.pairwise(marks))


def _each(values: Tensor) -> str:
    return ", ".join(f"{float(v):.2f}" for v in values)
