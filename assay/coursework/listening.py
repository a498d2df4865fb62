"""Decides when the probe listens: it wraps what a course notebook calls, in the notebook's own process."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

from assay.coursework.probe import FILE, Probe, dtype_of, figures, is_picture, number_of, picture_digest, thumbnail

# The cell that is run before all others; it has no place in the notebook.
BEGIN = "from assay.coursework.listening import begin as _begin; _begin(get_ipython())"


def begin(shell: Any) -> None:
    """Listen from now on, in this process and those that are forked from it."""
    from assay.witness import Witness

    home = None if Witness.current is None else Witness.current.recorder.folder

    def cell() -> int | None:
        witness = Witness.current
        if witness is None or witness.recorder.folder != home:  # a replay asks the same again, with other inputs
            return None
        return witness.recorder.cell

    probe = Probe(Path.cwd() / FILE, cell, shell.user_ns)
    shell.events.register("post_run_cell", lambda _: probe.end_cell())
    _listen_to_figures(probe)
    _listen_to_loading(probe)
    _listen_to_calls(probe)
    _listen_to_words(probe)
    _listen_to_training(probe)
    _listen_to_pipelines(probe)


def _wrap(owner: Any, name: str, around: Callable[..., Any]) -> None:
    """Replace a method by `around(original, self, *args, **kwargs)`."""
    found = owner.__dict__[name] if isinstance(owner, type) else getattr(owner, name)
    inner = found.__func__ if isinstance(found, classmethod) else found

    @functools.wraps(inner)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return around(inner, *args, **kwargs)

    setattr(owner, name, classmethod(wrapper) if isinstance(found, classmethod) else wrapper)


def _listen_to_figures(probe: Probe) -> None:
    from matplotlib import pyplot

    def show(original: Any, *args: Any, **kwargs: Any) -> Any:
        probe.say("figures", axes=figures(pyplot))
        return original(*args, **kwargs)

    _wrap(pyplot, "show", show)


def _listen_to_loading(probe: Probe) -> None:
    from diffusers import DiffusionPipeline
    from diffusers.models.modeling_utils import ModelMixin
    from transformers import PreTrainedModel

    def load(original: Any, cls: type, *args: Any, **kwargs: Any) -> Any:
        result = original(cls, *args, **kwargs)
        model = result[0] if isinstance(result, tuple) else result
        source = str(args[0] if args else kwargs.get("pretrained_model_name_or_path"))[:300]
        probe.loaded(model, "model", {}, source, kwargs.get("subfolder"))
        return result

    def register(original: Any, self: Any, **parts: Any) -> Any:
        result = original(self, **parts)
        probe.loaded(self, "pipeline", parts, "", None)
        return result

    _wrap(ModelMixin, "from_pretrained", load)
    _wrap(PreTrainedModel, "from_pretrained", load)
    _wrap(DiffusionPipeline, "register_modules", register)


def _listen_to_calls(probe: Probe) -> None:
    import torch
    from diffusers import AutoencoderKL, UNet2DConditionModel
    from transformers import CLIPTextModel

    def calling(kind: str) -> Callable[..., Any]:
        def call(original: Any, self: Any, sample: Any = None, *args: Any, **kwargs: Any) -> Any:
            probe.alive_once(kind)
            given = () if sample is None else (sample,)
            result = original(self, *given, *args, **kwargs)
            value = sample if sample is not None else next(iter(kwargs.values()), None)
            shape = list(value.shape) if torch.is_tensor(value) else None
            outcome = result[0] if isinstance(result, tuple) else next(iter(vars(result).values()), None)
            gradient = bool(getattr(outcome, "requires_grad", False))
            probe.say_call(kind, number=number_of(self), dtype=dtype_of(self), shape=shape, gradient=gradient)
            return result

        return call

    def encode(original: Any, self: Any, x: Any, *args: Any, **kwargs: Any) -> Any:
        probe.say_call("picture", **_look_at(x))
        return original(self, x, *args, **kwargs)

    _wrap(UNet2DConditionModel, "forward", calling("unet"))
    _wrap(AutoencoderKL, "encode", calling("encode"))
    _wrap(AutoencoderKL, "encode", encode)
    _wrap(AutoencoderKL, "decode", calling("decode"))
    _wrap(CLIPTextModel, "forward", calling("text"))


def _look_at(picture: Any) -> dict[str, Any]:
    """The range of a picture (B, 3, H, W), and how much neighbours in a row have to do with each other."""
    values = picture.detach().float()
    left, right = values[..., :-1].flatten(), values[..., 1:].flatten()
    left, right = left - left.mean(), right - right.mean()
    scale = float(left.norm() * right.norm())
    correlation = float(left @ right) / scale if scale else 1.0  # a picture of one colour is no noise
    return {"shape": list(values.shape), "low": round(float(values.min()), 3), "high": round(float(values.max()), 3),
            "correlation": round(correlation, 4)}  # fmt: skip


def _listen_to_words(probe: Probe) -> None:
    import torch
    from transformers import PreTrainedModel
    from transformers.tokenization_utils_base import PreTrainedTokenizerBase

    from assay.witness.quiet import is_quiet, quiet

    def convert(original: Any, self: Any, tokens: Any, *args: Any, **kwargs: Any) -> Any:
        result = original(self, tokens, *args, **kwargs)
        if type(tokens) is str and type(result) is int and not is_quiet() and tokens not in self.all_special_tokens:
            with quiet():  # to encode is to look up, too
                pieces, unknown = self.encode(tokens, add_special_tokens=False), self.unk_token_id
            probe.say("lookup", token=tokens[:100], id=result, pieces=pieces[:8], unknown=unknown)
        return result

    def resize(original: Any, self: Any, *args: Any, **kwargs: Any) -> Any:
        before = self.get_input_embeddings().weight.detach().float().clone()
        result = original(self, *args, **kwargs)
        after = self.get_input_embeddings().weight.detach().float()
        for row in after[before.shape[0] :][:4]:
            mean = before.mean(dim=0)
            away = float((row - mean).norm())
            cosine = float(torch.nn.functional.cosine_similarity(row, mean, dim=0))
            typical = float((before - mean).norm(dim=1).median())
            probe.say("new-row", away=away, typical=typical, cosine=cosine)
        return result

    _wrap(PreTrainedTokenizerBase, "convert_tokens_to_ids", convert)
    _wrap(PreTrainedModel, "resize_token_embeddings", resize)


def _listen_to_training(probe: Probe) -> None:
    import torch
    from torch.optim.optimizer import register_optimizer_step_post_hook

    def stepped(optimizer: Any, *_: Any) -> None:
        with_gradient = [p for group in optimizer.param_groups for p in group["params"] if p.grad is not None]
        probe.say_call(
            "step", optimizer=type(optimizer).__name__, count=len(with_gradient),
            numbers=sum(p.numel() for p in with_gradient),
        )  # fmt: skip

    def backward(original: Any, *args: Any, **kwargs: Any) -> Any:
        probe.say_call("backward")
        return original(*args, **kwargs)

    register_optimizer_step_post_hook(stepped)
    _wrap(torch.autograd, "backward", backward)


def _listen_to_pipelines(probe: Probe) -> None:
    from diffusers import StableDiffusionImg2ImgPipeline, StableDiffusionInpaintPipeline, StableDiffusionPipeline

    def call(original: Any, self: Any, *args: Any, **kwargs: Any) -> Any:
        probe.alive("pipeline call")
        result = original(self, *args, **kwargs)
        images = getattr(result, "images", None) or []
        probe.say(
            "pipeline", cls=type(self).__name__, scheduler=type(self.scheduler).__name__,
            seed=_seed(kwargs.get("generator")), given=_given(args, kwargs), adapters=_adapters(self),
            made=[picture_digest(image) for image in images if is_picture(image)][:8],
            thumbs=[thumbnail(image) for image in images if is_picture(image)][:8],
            outside=_changed_outside(kwargs, result),
        )  # fmt: skip
        return result

    for owner in (StableDiffusionPipeline, StableDiffusionImg2ImgPipeline, StableDiffusionInpaintPipeline):
        _wrap(owner, "__call__", call)


def _seed(generator: Any) -> int | None:
    return generator.initial_seed() if hasattr(generator, "initial_seed") else None


def _given(args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    """The arguments that are texts, numbers or pictures."""
    named = {**({"prompt": args[0]} if args else {}), **kwargs}
    plain = {n: v[:200] if type(v) is str else v for n, v in named.items() if type(v) in (str, int, float, bool)}
    return plain | {name: picture_digest(value) for name, value in named.items() if is_picture(value)}


def _adapters(pipeline: Any) -> dict[str, float]:
    """The adapters that a pipeline draws with, and the scaling of each in the first layer that has it."""
    found: dict[str, float] = {}
    for module in getattr(pipeline, "unet", pipeline).modules() if hasattr(pipeline, "unet") else ():
        scaling, active = getattr(module, "scaling", None), getattr(module, "active_adapters", None)
        if isinstance(scaling, dict) and isinstance(active, list):
            found |= {name: float(scaling[name]) for name in active if name in scaling and name not in found}
    return found


def _changed_outside(given: dict[str, Any], result: Any) -> dict[str, float] | None:
    """How many pixels outside of a mask an inpainting changed, and by how much at most; in parts of 255."""
    import numpy
    from PIL import Image

    picture, mask = given.get("image"), given.get("mask_image")
    images = getattr(result, "images", None)
    if not (isinstance(picture, Image.Image) and isinstance(mask, Image.Image) and images):
        return None
    made = images[0]
    if not isinstance(made, Image.Image) or made.size != picture.size or mask.size != picture.size:
        return None
    outside = numpy.asarray(mask.convert("L")) == 0
    if not outside.any():
        return None
    before, after = (numpy.asarray(one.convert("RGB"), dtype=int)[outside] for one in (picture, made))
    difference = numpy.abs(before - after).max(axis=-1)
    return {"changed": float((difference > 0).mean()), "most": float(difference.max()), "pixels": int(outside.sum())}
