"""Declares the mistakes and variants of exercise 4: a LoRA adapter beside the learned row."""

from assay.proof import Edit, Mistake, Variant

LORA_ONLY = "only-lora-parameters-had-gradients"
RANGE = "the-pictures-lie-between-minus-one-and-one"
LEARNED = "the-adapter-learned"
ZERO = "adapters-start-at-zero"
TARGETS = "targets-cover-cross-attention"
SIZE = "lora-size-follows-the-formula"
FORWARD = "the-noisy-latent-follows-the-forward-process"
TARGET = "the-loss-target-is-the-noise"
TIMESTEPS = "timesteps-vary"
STEPS = "every-step-is-a-fresh-gradient-step"
BASE = "base-vae-and-clip-are-unchanged"
SHARED = "both-methods-share-prompts-and-seeds"

# The cells of exercise 3 that exercise 4 draws on: pictures, word, trained row, its cost.
NEEDS = (
    "pictures = load_dataset(",
    'word = "<naruto-style>"',
    "for frozen in (vae, unet, text_encoder):",
    "to_pixels = transforms.Compose(",
    "num_training_steps = 300",
    "losses, checkpoints = [], {}",
    'save_file({word: learned_row}, "learned_row.safetensors")',
)
TARGET_MODULES = '["to_q", "to_k", "to_v", "to_out.0"]'
CONFIG = 'lora_config = LoraConfig(r=4, lora_alpha=4, target_modules=["to_q", "to_k", "to_v", "to_out.0"])\n'
WRAP = "lora_unet = get_peft_model(unet, lora_config)"
VAE = 'vae = load(AutoencoderKL, "vae").requires_grad_(False)'
FROZEN_CLIP = '\ntext_encoder = load(CLIPTextModel, "text_encoder").requires_grad_(False)\n'
OPTIMIZER = "lora_optimizer = torch.optim.AdamW(trainable, lr=1e-4)"
CONTEXT = 'context = text_encoder(to_ids(tokenizer, "a picture in naruto anime style"))[0]'
PIXELS = "pixels = picture(step)"
ENCODE = "vae.encode(pixels).latent_dist.sample() * vae.config.scaling_factor"
ENCODE_FROZEN = "    with torch.no_grad():\n        z0 = " + ENCODE
ONE = "(1,), device=device)"
TIMESTEP = "t = torch.randint(0, scheduler.config.num_train_timesteps, (1,), device=device)"
EPS = "eps = torch.randn_like(z0)"
NOISE = "zt = scheduler.add_noise(z0, eps, t)"
UNET = "prediction = lora_unet(zt, t, encoder_hidden_states=context).sample"
LOSS = "loss = F.mse_loss(prediction, eps)"
ZERO_GRAD = "    lora_optimizer.zero_grad()\n"
STEP = "    lora_optimizer.step()\n"
UPDATE = ZERO_GRAD + "    loss.backward()\n" + STEP
WORD_PICTURES = 'draw(word_pipeline, [f"{subject} in the style of {word}" for subject in subjects])'


def _wrong(name: str, *edits: Edit, caught_by: set[str], undetermined: set[str] | None = None) -> Mistake:
    return Mistake(name, 4, edits, frozenset(caught_by), frozenset(undetermined or ()), NEEDS)


def _right(name: str, *edits: Edit) -> Variant:
    return Variant(name, 4, edits, NEEDS)


def _targets(modules: str) -> Edit:
    return Edit(TARGET_MODULES, modules)


_ADAPTERS = (
    _wrong("adapters in the convolutions", _targets('["conv1", "conv2"]'), caught_by={TARGETS}, undetermined={SIZE}),
    _wrong("queries and values only", _targets('["to_q", "to_v"]'), caught_by={TARGETS}),
    _wrong(
        "self-attention only",
        _targets('["attn1.to_q", "attn1.to_k", "attn1.to_v", "attn1.to_out.0"]'),
        caught_by={TARGETS},
    ),
    _wrong(
        "the whole U-Net without adapters",
        Edit(CONFIG, ""),
        Edit(WRAP, "lora_unet = unet"),
        caught_by={BASE, LORA_ONLY, LEARNED, ZERO, TARGETS, SIZE},
        undetermined={SHARED},
    ),
    _wrong(
        "everything unfrozen after the adapters came",
        Edit(WRAP, WRAP + "\nlora_unet.requires_grad_(True)"),
        caught_by={BASE, LORA_ONLY},
        undetermined={SIZE},
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
        undetermined={LORA_ONLY, LEARNED},
    ),
    _wrong(
        "the optimizer is older than the adapters",
        Edit(WRAP, "everything = list(unet.parameters())\n" + WRAP),
        Edit("AdamW(trainable, ", "AdamW(everything, "),
        caught_by={LEARNED},
        undetermined={STEPS},
    ),
    _wrong("no optimizer step", Edit(STEP, ""), caught_by={LEARNED, STEPS}),
    _wrong(
        "the adapters are merged before training",
        Edit(WRAP, WRAP + "\nlora_unet.merge_adapter()"),
        caught_by={LEARNED, TARGET, TIMESTEPS, STEPS},
        undetermined={SHARED, LORA_ONLY, FORWARD, ZERO, TARGETS, SIZE, BASE},
    ),
    _wrong(
        "the VAE is trained along",
        Edit(VAE, 'vae = load(AutoencoderKL, "vae")'),
        Edit(ENCODE_FROZEN, "    z0 = " + ENCODE),
        Edit("AdamW(trainable, ", "AdamW([*trainable, *vae.parameters()], "),
        caught_by={BASE, LORA_ONLY},
        undetermined={TARGET},
    ),
    _wrong(
        "CLIP is trained along",
        Edit(FROZEN_CLIP, '\ntext_encoder = load(CLIPTextModel, "text_encoder")\n'),
        Edit(UNET, CONTEXT + "\n    " + UNET),
        Edit("AdamW(trainable, ", "AdamW([*trainable, *text_encoder.parameters()], "),
        caught_by={BASE, LORA_ONLY},
    ),
)

_DENOISING = (
    _wrong("pictures from 0 to 1", Edit(PIXELS, PIXELS + " / 2 + 0.5"), caught_by={RANGE}),
    _wrong("no scaling factor", Edit(ENCODE, "vae.encode(pixels).latent_dist.sample()"), caught_by={FORWARD, TARGET}),
    _wrong("the U-Net sees clean latents", Edit(UNET, UNET.replace("zt", "z0")), caught_by={FORWARD, TARGET}),
    _wrong("the noise is added whole", Edit(NOISE, "zt = z0 + eps"), caught_by={FORWARD, TARGET}),
    _wrong(
        "signal and noise swapped", Edit(NOISE, "zt = scheduler.add_noise(eps, z0, t)"), caught_by={FORWARD, TARGET}
    ),
    _wrong(
        "the U-Net hears half of the timestep", Edit(UNET, UNET.replace(" t,", " t // 2,")), caught_by={FORWARD, TARGET}
    ),
    _wrong("uniform noise", Edit(EPS, "eps = torch.rand_like(z0)"), caught_by={FORWARD}, undetermined={TARGET}),
    _wrong("the target is the clean latent", Edit(LOSS, "loss = F.mse_loss(prediction, z0)"), caught_by={TARGET}),
    _wrong(
        "the target is fresh noise",
        Edit(LOSS, "loss = F.mse_loss(prediction, torch.randn_like(z0))"),
        caught_by={TARGET},
    ),
    _wrong("an absolute error", Edit(LOSS, "loss = F.l1_loss(prediction, eps)"), caught_by={TARGET}),
    _wrong("only timestep 0", Edit(TIMESTEP, "t = torch.tensor([0], device=device)"), caught_by={TIMESTEPS}),
    _wrong("only timestep 500", Edit(TIMESTEP, "t = torch.tensor([500], device=device)"), caught_by={TIMESTEPS}),
    _wrong("gradients pile up", Edit(ZERO_GRAD, ""), caught_by={STEPS}),
    _wrong(
        "half of the steps",
        Edit("in range(lora_training_steps)", "in range(lora_training_steps // 2)"),
        caught_by={STEPS},
    ),
    _wrong(
        "another seed for the second method", Edit(WORD_PICTURES, WORD_PICTURES[:-1] + ", seed=24)"), caught_by={SHARED}
    ),
    _wrong(
        "other subjects for the second method",
        Edit(WORD_PICTURES, WORD_PICTURES.replace("subjects", '["a red bicycle", "two people at a table"]')),
        caught_by={SHARED},
    ),
    _wrong("only one method draws", Edit("word_pictures = " + WORD_PICTURES, "word_pictures = []"), caught_by={SHARED}),
)

MISTAKES = (*_ADAPTERS, *_DENOISING)

VARIANTS = (
    _right("cross-attention by a list", _targets('["attn2.to_q", "attn2.to_k", "attn2.to_v", "attn2.to_out.0"]')),
    _right("cross-attention by a pattern", _targets(r'r".*attn2\.(to_q|to_k|to_v|to_out\.0)"')),
    _right("the adapter through diffusers", Edit(WRAP, "unet.add_adapter(lora_config)\nlora_unet = unet")),
    _right("every parameter in the optimizer", Edit("AdamW(trainable, ", "AdamW(lora_unet.parameters(), ")),
    _right("rank 16", Edit("r=4, lora_alpha=4", "r=16, lora_alpha=16")),
    _right("the most likely latent", Edit("latent_dist.sample()", "latent_dist.mode()")),
    _right("the error by hand, summed", Edit(LOSS, "loss = ((prediction - eps) ** 2).sum() / eps.numel()")),
    _right("the error's arguments swapped", Edit(LOSS, "loss = F.mse_loss(eps, prediction)")),
    _right(
        "each picture's own caption",
        Edit(
            UNET,
            'caption = pictures[step % len(pictures)]["text"]\n'
            "    with torch.no_grad():\n        context = text_encoder(to_ids(tokenizer, caption))[0]\n    " + UNET,
        ),
    ),
    _right(
        "the gradients are cleared after the step",
        Edit(UPDATE, "    loss.backward()\n" + STEP + ZERO_GRAD),
    ),
    _right(
        "two pictures are accumulated for each step",
        Edit(
            UPDATE,
            "    (loss / 2).backward()\n    if step % 2 == 1:\n"
            "        lora_optimizer.step()\n        lora_optimizer.zero_grad()\n",
        ),
    ),
    _right(
        "a batch of two pictures",
        Edit(PIXELS, "pixels = torch.cat([picture(2 * step), picture(2 * step + 1)])"),
        Edit(ONE, "(2,), device=device)"),
        Edit(UNET, UNET.replace("=context", "=context.repeat(2, 1, 1)")),
    ),
)
