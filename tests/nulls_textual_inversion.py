"""What the criteria of the textual-inversion lesson rest on, for tests/test_null_candidates.py."""

from nulls import EVERY

# Smaller pictures and fewer denoising steps: what is judged stays, what takes long goes.
SMALLER = (
    ("512, 512", "256, 256"),
    ("Resize(512)", "Resize(256)"),
    ("CenterCrop(512)", "CenterCrop(256)"),
    ("num_inference_steps=10", "num_inference_steps=2"),
)
FORWARD, TARGET = "the-noisy-latent-follows-the-forward-process", "the-loss-target-is-the-noise"
LEARNED, MOVED = "the-pseudo-token-row-learned", "the-step-moved-the-pseudo-token-row"
ROWS_3 = ("only-the-pseudo-token-rows-changed", "a-prompt-without-the-token-is-unaffected",
          "clip-transformer-is-unchanged", "unet-and-vae-are-unchanged")  # fmt: skip
RANGES = {(number, "the-pictures-lie-between-minus-one-and-one") for number in (3, 4)}
TRAINED = {(number, FORWARD) for number in (2, 3, 4)} | {(number, TARGET) for number in (2, 3, 4)}
PICTURES = {(3, "pictures-with-and-without-the-token"), (4, "both-methods-share-prompts-and-seeds")}
UNCHANGED = (1, "existing-rows-and-transformer-are-unchanged")
# What waits for the adapter to have learned.
ADAPTER = {(4, name) for name in ("the-adapter-learned", "only-lora-parameters-had-gradients", "adapters-start-at-zero",
                                  "targets-cover-cross-attention", "lora-size-follows-the-formula",
                                  "base-vae-and-clip-are-unchanged")}  # fmt: skip
ROWS = {(1, "the-new-row-is-initialised"), (2, MOVED), (2, "only-the-pseudo-token-rows-changed"),
        (2, "clip-unet-and-vae-are-unchanged"), (3, LEARNED), *((3, name) for name in ROWS_3)}  # fmt: skip

# Role of a tensor -> the criteria that rest on it, those that wait for a companion that does among them.
RESTS_ON = {
    "sample": TRAINED | PICTURES,
    "mean": TRAINED | RANGES,
    "prediction": {pair for pair in TRAINED if pair[1] == TARGET},
    "gradient": {pair for pair in TRAINED if pair[1] == TARGET},
    "new_values": ROWS,
    "plain": {(3, "a-prompt-without-the-token-is-unaffected"), UNCHANGED},
    "B": ADAPTER,
    EVERY: TRAINED | RANGES | PICTURES | ROWS | ADAPTER | {UNCHANGED},
}
# One kind of facts alone is no work; these say what little a kind proves by itself.
PROVED_ALONE = {
    "ids": {(1, "the-embedding-table-was-read")},
    "cosine": {(1, "similarities-are-cosines-of-rows")},
}
# Numbers that the judge computes again, from its own copy of the table.
RECOMPUTED = {(1, "similarities-are-cosines-of-rows")}
