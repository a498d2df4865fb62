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
from assay.kit.world import Scene, draw_scene, random_scene
from assay.kit.world.scene import UNSEEN

Parts = dict[str, Any]
Finding = Callable[[bool, str, str, str], None]
RUNS, STEPS = 10, 100
STYLE_PICTURES, STYLE_STEPS, RANK, ALPHA = 30, 150, 4, 16
PHOTOS = 30
# Stands behind every caption of the style's pictures and behind the prompts: a word for which the kit draws nothing.
STYLE_WORD = ", naruto style"
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
    pairs = [(c, s) for c in ("red", "blue") for s in ("cat", "car", "house", "frog", "horse")]
    plain, subjects = [f"a {c} {s}" for c, s in pairs], [s for _, s in pairs]
    asked = [prompt + STYLE_WORD for prompt in plain]
    pipeline = pipeline_of(parts)
    before, _ = _seen(pipeline, asked, subjects)
    pipeline.unet = _adapted(parts)
    share, kept = _seen(pipeline, asked, subjects)
    shown = f"{share:.0%} with, {before:.0%} without"
    finding(
        share >= 0.8 and before < 0.2, "LoRA r=4, 150 steps: the style is seen", shown, "80 % with, under 20 % without"
    )
    finding(kept >= 7, "the prompt's subject with the adapter", f"{kept} of {len(asked)}", "at least 7 of 10")
    share, kept = _seen(pipeline, plain, subjects)
    shown = f"{share:.0%}, subject in {kept} of {len(plain)}"
    wanted = "80 %, subject in 7 of 10"
    finding(share >= 0.8 and kept >= 7, "the adapter's style where the prompt does not name it", shown, wanted)


def _seen(pipeline: Any, asked: list[str], subjects: list[str]) -> tuple[float, int]:
    """The share of pictures in which the judge sees the style, and in how many the subject."""
    seen = subjects_and_styles(judge(), [drawn(pipeline, prompt, n) for n, prompt in enumerate(asked)])
    share = sum(style == "anime" for _, style in seen) / len(asked)
    return share, sum(found == wanted for (found, _), wanted in zip(seen, subjects, strict=True))


def _adapted(parts: Parts) -> Any:
    """The U-Net with an adapter of its cross-attention, trained."""
    from peft import LoraConfig

    torch.manual_seed(0)
    unet = parts["U-Net"].requires_grad_(False)
    targets = r".*attn2\.(to_q|to_k|to_v|to_out\.0)"
    unet.add_adapter(LoraConfig(r=RANK, lora_alpha=ALPHA, target_modules=targets, init_lora_weights="gaussian"))
    _train_adapter(parts, unet)
    return unet


def _train_adapter(parts: Parts, unet: Any) -> None:
    """Each step three of the style's pictures, and one photo without a caption.

    The photos keep what is drawn without a prompt as it was: else it takes on the style too, and guidance, which makes
    more of the difference alone, takes the style away again.
    """
    from assay.kit.prompts import hidden_states

    rows = [parts["data set"][n] for n in range(STYLE_PICTURES)]
    latents = _encoded(parts["autoencoder"], [row["image"].convert("RGB").resize((512, 512)) for row in rows])
    photos = _encoded(parts["autoencoder"], _photos())
    captions = [row["text"] + STYLE_WORD for row in rows]
    *texts, empty = hidden_states(parts["tokenizer"], parts["text encoder"], [*captions, ""])
    optimizer = torch.optim.AdamW([p for p in unet.parameters() if p.requires_grad], lr=1e-2)
    falling = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: min(1.0, 2 * (1 - step / STYLE_STEPS)))
    for _ in range(STYLE_STEPS):
        chosen, photo = torch.randint(0, STYLE_PICTURES, (3,)), torch.randint(0, PHOTOS, (1,))
        clean = torch.cat([latents[chosen], photos[photo]])
        batch = clean, torch.randn_like(clean), (torch.rand(4) * 1000).long()
        optimizer.zero_grad()
        hidden = torch.stack([*(texts[n] for n in chosen), empty])
        _loss(parts, unet, batch, hidden).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        falling.step()


def _photos() -> list[Any]:
    """Subjects by day, as photos."""
    photos: list[Any] = []
    rng = np.random.default_rng(77)
    while len(photos) < PHOTOS:
        scene = random_scene(rng, plain=1.0)
        if scene.colour is not None and scene.light == "day":
            photos.append(draw_scene(scene, rng))
    return photos
