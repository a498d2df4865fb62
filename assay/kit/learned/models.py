"""The architectures of the learned kit: the course's real classes at a size that two CPU cores train in an hour."""

from __future__ import annotations

from typing import Any

from assay.kit import models as calibrated
from assay.kit.vocabulary import ENTRIES

WIDTH = 48  # of the text's hidden states; none of the U-Net's own widths, so that a mixed-up axis cannot pass
PICTURE, PATCH = 224, 32  # ViT-B/32's own picture and patch
VISION_WIDTH, VISION_LAYERS, VISION_HEADS = 96, 3, 4
TEXT_LAYERS, TEXT_HEADS = 2, 4


def autoencoder() -> Any:
    """The calibrated kit's AutoencoderKL with eight channels at least at every width: `assay.kit.recipe.beginning`."""
    return calibrated.autoencoder((8, 16, 16, 16))


def noise_predictor() -> Any:
    """A UNet2DConditionModel with self- and cross-attention at a half and a quarter of the latents' side."""
    from diffusers import UNet2DConditionModel

    return UNet2DConditionModel(
        sample_size=64,
        block_out_channels=(32, 64, 128),
        layers_per_block=1,
        norm_num_groups=8,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=WIDTH,
        attention_head_dim=4,
    )


def clip() -> Any:
    """A CLIPModel; its text half is the pipeline's text encoder. GELU as in open_clip's ViT-B-32, whose twin it has."""
    from transformers import CLIPConfig, CLIPModel

    ends = {"bos_token_id": ENTRIES - 2, "eos_token_id": ENTRIES - 1, "pad_token_id": ENTRIES - 1}
    text = {
        "vocab_size": ENTRIES,
        "hidden_size": WIDTH,
        "intermediate_size": 4 * WIDTH,
        "num_hidden_layers": TEXT_LAYERS,
        "num_attention_heads": TEXT_HEADS,
        "max_position_embeddings": 77,
        "hidden_act": "gelu",
        "projection_dim": WIDTH,
        **ends,
    }
    vision = {
        "hidden_size": VISION_WIDTH,
        "intermediate_size": 4 * VISION_WIDTH,
        "num_hidden_layers": VISION_LAYERS,
        "num_attention_heads": VISION_HEADS,
        "image_size": PICTURE,
        "patch_size": PATCH,
        "hidden_act": "gelu",
        "projection_dim": WIDTH,
    }
    return CLIPModel(CLIPConfig(text_config=text, vision_config=vision, projection_dim=WIDTH))
