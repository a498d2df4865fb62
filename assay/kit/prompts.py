"""Prompts as the U-Net takes them: padded to CLIP's 77 positions and encoded without a gradient."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def hidden_states(tokenizer: Path | Any, text_encoder: Any, prompts: list[str]) -> Any:
    """Hidden states, float32 [len(prompts), 77, width]; `tokenizer` may be the folder to load it from."""
    import torch
    from transformers import CLIPTokenizer

    if isinstance(tokenizer, Path):
        tokenizer = CLIPTokenizer.from_pretrained(tokenizer)
    ids = tokenizer(prompts, padding="max_length", max_length=77, truncation=True, return_tensors="pt").input_ids
    with torch.no_grad():
        return text_encoder(ids)[0]
