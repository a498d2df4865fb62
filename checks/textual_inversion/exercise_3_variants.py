"""Declares the unusual but correct solutions of exercise 3, the training of one embedding row."""

from assay.proof import Edit, Variant

ADD = "tokenizer.add_tokens([word])\n"
FREEZE = "for frozen in (vae, unet, text_encoder):"
UNFREEZE = "table.requires_grad_(True)"
OPTIMIZER = "optimizer = torch.optim.AdamW([table], lr=learning_rate)"
RESTORE = "table[:new_id] = original[:new_id]"
ZERO_GRAD = "    optimizer.zero_grad()\n"
UPDATE = "    optimizer.zero_grad()\n    loss.backward()\n    optimizer.step()\n"
AFTER_LOOP = "training_seconds = time.perf_counter() - started"
PIXELS = "pixels = picture(step)"
Z0 = "z0 = vae.encode(pixels).latent_dist.mode() * vae.config.scaling_factor"
ONE = "(1,), device=device)"
TWO = "(2,), device=device)"
NOISE = "zt = scheduler.add_noise(z0, eps, t)"
CONTEXT = "context = text_encoder(prompt_ids)[0]"
CONTEXTS = "context = text_encoder(prompt_ids.repeat(2, 1))[0]"
LOSS = "loss = F.mse_loss(prediction, eps)"
BACKWARD = "loss.backward()"

# Half precision is slow on a CPU; how long the denoising takes is not what is being judged.
FEW_DENOISING_STEPS = Edit("num_inference_steps=10", "num_inference_steps=4")

BY_HAND = (
    "alpha_bar = scheduler.alphas_cumprod.to(device)[t].view(-1, 1, 1, 1)\n"
    "    zt = alpha_bar.sqrt() * z0 + (1 - alpha_bar).sqrt() * eps"
)
IS_NEW = "is_new = (torch.arange(len(table), device=device) == new_id)[:, None]\n"
HOOK = IS_NEW + "table.register_hook(lambda gradient: gradient * is_new)\n"
# A parameter of its own for the row, put in where the embedding layer looks the new id up.
OWN_ROW = (
    "table.requires_grad_(False)\n"
    "row = torch.nn.Parameter(table[new_id].detach().float().clone())\n"
    "optimizer = torch.optim.AdamW([row], lr=learning_rate)"
)
LOOKUP = (
    "\n\n\ndef put_row(layer, inputs, output):\n"
    "    return torch.where((inputs[0] == new_id)[..., None], row.to(output.dtype), output)\n\n\n"
    "lookup = text_encoder.get_input_embeddings().register_forward_hook(put_row)"
)
KEEP_ROW = "table[new_id] = row.to(table.dtype)"
PARAMETRIZED = """
class OneRow(torch.nn.Module):
    def __init__(self, row):
        super().__init__()
        self.row = torch.nn.Parameter(row)

    def forward(self, weight):
        return torch.where(is_new, self.row, weight)


from torch.nn.utils import parametrize

table.requires_grad_(False)
layer = text_encoder.get_input_embeddings()
one_row = OneRow(table[new_id].clone())
parametrize.register_parametrization(layer, "weight", one_row)
optimizer = torch.optim.AdamW([one_row.row], lr=learning_rate)"""


def _right(name: str, *edits: Edit) -> Variant:
    return Variant(name, 3, edits)


_RESTORES = (
    _right(
        "the restore uses a boolean mask",
        Edit(RESTORE, "keep = torch.arange(len(table), device=device) != new_id\n        table[keep] = original[keep]"),
    ),
    _right(
        "the restore copies everything but the new row",
        Edit(RESTORE, "merged = original.clone()\n        merged[new_id] = table[new_id]\n        table.copy_(merged)"),
    ),
    _right(
        "the restore rebinds the data",
        Edit(RESTORE, "table.data = torch.cat([original[:new_id], table.data[new_id:]])"),
    ),
    _right(
        "plain gradient descent with a restore",
        Edit(OPTIMIZER, "optimizer = torch.optim.SGD([table], lr=learning_rate)"),
    ),
    _right(
        "every frozen parameter in the optimizer",
        Edit("AdamW([table], ", "AdamW([*text_encoder.parameters(), *unet.parameters(), *vae.parameters()], "),
    ),
    _right("the U-Net collects gradients that nothing uses", Edit(FREEZE, "for frozen in (vae, text_encoder):")),
)

_MASKS = (
    _right(
        "a gradient hook with Adam",
        Edit(OPTIMIZER, HOOK + "optimizer = torch.optim.Adam([table], lr=learning_rate)"),
        Edit(RESTORE, "pass"),
    ),
    _right(
        "a masked gradient with AdamW without decay",
        Edit(OPTIMIZER, "optimizer = torch.optim.AdamW([table], lr=learning_rate, weight_decay=0.0)"),
        Edit(BACKWARD, BACKWARD + "\n    table.grad[:new_id] = 0"),
        Edit(RESTORE, "pass"),
    ),
    _right(
        "a masked gradient with plain gradient descent",
        Edit(OPTIMIZER, "optimizer = torch.optim.SGD([table], lr=learning_rate)"),
        Edit(BACKWARD, BACKWARD + "\n    table.grad[:new_id] = 0"),
        Edit(RESTORE, "pass"),
    ),
)

_OWN_PARAMETER = (
    _right(
        "a parameter of its own, put in by a forward hook",
        Edit(OPTIMIZER, OWN_ROW + LOOKUP),
        Edit(RESTORE, KEEP_ROW),
        Edit(AFTER_LOOP, "lookup.remove()\n" + AFTER_LOOP),
    ),
    _right(
        "a parameter of its own, put in by a functional call",
        Edit(
            OPTIMIZER,
            IS_NEW
            + OWN_ROW
            + "\ntable_name = next(name for name, weight in text_encoder.named_parameters() if weight is table)",
        ),
        Edit(
            CONTEXT,
            "weights = {table_name: torch.where(is_new, row, table)}\n"
            "    context = torch.func.functional_call(text_encoder, weights, (prompt_ids,))[0]",
        ),
        Edit(RESTORE, KEEP_ROW),
    ),
    _right(
        "a parametrised embedding layer",
        Edit(OPTIMIZER, IS_NEW + PARAMETRIZED),
        Edit(RESTORE, "table[new_id] = one_row.row"),
        Edit(AFTER_LOOP, 'parametrize.remove_parametrizations(layer, "weight")\n' + AFTER_LOOP),
    ),
)

_PRECISION = (
    _right(
        "the text encoder in bfloat16",
        Edit(UNFREEZE, "text_encoder.bfloat16()\n" + UNFREEZE),
        Edit(CONTEXT, CONTEXT + ".float()"),
        Edit(
            "pipeline = StableDiffusionPipeline(",
            "unet.bfloat16(), vae.bfloat16()\npipeline = StableDiffusionPipeline(",
        ),
        FEW_DENOISING_STEPS,
    ),
    _right(
        "every model in bfloat16",
        Edit(UNFREEZE, "text_encoder.bfloat16(), unet.bfloat16(), vae.bfloat16()\n" + UNFREEZE),
        Edit(PIXELS, PIXELS + ".bfloat16()"),
        FEW_DENOISING_STEPS,
    ),
    _right(
        "half-precision weights under a float32 row",
        Edit(UNFREEZE, "text_encoder.half()"),
        Edit(OPTIMIZER, OWN_ROW + LOOKUP),
        Edit(CONTEXT, CONTEXT + ".float()"),
        Edit(RESTORE, KEEP_ROW),
        Edit("pipeline = StableDiffusionPipeline(", "unet.half(), vae.half()\npipeline = StableDiffusionPipeline("),
        FEW_DENOISING_STEPS,
    ),
)

_TOKENS = (
    _right(
        "two tokens for one concept",
        Edit('word = "<naruto-style>"', 'word = "<naruto-style> <naruto-line>"'),
        Edit(ADD, "tokenizer.add_tokens(word.split())\n"),
        Edit("convert_tokens_to_ids(word)", "convert_tokens_to_ids(word.split()[0])"),
        Edit("table[new_id] = table[start_id]", "table[new_id:] = table[start_id]"),
        Edit("learned_row = table[new_id]", "learned_row = table[new_id:]"),
    ),
    _right(
        "the table is padded to a multiple of 64",
        Edit(
            "resize_token_embeddings(len(tokenizer))", "resize_token_embeddings(len(tokenizer), pad_to_multiple_of=64)"
        ),
    ),
)

_LOOPS = (
    _right(
        "the gradients are cleared after the step",
        Edit(UPDATE, "    loss.backward()\n    optimizer.step()\n" + ZERO_GRAD),
    ),
    _right(
        "two pictures are accumulated for each step",
        Edit(
            UPDATE,
            "    (loss / 2).backward()\n"
            "    if step % 2 == 1:\n        optimizer.step()\n        optimizer.zero_grad()\n",
        ),
    ),
    _right(
        "a batch of two pictures",
        Edit(PIXELS, "pixels = torch.cat([picture(2 * step), picture(2 * step + 1)])"),
        Edit(ONE, TWO),
        Edit(CONTEXT, CONTEXTS),
    ),
    _right(
        "a batch of two by repeating the latents",
        Edit(Z0, Z0 + "\n        z0 = z0.repeat(2, 1, 1, 1)"),
        Edit(ONE, TWO),
        Edit(CONTEXT, CONTEXTS),
    ),
)

_LOSSES = (
    _right("the noise added by hand", Edit(NOISE, BY_HAND)),
    _right(
        "pictures of two sizes",
        Edit(PIXELS, "pixels = F.interpolate(picture(step), scale_factor=1.0 if step % 2 else 0.5)"),
    ),
    _right("a sampled latent", Edit("latent_dist.mode()", "latent_dist.sample()")),
    _right("the error by hand", Edit(LOSS, "loss = (prediction - eps).pow(2).mean()")),
    _right("the error by hand, summed", Edit(LOSS, "loss = ((prediction - eps) ** 2).sum() / eps.numel()")),
    _right("the error's arguments swapped", Edit(LOSS, "loss = F.mse_loss(eps, prediction)")),
    _right("ten times the loss", Edit(LOSS, "loss = 10 * F.mse_loss(prediction, eps)")),
)

VARIANTS = (*_RESTORES, *_MASKS, *_OWN_PARAMETER, *_PRECISION, *_TOKENS, *_LOOPS, *_LOSSES)
