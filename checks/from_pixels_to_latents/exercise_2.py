"""Declares the mistakes and variants of exercise 2: channels, and the way between two latents."""

from assay.proof import Edit, Mistake, Variant

SEVERAL = "several-pictures-were-encoded"
CHANNELS = "the-four-channels-were-drawn"
LINE = "the-interpolation-is-a-straight-line-in-latent-space"
KEPT = "latents-are-kept-on-the-scale-of-diffusion"
UNCHANGED = "the-vae-is-unchanged"

VAE = "vae = AutoencoderKL.from_pretrained"  # the cell of exercise 1 that loads it
ENCODE = "vae.encode(to_pixels(picture)).latent_dist.sample() * scale"
DRAW = 'line[channel + 1].imshow(z[0, channel].cpu(), cmap="viridis")'
ENDS = 'start, end = latents["lake"], latents["meadow"]'
MIX = "mixed = (1 - share) * start + share * end"
DECODE = "between.append(to_picture(vae.decode(mixed / scale).sample))"
WALK = f"""for share in shares:
    {MIX}
    with torch.no_grad():
        {DECODE}
"""


def _wrong(name: str, *edits: Edit, caught_by: set[str], undetermined: set[str] | None = None) -> Mistake:
    return Mistake(name, 2, edits, frozenset(caught_by), frozenset(undetermined or ()), (VAE,))


def _right(name: str, *edits: Edit) -> Variant:
    return Variant(name, 2, edits, (VAE,))


MISTAKES = (
    _wrong("the weights do not add up to 1", Edit(MIX, "mixed = (1 - share) * (start + end)"), caught_by={LINE}),
    _wrong("the second latent is added whole", Edit(MIX, "mixed = (1 - share) * start + end"), caught_by={LINE}),
    _wrong("the share is squared once", Edit(MIX, "mixed = (1 - share) * start + share**2 * end"), caught_by={LINE}),
    _wrong("the second latent is subtracted", Edit(MIX, "mixed = (1 - share) * start - share * end"), caught_by={LINE}),
    _wrong(
        "pixels are mixed, and encoded then",
        Edit(
            MIX,
            'pixels = (1 - share) * to_pixels(photos["lake"]) + share * to_pixels(photos["meadow"])\n'
            "    with torch.no_grad():\n        mixed = vae.encode(pixels).latent_dist.sample() * scale",
        ),
        caught_by={LINE},
    ),
    _wrong(
        "decoded pictures are mixed",
        Edit(
            WALK,
            "with torch.no_grad():\n"
            "    first, last = vae.decode(start / scale).sample, vae.decode(end / scale).sample\n"
            "between = [to_picture((1 - share) * first + share * last) for share in shares]\n",
        ),
        caught_by={LINE},
    ),
    _wrong("only the ends are decoded", Edit("np.linspace(0, 1, 7)", "np.linspace(0, 1, 2)"), caught_by={LINE}),
    _wrong("from a picture to itself", Edit(ENDS, 'start, end = latents["lake"], latents["lake"]'), caught_by={LINE}),
    _wrong("towards noise", Edit(ENDS, 'start, end = latents["lake"], torch.randn(1, 4, 64, 64)'), caught_by={LINE}),
    _wrong("the mixtures are not unscaled", Edit(DECODE, DECODE.replace(" / scale", "")), caught_by={LINE}),
    _wrong("the latents are not scaled", Edit(ENCODE, ENCODE.replace(" * scale", "")), caught_by={LINE, KEPT}),
    _wrong(
        "no scaling factor on either side",
        Edit(ENCODE, ENCODE.replace(" * scale", "")),
        Edit(DECODE, DECODE.replace(" / scale", "")),
        caught_by={KEPT},
    ),
    _wrong(
        "the same picture three times",
        Edit("to_pixels(picture)", 'to_pixels(photos["lake"])'),
        caught_by={SEVERAL, LINE},
    ),
    _wrong(
        "pictures between 0 and 1",
        Edit("to_pixels(picture)", "(to_pixels(picture) + 1) / 2"),
        caught_by={SEVERAL},
    ),
    _wrong("the same channel four times", Edit("z[0, channel]", "z[0, 0]"), caught_by={CHANNELS}),
    _wrong("three channels only", Edit("range(4)", "range(3)"), caught_by={CHANNELS}),
    _wrong(
        "three channels as colours",
        Edit(DRAW, "line[channel + 1].imshow(z[0, :3].permute(1, 2, 0).cpu().sigmoid())"),
        caught_by={CHANNELS},
    ),
    _wrong(
        "the picture's colours instead of channels",
        Edit(DRAW, "line[channel + 1].imshow(np.asarray(photos[name].resize((64, 64)))[:, :, channel % 3])"),
        caught_by={CHANNELS},
    ),
    _wrong(
        "the VAE learns on the way",
        Edit(ENDS, ENDS + "\nwith torch.no_grad():\n    vae.post_quant_conv.bias.add_(1e-6)"),
        caught_by={UNCHANGED},
    ),
)

VARIANTS = (
    _right("torch.lerp", Edit(MIX, "mixed = torch.lerp(start, end, float(share))")),
    _right("from the end to the start", Edit(MIX, "mixed = share * start + (1 - share) * end")),
    _right("nine steps", Edit("np.linspace(0, 1, 7)", "torch.linspace(0, 1, 9).tolist()")),
    _right("without the ends", Edit("np.linspace(0, 1, 7)", "[0.2, 0.4, 0.6, 0.8]")),
    _right(
        "all mixtures in one batch",
        Edit(
            WALK,
            "weights = torch.tensor(shares, dtype=torch.float32)[:, None, None, None]\n"
            "with torch.no_grad():\n"
            "    batch = vae.decode(((1 - weights) * start + weights * end) / scale).sample\n"
            "between = [to_picture(one[None]) for one in batch]\n",
        ),
    ),
    _right(
        "mixed after unscaling", Edit(MIX, "mixed = ((1 - share) * (start / scale) + share * (end / scale)) * scale")
    ),
    _right(
        "each channel stretched to bytes",
        Edit(
            DRAW,
            "one = z[0, channel].cpu()\n"
            "        line[channel + 1].imshow((one - one.min()) / (one.max() - one.min()) * 255)",
        ),
    ),
    _right(
        "all channels side by side",
        Edit(DRAW, "line[channel + 1].imshow(torch.cat(list(z[0]), dim=1).cpu())"),
    ),
    _right("the most likely latents", Edit(ENCODE, ENCODE.replace("sample()", "mode()"))),
)
