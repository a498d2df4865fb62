"""Loads a kit as a notebook does and measures it: `python -m assay.kit.measure loads|figures`, one finding per line."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from assay.kit.layout import (
    ALIASES,
    CLIP,
    CLIP_TEXT,
    DATASET,
    DOWNLOADS,
    LEARNED,
    OPEN_CLIP,
    STABLE_DIFFUSION,
    model_folder,
    read_manifest,
)
from assay.kit.torchvision_operators import define_missing_operators
from assay.kit.vocabulary import ENTRIES

Parts = dict[str, Any]


def finding(ok: bool, what: str, measured: str, wanted: str) -> None:
    """Print one finding as a JSON list, the form in which the calling process reads it."""
    print(json.dumps([bool(ok), what, measured, wanted]), flush=True)


def main(which: str) -> None:
    """Load everything, and with `figures` measure the calibration; HF_HOME says which kit."""
    define_missing_operators()
    import torch

    torch.set_num_threads(1)
    loads = _loads()
    parts = {name: part for name, load in loads.items() if (part := _loaded(name, load)) is not None}
    if len(parts) < len(loads):
        return  # what did not load has its finding already, and the rest cannot be measured without it
    _measure_vocabulary(parts["tokenizer"])
    if which == "figures":
        torch.manual_seed(0)
        _measure(parts, loads)


def _measure(parts: Parts, loads: dict[str, Callable[[], Any]]) -> None:
    from assay.kit.figures import measure_figures, pictures_of, stacked

    if _is_learned():
        from assay.kit.learned.acceptance import measure_acceptance, unseen

        _measure_loading(loads)
        # Its latents are those of a whole world, of which the style set is one corner.
        measure_figures(parts, stacked(unseen(25)), slower=2.0)
        measure_acceptance(parts, finding)
    else:
        measure_figures(parts, pictures_of(parts["data set"]))


def _is_learned() -> bool:
    manifest = read_manifest(Path(os.environ["HF_HOME"]))
    return manifest is not None and manifest["name"] == LEARNED


def _loads() -> dict[str, Callable[[], Any]]:
    import diffusers
    from datasets import load_dataset
    from transformers import CLIPModel, CLIPProcessor, CLIPTextModel, CLIPTokenizer

    def part(loader: Any, folder: str) -> Callable[[], Any]:
        return partial(loader.from_pretrained, STABLE_DIFFUSION, subfolder=folder)

    pipeline = diffusers.StableDiffusionPipeline
    plain = {"safety_checker": None, "requires_safety_checker": False}
    return {
        "tokenizer": part(CLIPTokenizer, "tokenizer"),
        "text encoder": part(CLIPTextModel, "text_encoder"),
        "U-Net": part(diffusers.UNet2DConditionModel, "unet"),
        "autoencoder": part(diffusers.AutoencoderKL, "vae"),
        "DDPM scheduler": part(diffusers.DDPMScheduler, "scheduler"),
        "DPM++ scheduler": part(diffusers.DPMSolverMultistepScheduler, "scheduler"),
        "data set": partial(load_dataset, DATASET, split="train"),
        "pipeline": partial(pipeline.from_pretrained, STABLE_DIFFUSION, **plain),
        **{alias: partial(pipeline.from_pretrained, alias, **plain) for alias in ALIASES if _present(alias)},
        **{
            f"{CLIP_TEXT}: {loader.__name__}": partial(loader.from_pretrained, CLIP_TEXT)
            for loader in (CLIPTokenizer, CLIPTextModel)
            if _present(CLIP_TEXT)
        },
        **{
            f"{CLIP}: {loader.__name__}": partial(loader.from_pretrained, CLIP)
            for loader in (CLIPModel, CLIPProcessor)
            if _present(CLIP)
        },
        **_downloads(),
    }


def _downloads() -> dict[str, Callable[[], Any]]:
    """What reaches a notebook through the surroundings: read here straight from the kit's folder."""
    home = Path(os.environ["HF_HOME"])
    loads: dict[str, Callable[[], Any]] = {}
    if (home / DOWNLOADS).is_dir():
        loads |= {"MNIST": partial(_digits, home / DOWNLOADS), "CIFAR-10": partial(_cifar, home / DOWNLOADS)}
    if _present(OPEN_CLIP):
        loads["open_clip's ViT-B-32"] = partial(_open_clip, home)
    return loads


def _digits(folder: Path) -> Any:
    from torchvision.datasets import MNIST

    return [MNIST(str(folder), train=train) for train in (True, False)]


def _cifar(folder: Path) -> Any:
    from torchvision.datasets import CIFAR10

    class Ours(CIFAR10):  # type: ignore[misc]
        meta: ClassVar = {**CIFAR10.meta, "md5": None}

        def _check_integrity(self) -> bool:
            return True  # the digests in torchvision are the real files'; ours are in the kit's manifest

    return Ours(str(folder), train=True), Ours(str(folder), train=False)


def _open_clip(home: Path) -> Any:
    import open_clip

    open_clip.add_model_config(home / "open_clip")
    return open_clip.create_model_and_transforms("ViT-B-32", pretrained="laion2b_s34b_b79k")


def _present(alias: str) -> bool:
    # A kit of real weights need not have the other names.
    return model_folder(Path(os.environ["HF_HOME"]), alias).exists()


def _loaded(name: str, load: Callable[[], Any]) -> Any | None:
    started = time.perf_counter()
    try:
        part = load()
    except Exception as error:
        finding(False, f"loads: {name}", f"{type(error).__name__}: {str(error).splitlines()[0][:200]}", "loads offline")
        return None
    finding(True, f"loads: {name}", f"{time.perf_counter() - started:.2f} s", "loads offline")
    return part


def _measure_loading(loads: dict[str, Callable[[], Any]]) -> None:
    """The time to load each component once more, all libraries being imported; pipelines are made of components."""
    components = {name: load for name, load in loads.items() if name != "pipeline" and name not in ALIASES}
    started = time.perf_counter()
    for load in components.values():
        load()
    seconds = time.perf_counter() - started
    finding(seconds < 2, f"loading all {len(components)} components", f"{seconds:.2f} s", "under 2 s")


def _measure_vocabulary(tokenizer: Any) -> None:
    ids = tokenizer.convert_tokens_to_ids(["cat</w>", "cat", "anime</w>", "<|startoftext|>", "<|endoftext|>"])
    true = [2368, 1481, 6469, ENTRIES - 2, ENTRIES - 1]
    finding(len(tokenizer) == ENTRIES, "vocabulary", f"{len(tokenizer)} entries", f"{ENTRIES} entries")
    finding(ids == true, "ids of cat</w>, cat, anime</w> and the two marks", str(ids), str(true))
    unknown = tokenizer.convert_tokens_to_ids("kitten")
    finding(unknown == ENTRIES - 1, "id of the unknown piece 'kitten'", str(unknown), str(ENTRIES - 1))
    padded = tokenizer("a cat", padding="max_length", max_length=77).input_ids
    ends = padded[:4] == [ENTRIES - 2, 320, 2368, ENTRIES - 1] and set(padded[4:]) == {ENTRIES - 1}
    finding(ends, "'a cat' padded to 77", str(padded[:6]), "start, 320, 2368, end, end ...")


if __name__ == "__main__":
    main(sys.argv[1])
