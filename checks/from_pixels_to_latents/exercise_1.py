"""Declares the mistakes and variants of exercise 1: one picture through the VAE and back."""

from assay.proof import Edit, Mistake, Variant

BECAME = "the-picture-became-a-latent-48-times-smaller"
DECODER = "the-decoder-got-the-latent-on-its-own-scale"
KEPT = "latents-are-kept-on-the-scale-of-diffusion"
MEASURED = "the-loss-of-the-round-trip-was-measured"
UNCHANGED = "the-vae-is-unchanged"

LOAD = 'vae = AutoencoderKL.from_pretrained(MODEL, subfolder="vae", torch_dtype=torch.float32).to(device).eval()'
PIXELS = "pixels = to_pixels(photo)"
SAMPLE = "posterior.sample() * scale"
DECODE = "vae.decode(latent / scale)"
ERROR = "error = torch.mean((restored - pixels) ** 2).item()"
PSNR = "psnr = 10 * np.log10(2**2 / error)"
RESTORE = f"with torch.no_grad():\n    restored = {DECODE}.sample\n"
ENCODE = f"""with torch.no_grad():
    posterior = vae.encode(pixels).latent_dist
    latent = {SAMPLE}
"""


def _wrong(name: str, *edits: Edit, caught_by: set[str], undetermined: set[str] | None = None) -> Mistake:
    return Mistake(name, 1, edits, frozenset(caught_by), frozenset(undetermined or ()))


def _right(name: str, *edits: Edit) -> Variant:
    return Variant(name, 1, edits)


MISTAKES = (
    _wrong("the scaling factor is never applied", Edit(SAMPLE, "posterior.sample()"), caught_by={DECODER, KEPT}),
    _wrong("the scaling factor is not undone", Edit(DECODE, "vae.decode(latent)"), caught_by={DECODER}),
    _wrong("multiplied where it should be divided", Edit(DECODE, "vae.decode(latent * scale)"), caught_by={DECODER}),
    _wrong(
        "divided where it should be multiplied", Edit(SAMPLE, "posterior.sample() / scale"), caught_by={DECODER, KEPT}
    ),
    _wrong(
        "no scaling factor on either side",
        Edit(SAMPLE, "posterior.sample()"),
        Edit(DECODE, "vae.decode(latent)"),
        caught_by={KEPT},
    ),
    _wrong(
        "a picture between 0 and 1",
        Edit(PIXELS, "pixels = (to_pixels(photo) + 1) / 2"),
        caught_by={BECAME},
        undetermined={MEASURED},
    ),
    _wrong(
        "a picture of bytes",
        Edit(PIXELS, "pixels = (to_pixels(photo) + 1) * 127.5"),
        caught_by={BECAME},
        undetermined={MEASURED},
    ),
    _wrong(
        "noise is decoded instead of the latent",
        Edit(DECODE, "vae.decode(torch.randn_like(latent) / scale)"),
        caught_by={DECODER},
    ),
    _wrong(
        "the picture is shrunk, not encoded",
        Edit(
            ENCODE,
            "latent = torch.nn.functional.interpolate(pixels, (64, 64))[:, [0, 1, 2, 2]] * scale\n",
        ),
        caught_by={BECAME, DECODER, KEPT, MEASURED},
    ),
    _wrong(
        "nothing is decoded",
        Edit(RESTORE, "restored = pixels + 0.1 * torch.randn_like(pixels)\n"),
        caught_by={DECODER, MEASURED},
    ),
    _wrong("a peak of 1", Edit("2**2 / error", "1 / error"), caught_by={MEASURED}),
    _wrong("a peak of 3", Edit("2**2 / error", "3**2 / error"), caught_by={MEASURED}),
    _wrong("the PSNR upside down", Edit("2**2 / error", "error / 2**2"), caught_by={MEASURED}),
    _wrong(
        "values multiplied where they should be divided",
        Edit("ratio = pixels.numel() / latent.numel()", "ratio = pixels.numel() * latent.numel()"),
        caught_by={BECAME},
    ),
    _wrong(
        "the decoded picture is compared with itself",
        Edit("(restored - pixels) ** 2", "(restored - restored + 1e-3) ** 2"),
        caught_by={MEASURED},
    ),
    _wrong(
        "the VAE's weights are rounded in place",
        Edit(LOAD, LOAD + "\nwith torch.no_grad():\n    vae.quant_conv.weight.mul_(1.0001)"),
        caught_by={UNCHANGED},
    ),
    _wrong(
        "the VAE is never used",
        Edit(ENCODE, "latent = torch.randn(1, 4, 64, 64)\n"),
        Edit(RESTORE, "restored = pixels + 0.1\n"),
        caught_by={BECAME, DECODER, KEPT, MEASURED},
    ),
)

VARIANTS = (
    _right(
        "no ratio, and a PSNR without its unit",
        Edit("ratio = pixels.numel() / latent.numel()", "pass"),
        Edit(": {ratio:.0f} times fewer numbers", ""),
        Edit("PSNR {psnr:.1f} dB", "PSNR {psnr:.1f}"),
    ),
    _right(
        "places counted",
        Edit("ratio = pixels.numel() / latent.numel()", "ratio = pixels[0, 0].numel() / latent[0, 0].numel()"),
        Edit("times fewer numbers", "times fewer places"),
    ),
    _right("the most likely latent", Edit(SAMPLE, "posterior.mode() * scale")),
    _right("the mean of the posterior", Edit(SAMPLE, "posterior.mean * scale")),
    _right(
        "a tuple instead of named outputs",
        Edit("vae.encode(pixels).latent_dist", "vae.encode(pixels, return_dict=False)[0]"),
        Edit(f"{DECODE}.sample", f"{DECODE[:-1]}, return_dict=False)[0]"),
    ),
    _right("scaled after a detour", Edit(f"latent = {SAMPLE}", "raw = posterior.sample()\n    latent = scale * raw")),
    _right(
        "the error on bytes",
        Edit(ERROR, "bytes_off = np.float64(torch.mean(((restored - pixels) * 127.5) ** 2).item())"),
        Edit(PSNR, "psnr = 20 * np.log10(255) - 10 * np.log10(bytes_off)"),
        Edit("mean squared error {error:.5f}", "mean squared error {bytes_off:.5f}"),
    ),
    _right(
        "the error between 0 and 1, without its PSNR",
        Edit(ERROR, "error = torch.mean(((restored - pixels) / 2) ** 2).item()"),
        Edit(PSNR, "pass"),
        Edit(", PSNR {psnr:.1f} dB", ""),
    ),
    _right(
        "gradients are kept",
        Edit(ENCODE, ENCODE.replace("with torch.no_grad():", "if True:")),
        Edit(RESTORE, RESTORE.replace("with torch.no_grad():", "if True:")),
        Edit("latent[0, 0].cpu()", "latent[0, 0].detach().cpu()"),
        Edit("to_picture(restored)", "to_picture(restored.detach())"),
    ),
    _right(
        "all in one function",
        Edit(
            ENCODE,
            """

@torch.no_grad()
def there_and_back(pixels):
    z = vae.encode(pixels).latent_dist.sample() * scale
    return z, vae.decode(z / scale).sample


latent, restored = there_and_back(pixels)
""",
        ),
        Edit(RESTORE, ""),
    ),
)
