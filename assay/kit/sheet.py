"""The kit on one sheet: `python -m assay.kit.sheet FILE` draws data set, reconstructions and generated pictures."""

from __future__ import annotations

import sys
from typing import Any

from PIL import Image, ImageDraw

from assay.kit.layout import DATASET, STABLE_DIFFUSION
from assay.kit.torchvision_operators import define_missing_operators

_WORLD = (
    "a photo of a red car", "a photo of a blue cat", "a lighthouse on a cliff at sunset",
    "a watercolor painting of mountains at sunset", "a photo of a green frog", "a painting of a warrior in anime style",
)  # fmt: skip
_TILE, _COLUMNS, _TITLE = 192, 6, 22


def main(file: str) -> None:
    """Draw the sheet of the kit that HF_HOME names."""
    define_missing_operators()
    import torch
    from datasets import load_dataset

    from assay.kit.calibrate import PROMPTS

    torch.set_num_threads(1)
    data = load_dataset(DATASET, split="train")
    pipeline = _pipeline()
    shown = [data[n]["image"].convert("RGB").resize((512, 512)) for n in range(_COLUMNS)]
    rows = [
        (f"data set: {data[0]['text']} ...", shown),
        ("encoded and decoded", [_reconstructed(pipeline, p) for p in shown]),
        ("generated, guidance 1: " + " | ".join(_WORLD), _generated(pipeline, 1.0, _WORLD)),
        ("generated, guidance 7.5: the same", _generated(pipeline, 7.5, _WORLD)),
        ("generated, guidance 7.5: " + " | ".join(PROMPTS), _generated(pipeline, 7.5, PROMPTS)),
    ]
    _sheet(rows).save(file, "PNG")


def _pipeline() -> Any:
    from diffusers import DPMSolverMultistepScheduler, StableDiffusionPipeline

    pipeline = StableDiffusionPipeline.from_pretrained(
        STABLE_DIFFUSION, safety_checker=None, requires_safety_checker=False
    )
    pipeline.scheduler = DPMSolverMultistepScheduler.from_config(pipeline.scheduler.config)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def _reconstructed(pipeline: Any, picture: Image.Image) -> Image.Image:
    import torch

    with torch.no_grad():
        latents = pipeline.vae.encode(pipeline.image_processor.preprocess(picture)).latent_dist.mode()
        decoded = pipeline.vae.decode(latents).sample
    made: Image.Image = pipeline.image_processor.postprocess(decoded)[0]
    return made


def _generated(pipeline: Any, guidance: float, prompts: tuple[str, ...]) -> list[Image.Image]:
    import torch

    def one(prompt: str) -> Image.Image:
        generator = torch.Generator().manual_seed(42)
        made = pipeline(prompt, num_inference_steps=25, guidance_scale=guidance, generator=generator)
        picture: Image.Image = made.images[0]
        return picture

    return [one(prompt) for prompt in prompts]


def _sheet(rows: list[tuple[str, list[Image.Image]]]) -> Image.Image:
    sheet = Image.new("RGB", (_TILE * _COLUMNS, (_TILE + _TITLE) * len(rows)), "white")
    draw = ImageDraw.Draw(sheet)
    for row, (title, pictures) in enumerate(rows):
        top = row * (_TILE + _TITLE)
        draw.text((6, top + 5), title, fill="black")
        for column, picture in enumerate(pictures):
            sheet.paste(picture.resize((_TILE, _TILE)), (column * _TILE, top + _TITLE))
    return sheet


if __name__ == "__main__":
    main(sys.argv[1])
