"""The architectures of the calibrated kit: the course's real classes at a size that two CPU cores run quickly."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from assay.kit.vocabulary import ENTRIES

WIDTH = 32  # of the text encoder's hidden states; the U-Net's own widths differ, so a mixed-up axis cannot pass
SCALING_FACTOR = 0.18215


def text_encoder() -> Any:
    """A CLIPTextModel of two layers whose random weights spread as a trained one's do.

    The library's own initialisation (deviation 0.02) makes every prompt give nearly the same hidden states.
    """
    import torch
    from transformers import CLIPTextConfig, CLIPTextModel

    config = CLIPTextConfig(
        vocab_size=ENTRIES,
        hidden_size=WIDTH,
        intermediate_size=2 * WIDTH,
        num_hidden_layers=2,
        num_attention_heads=2,
        max_position_embeddings=77,
        hidden_act="quick_gelu",
        projection_dim=WIDTH,
        bos_token_id=ENTRIES - 2,
        eos_token_id=ENTRIES - 1,
        pad_token_id=ENTRIES - 1,
    )
    model = CLIPTextModel(config)
    for name, weight in model.named_parameters():
        if "token_embedding" in name:
            torch.nn.init.normal_(weight, std=0.4)  # rows of norm 2.3, as far apart as CLIP's
        elif "position_embedding" in name:
            torch.nn.init.normal_(weight, std=0.1)
        elif weight.ndim == 2:
            torch.nn.init.normal_(weight, std=weight.shape[1] ** -0.5)
    _overlook_padding(model)
    return model


def _overlook_padding(model: Any) -> None:
    """Let each position attend to the prompt's words more than to the end mark, with which prompts are padded.

    A trained encoder does so; a random one spreads its attention, and the late positions hardly know the prompt.
    """
    import torch

    with torch.no_grad():
        mark = model.get_input_embeddings().weight[ENTRIES - 1]
        mark = mark / mark.norm()
        for name, part in model.named_modules():
            # Queries gain a constant that meets the mark's direction in the keys: about -4 before the softmax.
            if name.endswith("q_proj"):
                part.bias += 0.42
            elif name.endswith("k_proj"):
                part.weight -= 0.42 * mark


def noise_predictor() -> Any:
    """A UNet2DConditionModel with self- and cross-attention in four blocks at a quarter of the latents' side."""
    from diffusers import UNet2DConditionModel

    return UNet2DConditionModel(
        sample_size=64,
        block_out_channels=(16, 16, 24),
        layers_per_block=1,
        norm_num_groups=4,
        down_block_types=("DownBlock2D", "DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D", "UpBlock2D"),
        cross_attention_dim=WIDTH,
        attention_head_dim=2,
    )


def autoencoder(widths: tuple[int, int, int, int] = (4, 8, 8, 8)) -> Any:
    """An AutoencoderKL with Stable Diffusion's factor 8 and four latent channels.

    One norm group: more would each take a mean away from a few channels, and with it the picture's colours.
    """
    from diffusers import AutoencoderKL

    return AutoencoderKL(
        latent_channels=4,
        block_out_channels=widths,
        layers_per_block=1,
        norm_num_groups=1,
        sample_size=512,
        scaling_factor=SCALING_FACTOR,
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        mid_block_add_attention=False,
    )


def write_pipeline_files(snapshot: Path) -> None:
    """Stable Diffusion v1's scheduler settings, and the index that StableDiffusionPipeline reads."""
    scheduler = {
        "_class_name": "PNDMScheduler",
        "_diffusers_version": "0.6.0",
        "beta_start": 0.00085,
        "beta_end": 0.012,
        "beta_schedule": "scaled_linear",
        "num_train_timesteps": 1000,
        "clip_sample": False,
        "set_alpha_to_one": False,
        "skip_prk_steps": True,
        "steps_offset": 1,
        "trained_betas": None,
    }
    index = {
        "_class_name": "StableDiffusionPipeline",
        "_diffusers_version": "0.6.0",
        "feature_extractor": [None, None],
        "image_encoder": [None, None],
        "requires_safety_checker": False,
        "safety_checker": [None, None],
        "scheduler": ["diffusers", "PNDMScheduler"],
        "text_encoder": ["transformers", "CLIPTextModel"],
        "tokenizer": ["transformers", "CLIPTokenizer"],
        "unet": ["diffusers", "UNet2DConditionModel"],
        "vae": ["diffusers", "AutoencoderKL"],
    }
    (snapshot / "scheduler").mkdir(parents=True, exist_ok=True)
    (snapshot / "scheduler" / "scheduler_config.json").write_text(json.dumps(scheduler, indent=1) + "\n")
    (snapshot / "model_index.json").write_text(json.dumps(index, indent=1) + "\n")
