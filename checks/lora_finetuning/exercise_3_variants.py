"""Declares the unusual but correct solutions of exercise 3."""

from assay.proof import Edit, Variant

MODULES = '["to_q", "to_k", "to_v", "to_out.0"]'
WRAP = "style_unet = get_peft_model(unet, lora_config)"
RANK = "r=4, lora_alpha=4"
BATCH = "    pixels, caption = example(style_set, step)\n"
TEXT = "text_encoder(tokenize([caption]))[0]"
START = "num_steps = 300\n"
NOISE = "noised = scheduler.add_noise(latent, added, when)"
LOSS = "error = F.mse_loss(guess, added)"
UPDATE = "    optimizer.zero_grad()\n    error.backward()\n    optimizer.step()\n"
MERGE = "style_unet.merge_adapter()\n"
UNMERGE = "style_unet.unmerge_adapter()\n"
DRAWN_WITH = "pipeline_with(style_unet.base_model.model)"
HISTORY = "    history.append(error.item())"
TRAINED_CELL_END = 'save_adapter(style_unet, "style")'
BY_HAND = """with torch.no_grad():
    for layer in style_unet.modules():
        if hasattr(layer, "lora_A") and hasattr(layer, "base_layer"):
            a, b = layer.lora_A["default"].weight, layer.lora_B["default"].weight
            layer.base_layer.weight += layer.scaling["default"] * b @ a
style_unet.disable_adapter_layers()
"""


def _right(name: str, *edits: Edit) -> Variant:
    return Variant(name, 3, edits)


VARIANTS = (
    _right("cross-attention by a list", Edit(MODULES, '["attn2.to_q", "attn2.to_k", "attn2.to_v", "attn2.to_out.0"]')),
    _right("cross-attention by a pattern", Edit(MODULES, r'r".*attn2\.(to_q|to_k|to_v|to_out\.0)"')),
    _right(
        "the adapter through diffusers",
        Edit(WRAP, "unet.add_adapter(lora_config)\nstyle_unet = unet"),
        Edit(MERGE, "style_unet.fuse_lora()\n"),
        Edit(UNMERGE, "style_unet.unfuse_lora()\n"),
        Edit(DRAWN_WITH, "pipeline_with(style_unet)"),
    ),
    _right("every parameter in the optimizer", Edit("AdamW(learnable, ", "AdamW(style_unet.parameters(), ")),
    _right("rank 16", Edit(RANK, "r=16, lora_alpha=16")),
    _right("alpha twice the rank", Edit(RANK, "r=4, lora_alpha=8")),
    _right("the most likely latent", Edit("latent_dist.sample()", "latent_dist.mode()")),
    _right(
        "the noise added by hand",
        Edit(
            NOISE,
            "kept = scheduler.alphas_cumprod.to(device)[when].view(-1, 1, 1, 1)\n"
            "    noised = kept.sqrt() * latent + (1 - kept).sqrt() * added",
        ),
    ),
    _right("the error by hand, summed", Edit(LOSS, "error = ((guess - added) ** 2).sum() / added.numel()")),
    _right("the error's arguments swapped", Edit(LOSS, "error = F.mse_loss(added, guess)")),
    _right(
        "gradients are cleared after the step",
        Edit(UPDATE, "    error.backward()\n    optimizer.step()\n    optimizer.zero_grad()\n"),
    ),
    _right(
        "two pictures are accumulated for each step",
        Edit(
            UPDATE,
            "    (error / 2).backward()\n    if step % 2 == 1:\n"
            "        optimizer.step()\n        optimizer.zero_grad()\n",
        ),
    ),
    _right(
        "a batch of two pictures",
        Edit(
            BATCH,
            "    pair = [example(style_set, 2 * step), example(style_set, 2 * step + 1)]\n"
            "    pixels, caption = torch.cat([pixels for pixels, _ in pair]), [caption for _, caption in pair]\n",
        ),
        Edit("tokenize([caption])", "tokenize(caption)"),
        Edit("(1,), device=device)", "(2,), device=device)"),
    ),
    _right(
        "captions are encoded before the loop",
        Edit(START, START + "with torch.no_grad():\n    texts = text_encoder(tokenize(style_set['text'][:20]))[0]\n"),
        Edit(TEXT, "texts[step % 20][None]"),
        Edit("example(style_set, step)", "example(style_set, step % 20)"),
    ),
    _right(
        "a caption is left out now and then",
        Edit("tokenize([caption])", 'tokenize([caption if step % 5 else ""])'),
    ),
    _right("the adapter draws unmerged", Edit(MERGE, ""), Edit(UNMERGE, "")),
    _right(
        "the adapter is merged for good",
        Edit(MERGE, "merged = style_unet.merge_and_unload()\n"),
        Edit(UNMERGE, ""),
        Edit(DRAWN_WITH, "pipeline_with(merged)"),
    ),
    _right("merged by hand", Edit(MERGE, BY_HAND), Edit(UNMERGE, "")),
    _right(
        "a picture in the middle of the training",
        Edit(
            HISTORY,
            HISTORY + "\n    if step == num_steps // 2:\n"
            "        halfway = StableDiffusionPipeline(\n"
            "            unet=style_unet.base_model.model, vae=vae, text_encoder=text_encoder, tokenizer=tokenizer,\n"
            '            scheduler=DPMSolverMultistepScheduler.from_pretrained(REPOSITORY, subfolder="scheduler"),\n'
            "            safety_checker=None, feature_extractor=None, requires_safety_checker=False,\n"
            "        )\n"
            '        halfway("a mill", num_inference_steps=4, height=256, width=256)',
        ),
    ),
)
