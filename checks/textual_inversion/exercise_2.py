"""Declares the mistakes and variants of exercise 2: one training step by hand."""

from assay.proof import Edit, Mistake, Variant

ADDED = "the-pseudo-token-was-added"
FORWARD = "the-noisy-latent-follows-the-forward-process"
TARGET = "the-loss-target-is-the-noise"
REACH = "gradients-reach-exactly-the-prompts-rows"
FROZEN = "frozen-parts-have-no-gradient"
MOVED = "the-step-moved-the-pseudo-token-row"
ROWS = "only-the-pseudo-token-rows-changed"
WEIGHTS = "clip-unet-and-vae-are-unchanged"

ADD = "tokenizer.add_tokens([word])\n"
RESTORE = "table[:new_id] = before[:new_id]"
SAVE = "before = table.detach().clone()"
OPTIMIZER = "optimizer = torch.optim.AdamW([table], lr=5e-4)"
STEP = "optimizer.step()\n"
ENCODE = "vae.encode(pixels).latent_dist.mode() * vae.config.scaling_factor"
NOISE = "zt = scheduler.add_noise(z0, eps, t)"
CONTEXT = "context = text_encoder(prompt_ids)[0]"
UNET = "unet(zt, t, encoder_hidden_states=context)"
LOSS = "loss = F.mse_loss(prediction, eps)"
BY_HAND = (
    "alpha_bar = scheduler.alphas_cumprod.to(device)[t].view(-1, 1, 1, 1)\n"
    "zt = alpha_bar.sqrt() * z0 + (1 - alpha_bar).sqrt() * eps"
)
# What a step that never reaches its backward pass cannot show, and what it leaves open.
ABORT = {TARGET, REACH, MOVED}
ABORT_OPEN = {FORWARD, FROZEN, ROWS, WEIGHTS}


def _wrong(name: str, *edits: Edit, caught_by: set[str], undetermined: set[str] | None = None) -> Mistake:
    return Mistake(name, 2, edits, frozenset(caught_by), frozenset(undetermined or ()))


def _right(name: str, *edits: Edit) -> Variant:
    return Variant(name, 2, edits)


MISTAKES = (
    _wrong(
        "the token is never added",
        Edit(ADD, ""),
        caught_by={ADDED, MOVED, ROWS},
        undetermined={REACH},
    ),
    _wrong("no restore", Edit(RESTORE, "pass"), caught_by={ROWS}),
    _wrong(
        "the restore stops one row early", Edit(RESTORE, "table[: new_id - 1] = before[: new_id - 1]"), caught_by={ROWS}
    ),
    _wrong("the restore puts zeros", Edit(RESTORE, "table[:new_id] = 0"), caught_by={ROWS}),
    _wrong("the saved rows are an alias", Edit(SAVE, "before = table.detach()"), caught_by={ROWS}),
    _wrong(
        "the restore undoes the new row", Edit(RESTORE, "table[: new_id + 1] = before[: new_id + 1]"), caught_by={MOVED}
    ),
    _wrong(
        "the restore is the wrong way round", Edit(RESTORE, "table[new_id] = before[new_id]"), caught_by={MOVED, ROWS}
    ),
    _wrong("no optimizer step", Edit(STEP, ""), caught_by={MOVED}),
    _wrong("a learning rate of zero", Edit("lr=5e-4", "lr=0.0"), caught_by={MOVED}),
    _wrong("no scaling factor", Edit(ENCODE, "vae.encode(pixels).latent_dist.mode()"), caught_by={FORWARD, TARGET}),
    _wrong(
        "signal and noise swapped", Edit(NOISE, "zt = scheduler.add_noise(eps, z0, t)"), caught_by={FORWARD, TARGET}
    ),
    _wrong(
        "half of the noise",
        Edit(NOISE, "zt = scheduler.add_noise(z0, 0.5 * eps, t)"),
        caught_by={FORWARD},
        undetermined={TARGET},
    ),
    _wrong(
        "the U-Net sees clean latents",
        Edit(UNET, "unet(z0, t, encoder_hidden_states=context)"),
        caught_by={FORWARD, TARGET},
    ),
    _wrong("the target is the clean latent", Edit(LOSS, "loss = F.mse_loss(prediction, z0)"), caught_by={TARGET}),
    _wrong("the target is the noisy latent", Edit(LOSS, "loss = F.mse_loss(prediction, zt)"), caught_by={TARGET}),
    _wrong("an absolute error", Edit(LOSS, "loss = F.l1_loss(prediction, eps)"), caught_by={TARGET}),
    _wrong("the loss has the wrong sign", Edit(LOSS, "loss = -F.mse_loss(prediction, eps)"), caught_by={TARGET}),
    _wrong(
        "the prompt lacks the token",
        Edit('f"a photo of {word}"', '"a photo of a cat"'),
        caught_by={REACH},
        undetermined={MOVED},
    ),
    _wrong("the U-Net is not frozen", Edit("unet.requires_grad_(False)\n", ""), caught_by={FROZEN}),
    _wrong("CLIP is not frozen", Edit("text_encoder.requires_grad_(False)\n", ""), caught_by={FROZEN}),
    _wrong(
        "CLIP is trained along",
        Edit("text_encoder.requires_grad_(False)\n", ""),
        Edit("AdamW([table], ", "AdamW(text_encoder.parameters(), "),
        caught_by={FROZEN, WEIGHTS},
    ),
    _wrong(
        "the U-Net is trained along",
        Edit("unet.requires_grad_(False)\n", ""),
        Edit("AdamW([table], ", "AdamW([table, *unet.parameters()], "),
        caught_by={FROZEN, WEIGHTS},
    ),
    _wrong(
        "CLIP runs without gradient",
        Edit(CONTEXT, "with torch.no_grad():\n    " + CONTEXT),
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
        "the whole table stays frozen", Edit("table.requires_grad_(True)", ""), caught_by=ABORT, undetermined=ABORT_OPEN
    ),
)

VARIANTS = (
    _right(
        "the restore uses a boolean mask",
        Edit(RESTORE, "keep = torch.arange(len(table), device=device) != new_id\n    table[keep] = before[keep]"),
    ),
    _right(
        "the restore copies everything but the new row",
        Edit(RESTORE, "merged = before.clone()\n    merged[new_id] = table[new_id]\n    table.copy_(merged)"),
    ),
    _right(
        "the restore rebinds the data",
        Edit(RESTORE, "table.data = torch.cat([before[:new_id], table.data[new_id:]])"),
    ),
    _right("plain gradient descent", Edit(OPTIMIZER, "optimizer = torch.optim.SGD([table], lr=0.1)")),
    _right("AdamW without weight decay", Edit("lr=5e-4", "lr=5e-4, weight_decay=0.0")),
    _right("the noise added by hand", Edit(NOISE, BY_HAND)),
    _right("a sampled latent", Edit("latent_dist.mode()", "latent_dist.sample()")),
    _right("the error by hand", Edit(LOSS, "loss = (prediction - eps).pow(2).mean()")),
    _right("the error by hand, summed", Edit(LOSS, "loss = ((prediction - eps) ** 2).sum() / eps.numel()")),
    _right("the error's arguments swapped", Edit(LOSS, "loss = F.mse_loss(eps, prediction)")),
    _right("ten times the loss", Edit(LOSS, "loss = 10 * F.mse_loss(prediction, eps)")),
    _right(
        "a batch of two timesteps",
        Edit(
            NOISE,
            "z0, eps, t = z0.repeat(2, 1, 1, 1), torch.randn(2, *z0.shape[1:], device=device), "
            "torch.tensor([120, 640], device=device)\n" + NOISE,
        ),
        Edit(CONTEXT, "context = text_encoder(prompt_ids.repeat(2, 1))[0]"),
        Edit("{t.item()}", "{t.tolist()}"),
    ),
    _right(
        "the table is padded to a multiple of 64",
        Edit(
            "resize_token_embeddings(len(tokenizer))", "resize_token_embeddings(len(tokenizer), pad_to_multiple_of=64)"
        ),
    ),
    _right(
        "two tokens for one concept",
        Edit('word = "<my-cat>"', 'word = "<my-cat> <my-fur>"'),
        Edit("tokenizer.add_tokens([word])", "tokenizer.add_tokens(word.split())"),
        Edit("convert_tokens_to_ids(word)", "convert_tokens_to_ids(word.split()[0])"),
        Edit("table[new_id] = table[", "table[new_id:] = table["),
    ),
)
