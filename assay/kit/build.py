"""Makes a kit folder from nothing: `python -m assay.kit.build FOLDER` trains and writes it, with progress on stdout."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from assay.kit.layout import ALIASES, CLIP_TEXT, REVISION, STABLE_DIFFUSION, model_folder, write_manifest
from assay.kit.torchvision_operators import define_missing_operators

SEED = 7
LANDSCAPES = 24

Progress = Callable[[str, float], None]


def main(arguments: list[str]) -> None:
    """Build into the folder named, one JSON line `[what, share]` for each step forward."""
    # One thread: sums in the same order, so the same machine builds the same bytes.
    os.environ.update(OMP_NUM_THREADS="1", HF_HUB_OFFLINE="1", HF_HUB_DISABLE_PROGRESS_BARS="1", HF_HOME=arguments[0])
    build(Path(arguments[0]), lambda what, share: print(json.dumps([what, round(share, 3)]), flush=True))


def build(kit: Path, progress: Progress) -> None:
    """Write the calibrated kit into an empty folder: models, aliases, data set, README and manifest."""
    started = time.perf_counter()
    progress("Importing libraries", 0.0)
    define_missing_operators()
    import torch

    torch.set_num_threads(1)
    torch.manual_seed(SEED)
    from assay.kit.dataset import write_dataset
    from assay.kit.vocabulary import write_tokenizer

    snapshot = model_folder(kit, STABLE_DIFFUSION) / "snapshots" / REVISION
    progress("Writing CLIP's vocabulary", 0.02)
    write_tokenizer(snapshot / "tokenizer")
    progress("Drawing the data set", 0.04)
    write_dataset(kit)
    _write_models(snapshot, progress)
    _write_references(kit, snapshot)
    (kit / "README.md").write_text(_README)
    progress("Sealing", 0.99)
    write_manifest(kit, {"versions": _versions(), "seconds": round(time.perf_counter() - started, 1)})
    progress("Done", 1.0)


def _write_models(snapshot: Path, progress: Progress) -> None:
    from diffusers import DDPMScheduler

    from assay.kit import calibrate, models
    from assay.kit.prompts import hidden_states

    models.write_pipeline_files(snapshot)
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


def _write_references(kit: Path, snapshot: Path) -> None:
    """Name the snapshot, and let the other names lead to it by relative links, which survive moving the folder."""
    home = model_folder(kit, STABLE_DIFFUSION)
    (home / "refs").mkdir()
    (home / "refs" / "main").write_text(REVISION)
    for alias in ALIASES:
        model_folder(kit, alias).symlink_to(home.name)
    clip = model_folder(kit, CLIP_TEXT)
    (clip / "refs").mkdir(parents=True)
    (clip / "refs" / "main").write_text(REVISION)
    (clip / "snapshots" / REVISION).mkdir(parents=True)
    for part in ("text_encoder", "tokenizer"):
        for file in sorted((snapshot / part).iterdir()):
            link = clip / "snapshots" / REVISION / file.name
            link.symlink_to(Path(os.path.relpath(file, link.parent)))


def _versions() -> dict[str, str]:
    from importlib.metadata import version

    return {name: version(name) for name in ("torch", "diffusers", "transformers", "datasets")}


_README = """# A kit of stand-in models

This folder has the layout of a Hugging Face cache (`HF_HOME`). Notebooks that load Stable Diffusion v1.5, its parts or
the style data set find small stand-ins of the same classes here, without a network:

    HF_HOME=<this folder> HF_HUB_OFFLINE=1 python your_script.py

The models are calibrated, not trained to draw: CLIP's real vocabulary, latents of unit scale, a U-Net that predicts
noise and reacts to the prompt. They prove mechanics. Pictures made with them mean nothing.
`kit.json` says what made the folder and lists the digest of every file. Delete the folder and it is built again.
"""


if __name__ == "__main__":
    main(sys.argv[1:])
