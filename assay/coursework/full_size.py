"""Decides what Stable Diffusion v1.5 takes at full size, from shapes alone: no weight is loaded and nothing computed.

Run as a program it reads questions as JSON and answers them: `python -m assay.coursework.full_size`. Models are built
under torch's FakeTensorMode, in which tensors have shapes and no contents, and torch's MemTracker counts their bytes.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

UNET, VAE, TEXT = "UNet2DConditionModel", "AutoencoderKL", "CLIPTextModel"
TEXT_CONFIG = {
    "vocab_size": 49408, "hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12,
    "num_attention_heads": 12, "max_position_embeddings": 77, "hidden_act": "quick_gelu", "projection_dim": 768,
}  # fmt: skip
VAE_CONFIG: dict[str, Any] = {
    "block_out_channels": (128, 256, 512, 512), "layers_per_block": 2, "latent_channels": 4, "sample_size": 512,
    "down_block_types": ("DownEncoderBlock2D",) * 4, "up_block_types": ("UpDecoderBlock2D",) * 4,
}  # fmt: skip
SCHEDULE: dict[str, Any] = {
    "beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear", "steps_offset": 1,
    "num_train_timesteps": 1000,
}  # fmt: skip
TOKENS, WIDTH = 77, 768
ADAM_STATES = 2  # numbers that AdamW keeps for each that it moves, from its first step on


@cache
def get_ready() -> None:
    """What must be done before the libraries are imported."""
    from assay.kit.torchvision_operators import define_missing_operators

    define_missing_operators()


def build(kind: str, dtype: str = "float32") -> Any:
    """One of the three networks, at full size, with the shapes of the published configuration."""
    import torch

    kept = torch.get_default_dtype()
    torch.set_default_dtype(getattr(torch, dtype))  # tensors without contents cannot be cast in place
    try:
        return _made(kind)
    finally:
        torch.set_default_dtype(kept)


def _made(kind: str) -> Any:
    if kind == UNET:
        from diffusers import UNet2DConditionModel

        return UNet2DConditionModel(sample_size=64, cross_attention_dim=WIDTH, attention_head_dim=8)
    if kind == VAE:
        from diffusers import AutoencoderKL

        return AutoencoderKL(**VAE_CONFIG)
    from transformers import CLIPTextConfig, CLIPTextModel

    return CLIPTextModel(CLIPTextConfig(**TEXT_CONFIG))


@cache
def sizes() -> dict[str, Any]:
    """How many parameters each network has, the shapes of the U-Net's projections, and where it attends."""
    get_ready()
    import torch

    with torch.device("meta"):
        models = {kind: build(kind) for kind in (UNET, VAE, TEXT)}
    found: dict[str, Any] = {kind: sum(p.numel() for p in model.parameters()) for kind, model in models.items()}
    names = {name: list(p.shape) for name, p in models[UNET].named_parameters()}
    for attention in ("attn1", "attn2"):
        found[attention] = [
            [name, *shape] for name, shape in names.items()
            if f".{attention}.to_" in name and name.endswith("weight") and len(shape) == 2
        ]  # fmt: skip
    sides = {found_in: 64 >> block for block in range(4) for found_in in (f"down_blocks.{block}.attentions",)}
    found["attention sides"] = sorted(
        {side for prefix, side in sides.items() if any(name.startswith(prefix) for name in names)} | {8}, reverse=True
    )
    return found


def schedule(scheduler: str, steps: int) -> dict[str, Any]:
    """The timesteps of one of diffusers' schedulers for so many steps, and how much signal is left at each."""
    if not 1 <= steps <= SCHEDULE["num_train_timesteps"]:
        raise ValueError("a schedule has at least one step, and at most as many as were trained")
    get_ready()
    import diffusers

    made = getattr(diffusers, scheduler).from_config(SCHEDULE)
    made.set_timesteps(steps)
    times = [int(t) for t in made.timesteps.tolist()]
    return {
        "scheduler": scheduler,
        "steps": steps,
        "timesteps": times,
        "alphas": [float(made.alphas_cumprod[t]) for t in times],
    }


@cache
def transient(call: str) -> int:
    """The bytes that a call takes beside the weights of the models: activations, gradients, optimizer states.

    `call` is JSON: {"kind": unet|encode|decode|text|train, "dtype": "float32", "batch": 1, "side": 64,
    "rank": 4, "targets": ["attn1", "attn2"], "through_text": false}; `side` is that of the latents.
    """
    from torch._subclasses.fake_tensor import FakeTensorMode

    asked = json.loads(call)
    with FakeTensorMode(allow_non_fake_inputs=True):
        models, run = _prepared(asked)
        tracker = _tracker()
        tracker.track_external(*models)
        before = sum(p.numel() * p.element_size() for model in models for p in (*model.parameters(), *model.buffers()))
        with tracker:
            run()
        peak = sum(one["Total"] for one in tracker.get_tracker_snapshot("peak").values())
        trained = sum(p.numel() for model in models for p in model.parameters() if p.requires_grad)
        states = ADAM_STATES * 4 * trained if asked["kind"] == "train" else 0
    return int(max(0, peak - before)) + states


class _NoModules:
    """In the place of the tracker's book of modules: it notes all memory at each module's begin and end, which takes
    minutes for a U-Net's backward pass, and hooks into gradients that frozen parameters do not have."""

    parents: frozenset[str] = frozenset()
    is_bw = False

    def __enter__(self) -> None: ...
    def __exit__(self, *_: object) -> None: ...
    def register_user_hooks(self, *_: object) -> None: ...
    def clear_user_hooks(self) -> None: ...


def _tracker() -> Any:
    """torch's tracker of all memory together, without telling modules apart."""
    from torch.distributed._tools.mem_tracker import MemTracker

    tracker: Any = MemTracker()
    tracker._mod_tracker = _NoModules()
    return tracker


def _prepared(asked: Mapping[str, Any]) -> tuple[list[Any], Any]:
    """The models that take part, and what is done with them."""
    get_ready()
    import torch

    dtype, batch, side = getattr(torch, asked["dtype"]), int(asked["batch"]), int(asked["side"])
    if asked["kind"] in ("encode", "decode"):
        vae = build(VAE, asked["dtype"]).requires_grad_(False)
        given = torch.empty(batch, 3, 8 * side, 8 * side, dtype=dtype)
        latent = torch.empty(batch, 4, side, side, dtype=dtype)
        return [vae], (lambda: vae.encode(given)) if asked["kind"] == "encode" else (lambda: vae.decode(latent))
    ids = torch.zeros(batch, TOKENS, dtype=torch.long)
    if asked["kind"] == "text":
        encoder = build(TEXT, asked["dtype"]).requires_grad_(False)
        return [encoder], lambda: encoder(ids)
    unet = build(UNET, asked["dtype"]).requires_grad_(False)
    noisy, time = torch.empty(batch, 4, side, side, dtype=dtype), torch.ones(batch, dtype=torch.long)
    words = torch.empty(batch, TOKENS, WIDTH, dtype=dtype)
    if asked["kind"] == "unet":

        def draw() -> None:
            with torch.no_grad():
                unet(noisy, time, encoder_hidden_states=words)

        return [unet], draw
    return _training(asked, unet, ids, noisy, time, words)


def _training(
    asked: Mapping[str, Any], unet: Any, ids: Any, noisy: Any, time: Any, words: Any
) -> tuple[list[Any], Any]:
    """One step of training: of an adapter's factors, of an embedding table by way of the text encoder, or of all."""
    import torch

    models = [unet]
    if asked["through_text"]:
        encoder = build(TEXT).requires_grad_(False)
        encoder.get_input_embeddings().weight.requires_grad_(True)
        models = [unet, encoder]
    elif asked["rank"]:
        _adapt(unet, asked["rank"], asked["targets"])
    else:
        unet.requires_grad_(True)

    def step() -> None:
        text = encoder(ids)[0].to(words.dtype) if asked["through_text"] else words
        prediction = unet(noisy, time, encoder_hidden_states=text).sample
        torch.nn.functional.mse_loss(prediction, noisy).backward()  # type: ignore[no-untyped-call]

    return models, step


def _adapt(unet: Any, rank: int, targets: list[str]) -> None:
    """Put factors of a rank beside the projections of `targets` (attn1, attn2), as LoRA does."""
    import torch

    class Adapted(torch.nn.Module):
        def __init__(self, base: torch.nn.Linear) -> None:
            super().__init__()
            self.base = base
            self.down = torch.nn.Linear(base.in_features, rank, bias=False)
            self.up = torch.nn.Linear(rank, base.out_features, bias=False)

        def forward(self, given: torch.Tensor) -> torch.Tensor:
            found: torch.Tensor = self.base(given) + self.up(self.down(given))
            return found

    for name, module in list(unet.named_modules()):
        if any(name.endswith(f".{target}") for target in targets):
            for part in ("to_q", "to_k", "to_v"):
                setattr(module, part, Adapted(getattr(module, part)))
            module.to_out[0] = Adapted(module.to_out[0])


def answer(questions: Mapping[str, Any]) -> dict[str, Any]:
    """What is asked: `transients` (calls as JSON) and `schedules` ([scheduler, steps]); sizes are always told. A call
    that cannot be made at full size takes None, and a scheduler of another kind has no schedule."""
    plans = [_unless_it_fails(schedule, name, int(steps)) for name, steps in questions.get("schedules", [])]
    return {
        "sizes": sizes(),
        "transients": {call: _unless_it_fails(transient, call) for call in questions.get("transients", [])},
        "schedules": [plan for plan in plans if plan is not None],
    }


def _unless_it_fails(ask: Callable[..., Any], *about: Any) -> Any:
    """Questions are made of what a notebook did, and one without an answer must not take the others with it."""
    try:
        return ask(*about)
    except Exception:
        return None


def main() -> None:
    """Answer the questions on standard input."""
    questions = json.load(sys.stdin)
    json.dump(answer(questions), sys.stdout)


if __name__ == "__main__":
    main()
