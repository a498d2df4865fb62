"""Declares the mistakes and variants of exercise 2: one training step, and who receives a gradient."""

from assay.proof import Edit, Mistake, Variant

FORWARD = "the-noisy-latent-follows-the-forward-process"
TARGET = "the-loss-target-is-the-noise"
CAPTION = "the-caption-reaches-the-unet"
REACH = "gradients-reach-the-adapter"
LORA_ONLY = "only-lora-parameters-had-gradients"
ZERO = "adapters-start-at-zero"
TARGETS = "targets-cover-cross-attention"
SIZE = "lora-size-follows-the-formula"
BASE = "base-unet-is-unchanged"
FROZEN = "vae-and-clip-are-unchanged"
AFTER_REACH = {LORA_ONLY, ZERO, TARGETS, SIZE, BASE, FROZEN}

MODULES = '["to_q", "to_k", "to_v", "to_out.0"]'
WRAP = "adapted = get_peft_model(unet, step_config)"
COUNT = "adapted.print_trainable_parameters()"
VAE = 'vae = component(AutoencoderKL, "vae")'
NO_GRAD = "with torch.no_grad():\n    latent"
ENCODE = "vae.encode(made_up).latent_dist.sample() * vae.config.scaling_factor"
TEXT = 'text_encoder(tokenize(["a village by a lake, in watercolours"]))[0]'
NOISE = "noised = scheduler.add_noise(latent, added, when)"
UNET = "guess = adapted(noised, when, encoder_hidden_states=text).sample"
LOSS = "error = F.mse_loss(guess, added)"
BACKWARD = "error.backward()\n"


def _wrong(name: str, *edits: Edit, caught_by: set[str], undetermined: set[str] | None = None) -> Mistake:
    return Mistake(name, 2, edits, frozenset(caught_by), frozenset(undetermined or ()))


def _right(name: str, *edits: Edit) -> Variant:
    return Variant(name, 2, edits)


def _step_over(parameters: str) -> Edit:
    return Edit(BACKWARD, BACKWARD + f"torch.optim.SGD({parameters}, lr=1e-3).step()\n")


MISTAKES = (
    _wrong("no scaling factor", Edit(" * vae.config.scaling_factor", ""), caught_by={FORWARD, TARGET}),
    _wrong("the noise is added whole", Edit(NOISE, "noised = latent + added"), caught_by={FORWARD, TARGET}),
    _wrong("the target is the clean latent", Edit(LOSS, "error = F.mse_loss(guess, latent)"), caught_by={TARGET}),
    _wrong("the target is the noisy latent", Edit(LOSS, "error = F.mse_loss(guess, noised)"), caught_by={TARGET}),
    _wrong("an absolute error", Edit(LOSS, "error = F.l1_loss(guess, added)"), caught_by={TARGET}),
    _wrong("random numbers for a text", Edit(TEXT, f"torch.randn_like({TEXT})"), caught_by={CAPTION}),
    _wrong(
        "the U-Net runs without a graph",
        Edit(UNET, "with torch.no_grad():\n    " + UNET),
        caught_by={FORWARD, TARGET, CAPTION, REACH},
        undetermined=AFTER_REACH,
    ),
    _wrong("no backward pass", Edit(BACKWARD, ""), caught_by={FORWARD, TARGET, REACH}, undetermined=AFTER_REACH),
    _wrong(
        "the base is not frozen",
        Edit(COUNT, "adapted.requires_grad_(True)"),
        caught_by={LORA_ONLY, SIZE},
    ),
    _wrong(
        "the base takes a step, too",
        Edit(COUNT, "adapted.requires_grad_(True)"),
        _step_over("adapted.parameters()"),
        caught_by={LORA_ONLY, SIZE, BASE},
    ),
    _wrong(
        "the VAE takes a step, too",
        Edit(VAE, VAE + ".requires_grad_(True)"),
        Edit(NO_GRAD, "if True:\n    latent"),
        _step_over("vae.parameters()"),
        caught_by={LORA_ONLY, FROZEN},
    ),
    _wrong(
        "an adapter that starts at random",
        Edit("lora_alpha=4, ", "lora_alpha=4, init_lora_weights=False, "),
        caught_by={ZERO},
    ),
    _wrong("queries and values only", Edit(MODULES, '["to_q", "to_v"]'), caught_by={TARGETS}),
)

VARIANTS = (
    _right("cross-attention only", Edit(MODULES, '["attn2.to_q", "attn2.to_k", "attn2.to_v", "attn2.to_out.0"]')),
    _right(
        "the adapter through diffusers",
        Edit(WRAP, "unet.add_adapter(step_config)\nadapted = unet"),
        Edit(COUNT, "print(sum(weight.numel() for weight in adapted.parameters() if weight.requires_grad))"),
    ),
    _right("the most likely latent", Edit(ENCODE, ENCODE.replace("sample()", "mode()"))),
    _right(
        "the noise added by hand",
        Edit(
            NOISE,
            "kept = scheduler.alphas_cumprod.to(device)[when].view(-1, 1, 1, 1)\n"
            "noised = kept.sqrt() * latent + (1 - kept).sqrt() * added",
        ),
    ),
    _right("the adapter takes the step", _step_over("[w for w in adapted.parameters() if w.requires_grad]")),
)
