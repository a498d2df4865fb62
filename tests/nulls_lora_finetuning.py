"""What the criteria of the lora-finetuning lesson rest on, for tests/test_null_candidates.py."""

from nulls import EVERY

# Smaller pictures and fewer denoising steps: what is judged stays, what takes long goes.
SMALLER = (
    ("512, 512", "256, 256"),
    ("Resize(512)", "Resize(256)"),
    ("CenterCrop(512)", "CenterCrop(256)"),
    ("num_inference_steps=10", "num_inference_steps=2"),
)
FORWARD, TARGET = "the-noisy-latent-follows-the-forward-process", "the-loss-target-is-the-noise"
RANGES = {(number, "the-pictures-lie-between-minus-one-and-one") for number in (3, 4)}
TRAINED = {(number, FORWARD) for number in (2, 3, 4)} | {(number, TARGET) for number in (2, 3, 4)}
TEXTS = {(2, "the-caption-reaches-the-unet"), (3, "captions-are-used")}
COMPARED = {(3, "pictures-with-and-without-the-adapter"), (4, "base-and-blends-share-noise-and-prompt")}
BLENDS = COMPARED | {(3, "the-learned-adapter-draws"), (4, "both-adapters-are-really-loaded"),
                     (4, "each-adapter-and-both-drew"), (4, "adapters-add-up-on-weights")}  # fmt: skip

# What waits for the adapter to have learned.
ADAPTER = {(3, name) for name in ("adapters-start-at-zero", "lora-size-follows-the-formula",
                                  "vae-and-clip-are-unchanged")}  # fmt: skip
ADAPTER |= {(number, name) for number in (3, 4) for name in (
    "the-adapter-learned", "only-lora-parameters-had-gradients", "targets-cover-cross-attention",
    "base-unet-is-unchanged")}  # fmt: skip

# Role of a tensor -> the criteria that rest on it, those that wait for a companion that does among them.
RESTS_ON = {
    "sample": TRAINED | COMPARED,
    "mean": TRAINED | RANGES,
    "prediction": {pair for pair in TRAINED if pair[1] == TARGET},
    "gradient": {pair for pair in TRAINED if pair[1] == TARGET},
    "text": TEXTS,
    "A": BLENDS,
    "B": BLENDS | ADAPTER,
    "answered": BLENDS,
    EVERY: TRAINED | RANGES | TEXTS | BLENDS | ADAPTER,
}
# One kind of facts alone is no work; these say what little a kind proves by itself.
PROVED_ALONE = {
    "numbers": {(1, "lora-sizes-follow-the-formula"), (1, "the-share-of-the-unet-was-stated"),
                (1, "the-cross-attention-projections-were-found")},
}  # fmt: skip
# Sizes that the judge computes again, from its own copy of the U-Net.
RECOMPUTED = PROVED_ALONE["numbers"]
