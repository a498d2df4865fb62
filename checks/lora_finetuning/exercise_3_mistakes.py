"""Declares the mistakes of exercise 3: a style that is learned wrongly, not learned, or not drawn with."""

from assay.proof import Edit, Mistake

FORWARD = "the-noisy-latent-follows-the-forward-process"
RANGE = "the-pictures-lie-between-minus-one-and-one"
TARGET = "the-loss-target-is-the-noise"
TIMESTEPS = "timesteps-vary"
CAPTIONS = "captions-are-used"
STEPS = "every-step-is-a-fresh-gradient-step"
LEARNED = "the-adapter-learned"
LORA_ONLY = "only-lora-parameters-had-gradients"
ZERO = "adapters-start-at-zero"
TARGETS = "targets-cover-cross-attention"
SIZE = "lora-size-follows-the-formula"
BASE = "base-unet-is-unchanged"
FROZEN = "vae-and-clip-are-unchanged"
DRAWS = "the-learned-adapter-draws"
PICTURES = "pictures-with-and-without-the-adapter"

MODULES = '["to_q", "to_k", "to_v", "to_out.0"]'
CONFIG = 'lora_config = LoraConfig(r=4, lora_alpha=4, target_modules=["to_q", "to_k", "to_v", "to_out.0"])\n'
WRAP = "style_unet = get_peft_model(unet, lora_config)"
VAE = 'vae = component(AutoencoderKL, "vae")'
CLIP = 'text_encoder = component(CLIPTextModel, "text_encoder")'
OPTIMIZER = "AdamW(learnable, "
ENCODE_FROZEN = "    with torch.no_grad():\n        latent = "
ENCODE = "vae.encode(pixels).latent_dist.sample() * vae.config.scaling_factor"
TEXT = "        text = text_encoder(tokenize([caption]))[0]\n"
TIMESTEP = "when = torch.randint(0, scheduler.config.num_train_timesteps, (1,), device=device)"
ADDED = "added = torch.randn_like(latent)"
NOISE = "noised = scheduler.add_noise(latent, added, when)"
UNET = "guess = style_unet(noised, when, encoder_hidden_states=text).sample"
LOSS = "error = F.mse_loss(guess, added)"
ZERO_GRAD = "    optimizer.zero_grad()\n"
STEP = "    optimizer.step()\n"
SAVE = 'save_adapter(style_unet, "style")'
MERGE = "style_unet.merge_adapter()\n"
UNMERGE = "style_unet.unmerge_adapter()\n"
DRAWN_WITH = "pipeline_with(style_unet.base_model.model)"
WITHOUT = 'pipeline_with(component(UNet2DConditionModel, "unet")), "a mill beside a river")'
BY_HAND = """with torch.no_grad():
    for layer in style_unet.modules():
        if hasattr(layer, "lora_A") and hasattr(layer, "base_layer"):
            a, b = layer.lora_A["default"].weight, layer.lora_B["default"].weight
            layer.base_layer.weight += layer.scaling["default"] * b @ a
"""


def _wrong(name: str, *edits: Edit, caught_by: set[str], undetermined: set[str] | None = None) -> Mistake:
    return Mistake(name, 3, edits, frozenset(caught_by), frozenset(undetermined or ()))


def _modules(names: str) -> Edit:
    return Edit(MODULES, names)


_ADAPTERS = (
    # what convolutions add to a picture is not read off their answers
    _wrong(
        "adapters in the convolutions",
        _modules('["conv1", "conv2"]'),
        caught_by={TARGETS},
        undetermined={SIZE, DRAWS, PICTURES},
    ),
    _wrong("queries and values only", _modules('["to_q", "to_v"]'), caught_by={TARGETS}),
    _wrong(
        "self-attention only",
        _modules('["attn1.to_q", "attn1.to_k", "attn1.to_v", "attn1.to_out.0"]'),
        caught_by={TARGETS},
    ),
    _wrong(
        "the whole U-Net without adapters",
        Edit(CONFIG, ""),
        Edit(WRAP, "style_unet = unet.requires_grad_(True)"),
        Edit(SAVE, 'torch.save(style_unet.state_dict(), FOLDER / "style.pt")'),
        Edit(MERGE, ""),
        Edit(UNMERGE, ""),
        Edit(DRAWN_WITH, "pipeline_with(style_unet)"),
        caught_by={BASE, LORA_ONLY, LEARNED, ZERO, TARGETS, SIZE, DRAWS, PICTURES},
    ),
    _wrong(
        "everything unfrozen after the adapters came",
        Edit(WRAP, WRAP + "\nstyle_unet.requires_grad_(True)"),
        caught_by={BASE, LORA_ONLY, SIZE, DRAWS},
        undetermined={PICTURES},
    ),
    _wrong(
        "the optimizer is older than the adapters",
        Edit(WRAP, "everything = list(unet.parameters())\n" + WRAP),
        Edit(OPTIMIZER, "AdamW(everything, "),
        caught_by={LEARNED, DRAWS, PICTURES},
        undetermined={STEPS},
    ),
    _wrong(
        "adapters that start at random",
        Edit("lora_alpha=4, ", "lora_alpha=4, init_lora_weights=False, "),
        caught_by={ZERO},
    ),
    _wrong(
        "magnitudes beside the low rank",
        Edit("lora_alpha=4, ", "lora_alpha=4, use_dora=True, "),
        caught_by={SIZE},
        undetermined={LORA_ONLY, LEARNED, DRAWS, PICTURES},
    ),
    _wrong(
        "the adapters are merged before training",
        Edit(WRAP, WRAP + "\nstyle_unet.merge_adapter()"),
        caught_by={LEARNED, TARGET, TIMESTEPS, STEPS, DRAWS, PICTURES},
        undetermined={LORA_ONLY, FORWARD, CAPTIONS, ZERO, TARGETS, SIZE, BASE, FROZEN},
    ),
    _wrong(
        "the VAE is trained along",
        Edit(VAE, VAE + ".requires_grad_(True)"),
        Edit(ENCODE_FROZEN, "    if True:\n        latent = "),
        Edit(OPTIMIZER, "AdamW([*learnable, *vae.parameters()], "),
        caught_by={FROZEN, LORA_ONLY},
        undetermined={TARGET},
    ),
    _wrong(
        "CLIP is trained along",
        Edit(CLIP, CLIP + ".requires_grad_(True)"),
        Edit(TEXT, TEXT.removeprefix("    ")),
        Edit(OPTIMIZER, "AdamW([*learnable, *text_encoder.parameters()], "),
        caught_by={FROZEN, LORA_ONLY},
    ),
)

_DENOISING = (
    _wrong("no scaling factor", Edit(ENCODE, "vae.encode(pixels).latent_dist.sample()"), caught_by={FORWARD, TARGET}),
    _wrong("the U-Net sees clean latents", Edit(UNET, UNET.replace("noised", "latent")), caught_by={FORWARD, TARGET}),
    _wrong("pictures from 0 to 1", Edit("    transforms.Normalize([0.5], [0.5]),\n", ""), caught_by={RANGE}),
    _wrong(
        "pictures of little contrast", Edit("Normalize([0.5], [0.5])", "Normalize([0.5], [0.85])"), caught_by={RANGE}
    ),
    _wrong("the noise is added whole", Edit(NOISE, "noised = latent + added"), caught_by={FORWARD, TARGET}),
    _wrong(
        "signal and noise swapped",
        Edit(NOISE, "noised = scheduler.add_noise(added, latent, when)"),
        caught_by={FORWARD, TARGET},
    ),
    _wrong(
        "the U-Net hears half of the timestep",
        Edit(UNET, UNET.replace(" when,", " when // 2,")),
        caught_by={FORWARD, TARGET},
    ),
    _wrong("uniform noise", Edit(ADDED, "added = torch.rand_like(latent)"), caught_by={FORWARD}, undetermined={TARGET}),
    _wrong("the target is the clean latent", Edit(LOSS, "error = F.mse_loss(guess, latent)"), caught_by={TARGET}),
    _wrong(
        "the target is fresh noise",
        Edit(LOSS, "error = F.mse_loss(guess, torch.randn_like(latent))"),
        caught_by={TARGET},
    ),
    _wrong("an absolute error", Edit(LOSS, "error = F.l1_loss(guess, added)"), caught_by={TARGET}),
    _wrong("the loss is climbed", Edit("error.backward()", "(-error).backward()"), caught_by={TARGET}),
    _wrong("only timestep 0", Edit(TIMESTEP, "when = torch.tensor([0], device=device)"), caught_by={TIMESTEPS}),
    _wrong("only timestep 500", Edit(TIMESTEP, "when = torch.tensor([500], device=device)"), caught_by={TIMESTEPS}),
    _wrong("an empty caption always", Edit("tokenize([caption])", 'tokenize([""])'), caught_by={CAPTIONS}),
    _wrong("one caption for all", Edit("tokenize([caption])", 'tokenize(["an anime picture"])'), caught_by={CAPTIONS}),
    _wrong(
        "random numbers for a text", Edit(TEXT, TEXT + "        text = torch.randn_like(text)\n"), caught_by={CAPTIONS}
    ),
    _wrong("no optimizer step", Edit(STEP, ""), caught_by={LEARNED, STEPS, DRAWS, PICTURES}),
    _wrong("gradients pile up", Edit(ZERO_GRAD, ""), caught_by={STEPS}),
    _wrong("half of the steps", Edit("in range(num_steps)", "in range(num_steps // 2)"), caught_by={STEPS}),
)

_DRAWING = (
    _wrong(
        "the base draws twice",
        Edit(DRAWN_WITH, 'pipeline_with(component(UNet2DConditionModel, "unet"))'),
        caught_by={DRAWS, PICTURES},
    ),
    _wrong("merged by hand, and active still", Edit(MERGE, BY_HAND), Edit(UNMERGE, ""), caught_by={DRAWS}),
    _wrong(
        "only A is merged",
        Edit(MERGE, BY_HAND.replace("b @ a", "torch.ones_like(b) @ a") + "style_unet.disable_adapter_layers()\n"),
        Edit(UNMERGE, ""),
        caught_by={DRAWS},
        undetermined={PICTURES},
    ),
    _wrong("another seed for the base", Edit(WITHOUT, WITHOUT[:-1] + ", seed=4)"), caught_by={PICTURES}),
    _wrong("another prompt for the base", Edit(WITHOUT, WITHOUT.replace("mill", "horse")), caught_by={PICTURES}),
)

MISTAKES = (*_ADAPTERS, *_DENOISING, *_DRAWING)
