"""What the criteria of the lesson from pixels to latents rest on, for tests/test_null_candidates.py."""

from nulls import EVERY

# Smaller pictures: what is judged stays, what takes long goes.
SMALLER = (("side=512", "side=256"),)
BECAME = (1, "the-picture-became-a-latent-48-times-smaller")
DECODER = {(1, "the-decoder-got-the-latent-on-its-own-scale"), (1, "the-vae-is-unchanged")}
KEPT = {(number, "latents-are-kept-on-the-scale-of-diffusion") for number in (1, 2)}
SEVERAL, CHANNELS = (2, "several-pictures-were-encoded"), (2, "the-four-channels-were-drawn")
LINE = {(2, "the-interpolation-is-a-straight-line-in-latent-space"), (2, "the-vae-is-unchanged")}
ARITHMETIC = {
    (3, "the-values-were-counted"),
    (3, "the-compression-ratio-counts-values"),
    (3, "the-places-were-counted"),
    (3, "the-spatial-ratio-counts-places"),
    (3, "the-capstone-was-compared"),
}
FORWARD, DECODED = (4, "the-noisy-latent-follows-the-forward-process"), (4, "the-result-of-the-step-was-decoded")
STEP = {(4, "one-step-leads-to-the-next-noise-level"), (4, "unet-vae-and-clip-are-unchanged")}
ENCODED = {BECAME, SEVERAL, CHANNELS, FORWARD} | DECODER | KEPT | LINE

# Role of a tensor -> the criteria that rest on it, those that wait for a companion that does among them.
RESTS_ON = {
    "mean": ENCODED,
    "tensor": DECODER | LINE | ARITHMETIC | {DECODED},
    "values": {CHANNELS},
    "sample": {FORWARD, DECODED} | STEP,
    "prediction": {DECODED} | STEP,
    EVERY: ENCODED | ARITHMETIC | STEP | {DECODED},
}
# One kind of facts alone is no work; these say what little a kind proves by itself.
PROVED_ALONE = {"encode": {BECAME, SEVERAL}, "value": ARITHMETIC, "numbers": ARITHMETIC}
