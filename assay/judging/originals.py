"""Decides what a model was before the student touched it: the judge's own copy, loaded from the kit itself."""

from __future__ import annotations

import contextlib
import json
import os
import re
from functools import cache
from importlib.metadata import version
from inspect import signature
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file

from assay.witness.digest import digest
from assay.witness.plain_ids import PLAIN_IDS
from assay.witness.quiet import quiet

# Set for the judge of a student's own kernel only: who loads a model from a place of his own may be believed about what
# it was when it was loaded, because nobody's grade depends on it.
OWN_KERNEL = "ASSAY_JUDGES_OWN_KERNEL"
_REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+")
PLAIN_FILES = {"CLIP": "open_clip_model.safetensors"}  # written under the model's own names, whoever wrote them
_CACHED = re.compile(r".*/models--([\w.-]+?)--([\w.-]+)/snapshots/[0-9a-f]+(?:/([\w.-]+))?/?")


def believes_the_kernel() -> bool:
    """Whether what a model was is known from the kernel that loaded it, where no original is at hand."""
    return OWN_KERNEL in os.environ


def place_of(source: str | None, subfolder: str | None) -> tuple[str | None, str | None]:
    """(repository, subfolder) that a model was loaded from; a pipeline loads its parts by their paths in the cache."""
    path = _CACHED.fullmatch(source or "")
    return (f"{path[1]}/{path[2]}", path[3] or subfolder) if path else (source, subfolder)


def snapshot(source: str, subfolder: str | None) -> Path | None:
    """The kit's folder of a model named `org/name`; None for anything that the kit does not hold."""
    if not _REPOSITORY.fullmatch(source or ""):
        return None
    hub = Path(os.environ.get("HF_HUB_CACHE") or Path(os.environ["HF_HOME"]) / "hub")
    home = hub / f"models--{source.replace('/', '--')}"
    reference = home / "refs" / "main"
    if not reference.is_file():
        return None
    folder = home / "snapshots" / reference.read_text().strip() / (subfolder or "")
    return folder if folder.is_dir() and folder.resolve().is_relative_to(hub.resolve()) else None


@cache
def original_tensors(cls: str, source: str, subfolder: str | None) -> dict[str, torch.Tensor]:
    """Every weight of the model as the kit holds it, never trained, by the model's own names; empty for a class or
    place that the kit does not have.

    The files are read directly where these very versions of the libraries wrote them, which is ten times quicker than
    building the model. Others may use names that the library translates when it loads them.
    """
    folder, loader = snapshot(source, subfolder), _loader(cls)
    if folder is not None and cls in PLAIN_FILES:
        return load_file(folder / PLAIN_FILES[cls]) if (folder / PLAIN_FILES[cls]).is_file() else {}
    if folder is None or loader is None:
        return {}
    if not _written_by_these_versions():
        return _built(loader, folder)
    return {name: tensor for path in folder.glob("*.safetensors") for name, tensor in load_file(path).items()}


@cache
def _written_by_these_versions() -> bool:
    manifest = Path(os.environ["HF_HOME"]) / "kit.json"
    if not manifest.is_file():
        return False
    written = json.loads(manifest.read_text(encoding="utf-8")).get("versions", {})
    return all(written.get(name) == version(name) for name in ("diffusers", "transformers"))


def _built(loader: Any, folder: Path) -> dict[str, torch.Tensor]:
    """Empty where the folder holds none of its weights; half-precision files are another `variant` of them."""
    for variant in (None, "fp16"):
        named = {} if variant is None else {"variant": variant}
        with quiet(), contextlib.suppress(OSError, ValueError):
            model = loader.from_pretrained(folder, use_safetensors=True, torch_dtype=torch.float32, **named)
            return dict(model.state_dict())
    return {}


@cache
def unet(source: str, subfolder: str | None) -> Any:
    """The kit's U-Net, float32, never trained, to be asked what a notebook's was asked; None when the kit has none."""
    folder, loader = snapshot(source, subfolder), _loader("UNet2DConditionModel")
    if folder is None or loader is None:
        return None
    with quiet():
        return loader.from_pretrained(folder, use_safetensors=True, torch_dtype=torch.float32).eval()


def _loader(cls: str) -> Any:
    import diffusers
    import transformers

    for module in (diffusers, transformers):
        found = getattr(module, cls, None)
        if isinstance(found, type) and issubclass(found, torch.nn.Module):
            return found
    return None


@cache
def accepted_digests(cls: str, source: str, subfolder: str | None, dtype: str) -> dict[str, set[str]]:
    """For each tensor of the original: its digests in `dtype`, straight or by way of half precision.

    Casting to float16 and back is no training, so a student may do it; every other change shows.
    """
    wanted = getattr(torch, dtype.removeprefix("torch."))
    tensors = original_tensors(cls, source, subfolder)
    return {
        plain_name(name): {digest(way(tensor, wanted)) for way in (_straight, _by_float16, _by_bfloat16)}
        for name, tensor in tensors.items()
        if tensor.is_floating_point() == wanted.is_floating_point
    }


def _straight(tensor: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    return tensor.to(dtype)


def _by_float16(tensor: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    return tensor.half().to(dtype)


def _by_bfloat16(tensor: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    return tensor.bfloat16().to(dtype)


def plain_name(name: str) -> str:
    """A parameter's name without what peft wraps around it."""
    return name.removeprefix("base_model.model.").replace(".base_layer.", ".")


@cache
def embedding_table(cls: str, source: str, subfolder: str | None) -> torch.Tensor | None:
    """The token embedding table (rows, width) of the original text encoder."""
    tensors = original_tensors(cls, source, subfolder)
    return next((t for name, t in tensors.items() if name.endswith("token_embedding.weight")), None)


@cache
def plain_answer(cls: str, source: str, subfolder: str | None) -> torch.Tensor | None:
    """What the kit's text encoder answers to the plain prompt, (1, 77, width) float32; None when the kit has none."""
    folder, loader = snapshot(source, subfolder), _loader(cls)
    if folder is None or loader is None:
        return None
    with quiet(), torch.no_grad():
        model = loader.from_pretrained(folder, use_safetensors=True, torch_dtype=torch.float32).eval()
        return model(torch.tensor([PLAIN_IDS]))[0]  # type: ignore[no-any-return]


READ_AHEAD_BYTES = 256 * 2**20  # all stand-ins of a kit have a tenth; full-size weights wait until a judge asks


def read_ahead(source: str) -> None:
    """Read what judges ask about the models of a repository, so that processes forked later find it in memory."""
    folder = snapshot(source, None)
    if folder is None or sum(path.stat().st_size for path in folder.rglob("*.safetensors")) > READ_AHEAD_BYTES:
        return
    for path in sorted(folder.rglob("config.json")):
        config = json.loads(path.read_text(encoding="utf-8"))
        cls = config.get("_class_name") or config.get("architectures", [""])[0]
        subfolder = None if path.parent == folder else path.parent.name
        accepted_digests(cls, source, subfolder, "torch.float32")
        embedding_table(cls, source, subfolder)
        if cls == "UNet2DConditionModel":
            unet(source, subfolder)
        if cls.startswith("CLIPTextModel"):
            plain_answer(cls, source, subfolder)
    signal_rates(source)
    tokenizer(source)


@cache
def signal_rates(source: str) -> torch.Tensor | None:
    """alpha_bar, the cumulative product of 1 - beta, for each of the noise schedule's timesteps (float64).

    Source: Ho et al. 2020, equation 4, with the betas of the kit's scheduler.
    """
    folder = snapshot(source, "scheduler")
    if folder is None:
        return None
    from diffusers import DDPMScheduler

    config = json.loads((folder / "scheduler_config.json").read_text())
    return DDPMScheduler.from_config(config).alphas_cumprod.double()  # type: ignore[no-any-return]


@cache
def tokenizer(source: str) -> Any:
    """The kit's tokenizer, to name rows by their tokens; None when the kit has none there."""
    folder = snapshot(source, "tokenizer")
    if folder is None:
        return None
    from transformers import CLIPTokenizer

    with quiet():
        return CLIPTokenizer.from_pretrained(folder)


def scheduler(source: str, cls: str, options: dict[str, Any]) -> Any:
    """A new scheduler of the library's class `cls` with the kit's noise schedule; None for what the kit or the library
    does not have.

    `options` are settings that the kit leaves open, such as how timesteps are spaced; the kit's own always prevail.
    """
    import diffusers

    folder = snapshot(source, "scheduler")
    found = getattr(diffusers, cls, None)
    if folder is None or not (isinstance(found, type) and issubclass(found, diffusers.SchedulerMixin)):
        return None
    config = json.loads((folder / "scheduler_config.json").read_text())
    maker: Any = found
    known = signature(maker).parameters
    with quiet():
        return maker.from_config({n: v for n, v in (options | config).items() if n in known})


@cache
def contrast_model(source: str) -> Any:
    """The kit's pair of encoders for pictures and texts whose weights are called `source`.

    Raises:
        LookupError: the kit or open_clip has none.
    """
    import open_clip

    for name, tag in open_clip.list_pretrained():
        known = open_clip.get_pretrained_cfg(name, tag).get("hf_hub", "").strip("/")
        if known == source and snapshot(source, None) is not None:
            with quiet():
                return open_clip.create_model(name, pretrained=tag).eval()
    raise LookupError(f"the kit has no pair of encoders {source!r}")


def text_of(ids: list[int]) -> str:
    """The sentence that CLIP's token ids stand for, without marks and padding."""
    reader = _reader()
    words = ids[1:] if ids[:1] == [reader.sot_token_id] else ids
    end = words.index(reader.eot_token_id) if reader.eot_token_id in words else len(words)
    return str(reader.decode(words[:end])).strip()


@cache
def _reader() -> Any:
    from open_clip import SimpleTokenizer

    return SimpleTokenizer()
