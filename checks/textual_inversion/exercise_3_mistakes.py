"""Declares the mistakes of exercise 3: the training of one embedding row."""

from assay.proof import Edit, Mistake

ADDED = "the-pseudo-token-was-added"
RANGE = "the-pictures-lie-between-minus-one-and-one"
FORWARD = "the-noisy-latent-follows-the-forward-process"
TARGET = "the-loss-target-is-the-noise"
TIMESTEPS = "timesteps-vary"
GRADIENT = "the-pseudo-token-row-had-a-gradient-at-every-step"
STEPS = "every-step-is-a-fresh-gradient-step"
LEARNED = "the-pseudo-token-row-learned"
ROWS = "only-the-pseudo-token-rows-changed"
CLIP = "clip-transformer-is-unchanged"
UNET = "unet-and-vae-are-unchanged"
PLAIN = "a-prompt-without-the-token-is-unaffected"
RESTORED = "rows-were-restored-before-the-next-forward"
PICTURES = "pictures-with-and-without-the-token"

ADD = "tokenizer.add_tokens([word])\n"
FREEZE = "for frozen in (vae, unet, text_encoder):"
UNFREEZE = "table.requires_grad_(True)"
SAVE = "original = table.detach().clone()"
OPTIMIZER = "optimizer = torch.optim.AdamW([table], lr=learning_rate)"
RESTORE = "table[:new_id] = original[:new_id]"
AFTER_LOOP = "training_seconds = time.perf_counter() - started"
ENCODE = "vae.encode(pixels).latent_dist.mode() * vae.config.scaling_factor"
TIMESTEP = "t = torch.randint(0, scheduler.config.num_train_timesteps, (1,), device=device)"
NOISE = "zt = scheduler.add_noise(z0, eps, t)"
CONTEXT = "context = text_encoder(prompt_ids)[0]"
UNET_CALL = "unet(zt, t, encoder_hidden_states=context)"
LOSS = "loss = F.mse_loss(prediction, eps)"
BACKWARD = "loss.backward()"
PROMPTS = 'prompts = [f"a castle in the style of {word}", "a castle in the style of a photograph"]'

# Half precision is slow on a CPU; how long the denoising takes is not what is being judged.
FEW_DENOISING_STEPS = Edit("num_inference_steps=10", "num_inference_steps=4")
# What a loop that dies in its first step cannot show, and what it leaves open: cells behind it still run.
ABORT = {TARGET, TIMESTEPS, GRADIENT, STEPS, LEARNED}
ABORT_OPEN = {FORWARD, ROWS, CLIP, UNET, PLAIN, RESTORED, PICTURES}
MASKED = (
    "is_new = (torch.arange(len(table), device=device) == new_id)[:, None]\n"
    "table.register_hook(lambda gradient: gradient * is_new)\n"
)


def _wrong(name: str, *edits: Edit, caught_by: set[str], undetermined: set[str] | None = None) -> Mistake:
    return Mistake(name, 3, edits, frozenset(caught_by), frozenset(undetermined or ()))


_ROWS = (
    _wrong("no restore", Edit(RESTORE, "pass"), caught_by={ROWS, PLAIN, RESTORED}),
    _wrong(
        "the restore stops one row early",
        Edit(RESTORE, "table[: new_id - 1] = original[: new_id - 1]"),
        caught_by={ROWS, PLAIN, RESTORED},
    ),
    _wrong(
        "the restore is the wrong way round",
        Edit(RESTORE, "table[new_id] = original[new_id]"),
        caught_by={ROWS, LEARNED, PLAIN, RESTORED},
    ),
    _wrong("the restore puts zeros", Edit(RESTORE, "table[:new_id] = 0"), caught_by={ROWS, PLAIN, RESTORED}),
    _wrong("the saved rows are an alias", Edit(SAVE, "original = table.detach()"), caught_by={ROWS, PLAIN, RESTORED}),
    _wrong(
        "a gradient hook under weight decay",
        Edit(OPTIMIZER, MASKED + OPTIMIZER),
        Edit(RESTORE, "pass"),
        caught_by={ROWS, PLAIN, RESTORED},
    ),
    _wrong(
        "a masked gradient under weight decay",
        Edit(BACKWARD, BACKWARD + "\n    table.grad[:new_id] = 0"),
        Edit(RESTORE, "pass"),
        caught_by={ROWS, PLAIN, RESTORED},
    ),
    _wrong(
        "weight decay under plain gradient descent",
        Edit(OPTIMIZER, MASKED + "optimizer = torch.optim.SGD([table], lr=learning_rate, weight_decay=0.01)"),
        Edit(RESTORE, "pass"),
        caught_by={ROWS, PLAIN, RESTORED},
    ),
    _wrong(
        "the rows are restored only once, at the end",
        Edit(RESTORE, "pass"),
        Edit(AFTER_LOOP, AFTER_LOOP + "\nwith torch.no_grad():\n    " + RESTORE),
        caught_by={RESTORED},
    ),
    _wrong(
        "the token is never added",
        Edit(ADD, ""),
        caught_by={ADDED, ROWS, LEARNED, GRADIENT, PLAIN},
        undetermined={RESTORED, PICTURES},
    ),
)

_LEARNING = (
    _wrong(
        "the restore undoes the new row",
        Edit(RESTORE, "table[: new_id + 1] = original[: new_id + 1]"),
        caught_by={LEARNED},
    ),
    _wrong(
        "the row goes to the nearest word",
        Edit(
            AFTER_LOOP,
            AFTER_LOOP + "\nwith torch.no_grad():\n"
            "    table[new_id] = original[(original[:new_id] - table[new_id]).norm(dim=1).argmin()]",
        ),
        caught_by={LEARNED},
    ),
    _wrong("a learning rate of zero", Edit("learning_rate = 5e-3", "learning_rate = 0.0"), caught_by={LEARNED}),
    _wrong(
        "a copy of the row is optimised",
        Edit(
            OPTIMIZER, "optimizer = torch.optim.AdamW([torch.nn.Parameter(table[new_id].detach())], lr=learning_rate)"
        ),
        caught_by={LEARNED},
        undetermined={GRADIENT, STEPS},
    ),
    _wrong(
        "half precision in the optimizer",
        Edit(UNFREEZE, "text_encoder.half()\n" + UNFREEZE),
        Edit(CONTEXT, CONTEXT + ".float()"),
        Edit("pipeline = StableDiffusionPipeline(", "unet.half(), vae.half()\npipeline = StableDiffusionPipeline("),
        FEW_DENOISING_STEPS,
        caught_by={LEARNED},
        undetermined={GRADIENT, TARGET, STEPS},
    ),
    _wrong(
        "the prompt lacks the token",
        Edit('f"a picture in the style of {word}"', '"a picture in the style of anime"'),
        caught_by={GRADIENT},
    ),
    _wrong("no optimizer step", Edit("    optimizer.step()\n", ""), caught_by={STEPS, LEARNED, GRADIENT}),
    _wrong("gradients pile up", Edit("    optimizer.zero_grad()\n", ""), caught_by={STEPS}),
    _wrong(
        "half of the steps",
        Edit("in range(num_training_steps)", "in range(num_training_steps // 2)"),
        caught_by={STEPS},
    ),
)

_FROZEN = (
    _wrong(
        "CLIP is trained along",
        Edit(FREEZE, "for frozen in (vae, unet):"),
        Edit("AdamW([table], ", "AdamW(text_encoder.parameters(), "),
        caught_by={CLIP, PLAIN},
    ),
    _wrong(
        "the U-Net is trained along",
        Edit(FREEZE, "for frozen in (vae, text_encoder):"),
        Edit("AdamW([table], ", "AdamW([table, *unet.parameters()], "),
        caught_by={UNET},
    ),
)

_DENOISING = (
    _wrong("pictures from 0 to 1", Edit("    transforms.Normalize([0.5], [0.5]),\n", ""), caught_by={RANGE}),
    _wrong(
        "pictures of little contrast", Edit("Normalize([0.5], [0.5])", "Normalize([0.5], [0.85])"), caught_by={RANGE}
    ),
    _wrong(
        "pictures with another mean", Edit("Normalize([0.5], [0.5])", "Normalize([0.85], [0.5])"), caught_by={RANGE}
    ),
    _wrong("no scaling factor", Edit(ENCODE, "vae.encode(pixels).latent_dist.mode()"), caught_by={FORWARD, TARGET}),
    _wrong(
        "the U-Net sees clean latents",
        Edit(UNET_CALL, "unet(z0, t, encoder_hidden_states=context)"),
        caught_by={FORWARD, TARGET},
    ),
    _wrong(
        "signal and noise swapped", Edit(NOISE, "zt = scheduler.add_noise(eps, z0, t)"), caught_by={FORWARD, TARGET}
    ),
    _wrong(
        "half of the noise",
        Edit(NOISE, "zt = scheduler.add_noise(z0, 0.5 * eps, t)"),
        caught_by={FORWARD},
        undetermined={TARGET},
    ),
    _wrong("the target is the clean latent", Edit(LOSS, "loss = F.mse_loss(prediction, z0)"), caught_by={TARGET}),
    _wrong("the target is the noisy latent", Edit(LOSS, "loss = F.mse_loss(prediction, zt)"), caught_by={TARGET}),
    _wrong("an absolute error", Edit(LOSS, "loss = F.l1_loss(prediction, eps)"), caught_by={TARGET}),
    _wrong("the loss has the wrong sign", Edit(LOSS, "loss = -F.mse_loss(prediction, eps)"), caught_by={TARGET}),
    _wrong("a fixed timestep", Edit(TIMESTEP, "t = torch.tensor([500], device=device)"), caught_by={TIMESTEPS}),
    _wrong(
        "timesteps 0 and 1 only",
        Edit(TIMESTEP, "t = torch.randint(0, 2, (1,), device=device)"),
        caught_by={TIMESTEPS},
    ),
    _wrong(
        "no picture with the token",
        Edit(PROMPTS, 'prompts = ["a castle in the style of anime", "a castle in the style of a photograph"]'),
        caught_by={PICTURES},
    ),
    _wrong(
        "no picture without the token",
        Edit(PROMPTS, 'prompts = [f"a castle in the style of {word}", f"a horse in the style of {word}"]'),
        caught_by={PICTURES},
    ),
)

_ABORTS = (
    _wrong(
        "CLIP runs without gradient",
        Edit(CONTEXT, "with torch.no_grad():\n        " + CONTEXT),
        caught_by=ABORT,
        undetermined=ABORT_OPEN,
    ),
    _wrong(
        "the text embeddings are detached",
        Edit(CONTEXT, CONTEXT + ".detach()"),
        caught_by=ABORT,
        undetermined=ABORT_OPEN,
    ),
    _wrong(
        "random text embeddings",
        Edit(UNET_CALL, "unet(zt, t, encoder_hidden_states=torch.randn_like(context))"),
        caught_by=ABORT,
        undetermined=ABORT_OPEN,
    ),
    _wrong(
        "a slice of a frozen table is optimised",
        Edit(UNFREEZE, ""),
        Edit(OPTIMIZER, "optimizer = torch.optim.Adam([table[new_id].requires_grad_(True)], lr=learning_rate)"),
        caught_by=ABORT,
        undetermined=ABORT_OPEN,
    ),
    _wrong(
        "a slice of the data is unfrozen",
        Edit(UNFREEZE, "table.data[new_id].requires_grad_(True)"),
        caught_by=ABORT,
        undetermined=ABORT_OPEN,
    ),
    _wrong(
        "a slice of the table is optimised",
        Edit(OPTIMIZER, "optimizer = torch.optim.Adam([table[new_id]], lr=learning_rate)"),
        caught_by=ABORT,
        undetermined=ABORT_OPEN,
    ),
)

MISTAKES = (*_ROWS, *_LEARNING, *_FROZEN, *_DENOISING, *_ABORTS)
