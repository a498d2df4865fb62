"""The learned models, made of the shipped weights: what the pipeline, transformers and open_clip are given."""

from __future__ import annotations

from typing import Any

from assay.kit.learned import models
from assay.kit.learned.shipped import read_weights


def autoencoder() -> Any:
    """The AutoencoderKL, float32."""
    return _filled(models.autoencoder(), "autoencoder")


def noise_predictor() -> Any:
    """The UNet2DConditionModel, float32."""
    return _filled(models.noise_predictor(), "denoiser")


def clip_pair() -> Any:
    """The CLIPModel, float32."""
    return _filled(models.clip(), "clip")


def text_encoder(pair: Any) -> Any:
    """The CLIPTextModel that is the pair's text half."""
    from transformers import CLIPTextModel

    model = CLIPTextModel(pair.config.text_config)
    model.load_state_dict(pair.text_model.state_dict())
    return model.eval()


def _filled(model: Any, part: str) -> Any:
    model.load_state_dict(read_weights(part))
    return model.eval()
