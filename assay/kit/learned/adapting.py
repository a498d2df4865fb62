"""Whether the learned kit learns more: a token for an unseen subject, and an adapter for a style."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from assay.kit.learned.acceptance import drawn, pipeline_of, tensor_of
from assay.kit.learned.judge import judge, subjects_and_styles
from assay.kit.world import Scene, draw_scene
from assay.kit.world.scene import UNSEEN

Parts = dict[str, Any]
Finding = Callable[[bool, str, str, str], None]
RUNS, STEPS = 10, 100
STYLE_PICTURES, STYLE_STEPS, RANK = 30, 150, 4
_WORD = "toy"  # where the learned token starts: no word of the world


def measure_inversion(parts: Parts, finding: Finding) -> None:
    """Textual inversion on five snowmen: the loss on held-out ones, with the learned token and with the first word."""
    better = sum(_inverted(parts, seed) for seed in range(RUNS))
    what = f"textual inversion, {STEPS} steps: held-out loss below the first word's"
    finding(better >= 9, what, f"in {better} of {RUNS} runs", "in 9 of 10")


def _inverted(parts: Parts, seed: int) -> bool:
    torch.manual_seed(seed)
    tokenizer, unet = copy.deepcopy(parts["tokenizer"]), parts["U-Net"].requires_grad_(False)
    encoder = copy.deepcopy(parts["text encoder"]).requires_grad_(False)
    rng = np.random.default_rng([40, seed])
    latents = _encoded(
        parts["autoencoder"], [draw_scene(Scene(UNSEEN, "white", "photo", "day"), rng) for _ in range(8)]
    )
    tokenizer.add_tokens(["<concept>"])
    encoder.resize_token_embeddings(len(tokenizer))
    table = encoder.get_input_embeddings().weight
    row = table[tokenizer.convert_tokens_to_ids(f"{_WORD}</w>")].clone().requires_grad_()
    ids = tokenizer("a photo of <concept>", padding="max_length", return_tensors="pt").input_ids
    held_out = _held_out(latents[5:])
    first = _loss(parts, unet, held_out, _hidden(encoder, ids, row))
    optimizer = torch.optim.AdamW([row], lr=2e-2, weight_decay=0.0)
    for _ in range(STEPS):
        clean = latents[torch.randint(0, 5, (1,))]
        batch = clean, torch.randn_like(clean), torch.randint(100, 900, (1,))
        optimizer.zero_grad()
        _loss(parts, unet, batch, _hidden(encoder, ids, row)).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    with torch.no_grad():
        return bool(_loss(parts, unet, held_out, _hidden(encoder, ids, row)) < first)


def _hidden(encoder: Any, ids: Tensor, row: Tensor) -> Tensor:
    """The hidden states of `ids` with the last row of the table replaced, so that only `row` has a gradient."""
    table = encoder.get_input_embeddings()
    inputs = torch.where((ids == table.num_embeddings - 1)[..., None], row, table.weight[ids])
    hook = table.register_forward_hook(lambda *_: inputs)
    try:
        hidden: Tensor = encoder(ids)[0]
    finally:
        hook.remove()
    return hidden


def _held_out(latents: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(99)
    noise = torch.randn(6, *latents.shape[1:], generator=generator)
    return latents.repeat(2, 1, 1, 1), noise, torch.tensor([150, 300, 450, 600, 750, 850])


def _loss(parts: Parts, unet: Any, batch: tuple[Tensor, Tensor, Tensor], hidden: Tensor) -> Tensor:
    clean, noise, timesteps = batch
    noised = parts["DDPM scheduler"].add_noise(clean, noise, timesteps)
    predicted = unet(noised, timesteps, encoder_hidden_states=hidden.expand(len(clean), -1, -1)).sample
    loss: Tensor = F.mse_loss(predicted, noise)
    return loss


@torch.no_grad()
def _encoded(vae: Any, pictures: list[Any]) -> Tensor:
    latents: Tensor = torch.cat([vae.encode(tensor_of(p)).latent_dist.mean for p in pictures])
    return latents * float(vae.config.scaling_factor)


def measure_style(parts: Parts, finding: Finding) -> None:
    """LoRA on the style set: how often the judge sees the style with the adapter and without, and the subject with."""
    from peft import LoraConfig

    asked = [f"a photo of a {c} {s}" for c in ("red", "blue") for s in ("cat", "car", "house", "frog", "horse")]
    subjects = [prompt.rsplit(" ", 1)[1] for prompt in asked]
    pipeline, jury = pipeline_of(parts), judge()
    without = subjects_and_styles(jury, [drawn(pipeline, p, n) for n, p in enumerate(asked)])
    torch.manual_seed(0)
    unet = parts["U-Net"].requires_grad_(False)
    targets = ["to_q", "to_k", "to_v", "to_out.0"]
    unet.add_adapter(LoraConfig(r=RANK, lora_alpha=RANK, target_modules=targets, init_lora_weights="gaussian"))
    _train_adapter(parts, unet)
    pipeline.unet = unet
    adapted = subjects_and_styles(jury, [drawn(pipeline, p, n) for n, p in enumerate(asked)])
    share, before = (sum(style == "anime" for _, style in seen) / len(asked) for seen in (adapted, without))
    kept = sum(seen == wanted for (seen, _), wanted in zip(adapted, subjects, strict=True))
    shown = f"{share:.0%} with, {before:.0%} without"
    finding(
        share >= 0.8 and before < 0.2, "LoRA r=4, 150 steps: the style is seen", shown, "80 % with, under 20 % without"
    )
    finding(kept >= 7, "the prompt's subject with the adapter", f"{kept} of {len(asked)}", "at least 7 of 10")


def _train_adapter(parts: Parts, unet: Any) -> None:
    from assay.kit.prompts import hidden_states

    rows = [parts["data set"][n] for n in range(STYLE_PICTURES)]
    latents = _encoded(parts["autoencoder"], [row["image"].convert("RGB").resize((512, 512)) for row in rows])
    texts = hidden_states(parts["tokenizer"], parts["text encoder"], [row["text"] for row in rows])
    optimizer = torch.optim.AdamW([p for p in unet.parameters() if p.requires_grad], lr=2e-3)
    for _ in range(STYLE_STEPS):
        chosen = torch.randint(0, STYLE_PICTURES, (1,))
        clean = latents[chosen]
        batch = clean, torch.randn_like(clean), torch.randint(0, 1000, (1,))
        optimizer.zero_grad()
        _loss(parts, unet, batch, texts[chosen]).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
