"""A CLIPModel of transformers in the files that open_clip looks for as `ViT-B-32` / `laion2b_s34b_b79k`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from assay.kit.layout import OPEN_CLIP, OPEN_CLIP_CONFIG, REVISION, model_folder

# Names of one residual block's parts: open_clip's, then transformers'.
_BLOCK = {
    "ln_1": "layer_norm1", "ln_2": "layer_norm2", "attn.out_proj": "self_attn.out_proj", "mlp.c_fc": "mlp.fc1",
    "mlp.c_proj": "mlp.fc2",
}  # fmt: skip


def write_open_clip(kit: Path, model: Any) -> None:
    """Write weights and configuration into the kit; open_clip's own one is larger, so it must be told."""
    from safetensors.torch import save_file

    snapshot = model_folder(kit, OPEN_CLIP) / "snapshots" / REVISION
    snapshot.mkdir(parents=True)
    (snapshot.parents[1] / "refs").mkdir()
    (snapshot.parents[1] / "refs" / "main").write_text(REVISION)
    state = {name: tensor.contiguous().clone() for name, tensor in open_clip_state(model).items()}
    save_file(state, str(snapshot / "open_clip_model.safetensors"))
    config = kit / OPEN_CLIP_CONFIG
    config.parent.mkdir(parents=True, exist_ok=True)
    config.write_text(json.dumps(open_clip_config(model.config), indent=1) + "\n")


def open_clip_config(config: Any) -> dict[str, Any]:
    """The architecture in open_clip's words."""
    vision, text = config.vision_config, config.text_config
    return {
        "embed_dim": config.projection_dim,
        "vision_cfg": {
            "image_size": vision.image_size, "layers": vision.num_hidden_layers, "width": vision.hidden_size,
            "head_width": vision.hidden_size // vision.num_attention_heads, "patch_size": vision.patch_size,
        },
        "text_cfg": {
            "context_length": text.max_position_embeddings, "vocab_size": text.vocab_size, "width": text.hidden_size,
            "heads": text.num_attention_heads, "layers": text.num_hidden_layers,
        },
    }  # fmt: skip


def open_clip_state(model: Any) -> dict[str, Any]:
    """The same parameters under open_clip's names; query, key and value stand in one matrix there."""
    state = model.state_dict()
    vision, text = "vision_model.", "text_model."
    renamed = {
        "positional_embedding": state[text + "embeddings.position_embedding.weight"],
        "token_embedding.weight": state[text + "embeddings.token_embedding.weight"],
        "text_projection": state["text_projection.weight"].T,
        "logit_scale": state["logit_scale"],
        "visual.class_embedding": state[vision + "embeddings.class_embedding"],
        "visual.positional_embedding": state[vision + "embeddings.position_embedding.weight"],
        "visual.conv1.weight": state[vision + "embeddings.patch_embedding.weight"],
        "visual.proj": state["visual_projection.weight"].T,
        **_renamed(state, "ln_final", text + "final_layer_norm"),
        **_renamed(state, "visual.ln_pre", vision + "pre_layrnorm"),
        **_renamed(state, "visual.ln_post", vision + "post_layernorm"),
    }
    for number in range(model.config.text_config.num_hidden_layers):
        renamed |= _block(state, f"transformer.resblocks.{number}", f"{text}encoder.layers.{number}")
    for number in range(model.config.vision_config.num_hidden_layers):
        renamed |= _block(state, f"visual.transformer.resblocks.{number}", f"{vision}encoder.layers.{number}")
    return renamed


def _block(state: dict[str, Any], theirs: str, ours: str) -> dict[str, Any]:
    import torch

    block: dict[str, Any] = {}
    for new, old in _BLOCK.items():
        block |= _renamed(state, f"{theirs}.{new}", f"{ours}.{old}")
    for kind in ("weight", "bias"):
        parts = [state[f"{ours}.self_attn.{part}_proj.{kind}"] for part in "qkv"]
        block[f"{theirs}.attn.in_proj_{kind}"] = torch.cat(parts)
    return block


def _renamed(state: dict[str, Any], new: str, old: str) -> dict[str, Any]:
    return {f"{new}.{kind}": state[f"{old}.{kind}"] for kind in ("weight", "bias")}
