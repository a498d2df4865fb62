"""Makes a kit folder from nothing: `python -m assay.kit.build RECIPE FOLDER` writes it, with progress on stdout."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from assay.kit.layout import (
    ALIASES,
    CLIP,
    CLIP_TEXT,
    DOWNLOADS,
    LEARNED,
    REVISION,
    STABLE_DIFFUSION,
    model_folder,
    write_manifest,
)
from assay.kit.torchvision_operators import define_missing_operators

SEED = 7
LANDSCAPES = 24

Progress = Callable[[str, float], None]


def main(arguments: list[str]) -> None:
    """Build the recipe named into the folder named, one JSON line `[what, share]` for each step forward."""
    recipe, folder = arguments
    # One thread: sums in the same order, so the same machine builds the same bytes.
    os.environ.update(OMP_NUM_THREADS="1", HF_HUB_OFFLINE="1", HF_HUB_DISABLE_PROGRESS_BARS="1", HF_HOME=folder)
    build(recipe, Path(folder), lambda what, share: print(json.dumps([what, round(share, 3)]), flush=True))


def build(recipe: str, kit: Path, progress: Progress) -> None:
    """Write a kit into an empty folder: models, aliases, data sets, README and manifest."""
    started = time.perf_counter()
    progress("Importing libraries", 0.0)
    define_missing_operators()
    import torch

    torch.set_num_threads(1)
    torch.manual_seed(SEED)
    from assay.kit import models
    from assay.kit.dataset import write_dataset
    from assay.kit.vocabulary import write_tokenizer

    snapshot = model_folder(kit, STABLE_DIFFUSION) / "snapshots" / REVISION
    progress("Writing CLIP's vocabulary", 0.02)
    write_tokenizer(snapshot / "tokenizer")
    progress("Drawing the data sets", 0.04)
    write_dataset(kit, recipe)
    _write_downloads(kit)
    models.write_pipeline_files(snapshot)
    clip = _learned(snapshot, progress) if recipe == LEARNED else _calibrated(snapshot, progress)
    _write_clip(kit, snapshot, clip)
    _write_references(kit, snapshot)
    (kit / "README.md").write_text(_README + _WHAT[recipe])
    progress("Sealing", 0.99)
    write_manifest(kit, recipe, {"versions": _versions(), "seconds": round(time.perf_counter() - started, 1)})
    progress("Done", 1.0)


def _learned(snapshot: Path, progress: Progress) -> Any:
    """Unpack the shipped weights; gives the CLIP pair."""
    from assay.kit.learned.parts import autoencoder, clip_pair, noise_predictor, text_encoder

    progress("Unpacking the learned weights", 0.1)
    pair = clip_pair()
    parts = {"text_encoder": text_encoder(pair), "unet": noise_predictor(), "vae": autoencoder()}
    for part, model in parts.items():
        model.save_pretrained(snapshot / part)
    return pair


def _calibrated(snapshot: Path, progress: Progress) -> Any:
    """Train the small stand-ins; gives a CLIP pair."""
    import torch
    from diffusers import DDPMScheduler

    from assay.kit import calibrate, models
    from assay.kit.learned.parts import clip_pair
    from assay.kit.prompts import hidden_states

    torch.manual_seed(SEED)  # whatever was written before must not change what is drawn here
    text_encoder, unet, vae = models.text_encoder(), models.noise_predictor(), models.autoencoder()
    pictures, captions = _world()
    calibrate.train_autoencoder(vae, pictures, lambda share: progress("Training the autoencoder", 0.06 + 0.4 * share))
    progress("Standardising latents", 0.46)
    latents = calibrate.standardise_latents(vae, pictures)
    tokenizer = snapshot / "tokenizer"
    calibrate.train_noise_predictor(
        unet,
        DDPMScheduler.from_pretrained(snapshot / "scheduler"),
        latents,
        hidden_states(tokenizer, text_encoder, [*captions, ""]),
        hidden_states(tokenizer, text_encoder, list(calibrate.PROMPTS)),
        lambda share: progress("Training the U-Net", 0.52 + 0.46 * share),
    )
    for part, model in (("text_encoder", text_encoder), ("unet", unet), ("vae", vae)):
        model.save_pretrained(snapshot / part)
    return clip_pair()


def _world() -> tuple[Any, list[str]]:
    """All pictures as uint8 [N, 3, 512, 512], and their captions: the style set and some landscapes."""
    import numpy as np
    import torch

    from assay.kit.dataset import ROWS
    from assay.kit.drawing import draw_figure, figure
    from assay.kit.pictures import SIDE, caption_for, landscape

    drawn = [draw_figure(figure(n)).resize((SIDE, SIDE)) for n in range(ROWS)] + [
        landscape(n) for n in range(LANDSCAPES)
    ]
    captions = [figure(n).caption for n in range(ROWS)] + [caption_for(n) for n in range(LANDSCAPES)]
    return torch.stack([torch.from_numpy(np.array(p)).permute(2, 0, 1) for p in drawn]), captions


def _write_downloads(kit: Path) -> None:
    """What torchvision's downloads give: MNIST's and CIFAR-10's files."""
    from assay.kit.cifar import write_cifar
    from assay.kit.digits import write_digits

    write_digits(kit / DOWNLOADS)
    write_cifar(kit / DOWNLOADS)


def _write_clip(kit: Path, snapshot: Path, model: Any) -> None:
    """The CLIP pair, for transformers and for open_clip, which share every weight."""
    from assay.kit.open_clip_twin import write_open_clip

    home = model_folder(kit, CLIP) / "snapshots" / REVISION
    model.save_pretrained(home)
    (home / "preprocessor_config.json").write_text(_PREPROCESSOR)
    _name_snapshot(kit, CLIP)
    _link(snapshot / "tokenizer", home)
    write_open_clip(kit, model)


def _name_snapshot(kit: Path, repo_id: str) -> None:
    references = model_folder(kit, repo_id) / "refs"
    references.mkdir(parents=True)
    (references / "main").write_text(REVISION)


def _link(folder: Path, into: Path) -> None:
    """Relative links to a folder's files, which survive moving the kit."""
    into.mkdir(parents=True, exist_ok=True)
    for file in sorted(folder.iterdir()):
        (into / file.name).symlink_to(Path(os.path.relpath(file, into)))


def _write_references(kit: Path, snapshot: Path) -> None:
    """Name the snapshot, and let the other names lead to it by relative links, which survive moving the folder."""
    _name_snapshot(kit, STABLE_DIFFUSION)
    _name_snapshot(kit, CLIP_TEXT)
    for alias in ALIASES:
        model_folder(kit, alias).symlink_to(model_folder(kit, STABLE_DIFFUSION).name)
    for part in ("text_encoder", "tokenizer"):
        _link(snapshot / part, model_folder(kit, CLIP_TEXT) / "snapshots" / REVISION)


def _versions() -> dict[str, str]:
    from importlib.metadata import version

    return {name: version(name) for name in ("torch", "diffusers", "transformers", "datasets")}


# What CLIPProcessor does to a picture: OpenAI's own numbers.
_PREPROCESSOR = """{
 "image_processor_type": "CLIPImageProcessor", "do_resize": true, "size": {"shortest_edge": 224}, "resample": 3,
 "do_center_crop": true, "crop_size": {"height": 224, "width": 224}, "do_convert_rgb": true,
 "do_normalize": true, "image_mean": [0.48145466, 0.4578275, 0.40821073],
 "image_std": [0.26862954, 0.26130258, 0.27577711]
}
"""

_README = """# A kit of stand-in models

This folder has the layout of a Hugging Face cache (`HF_HOME`). Notebooks that load Stable Diffusion v1.5, its parts or
the style data set find small stand-ins of the same classes here, without a network:

    HF_HOME=<this folder> HF_HUB_OFFLINE=1 python your_script.py

`kit.json` says what made the folder and lists the digest of every file. Delete the folder and it is built again.
"""

_WHAT = {
    "calibrated": """
The models are calibrated, not trained to draw: CLIP's real vocabulary, latents of unit scale, a U-Net that predicts
noise and reacts to the prompt. They prove mechanics. Pictures made with them mean nothing.
""",
    "learned": """
The models have learned a small drawn world: simple subjects in nine colours and some styles. Prompts give naive
pictures of it. What they can do and what not is measured in the model card, assay/kit/learned/weights/README.md.
""",
}


if __name__ == "__main__":
    main(sys.argv[1:])
