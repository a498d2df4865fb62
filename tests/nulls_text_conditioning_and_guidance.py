"""What the criteria of the text-conditioning lesson rest on, for tests/test_null_candidates.py."""

from nulls import EVERY

# Smaller pictures and fewer denoising steps: what is judged stays, what takes long goes.
SMALLER = (("num_inference_steps=15", "num_inference_steps=2, height=256, width=256"),)
FUNCTIONS = {
    (1, "self-attention-is-scaled-dot-product-attention"),
    (1, "cross-attention-reads-keys-and-values-from-the-text"),
    (1, "each-place-has-a-distribution-over-the-words"),
    (3, "guidance-amplifies-the-text-direction"),
    (3, "scale-0-ignores-the-text-and-scale-1-adds-nothing"),
}
DIFFERENTLY = (2, "places-attend-to-the-words-differently")
DRAWN = {(2, "the-heatmap-shows-the-attention-weights"), (2, "each-word-has-a-map-of-its-attention")}
CURVE = {(3, "the-curve-shows-the-length-of-the-guided-prediction")}
KEPT = {(1, "the-weights-kept-are-those-of-the-notebooks-own-tensors"), DIFFERENTLY}
NOISE = {
    (4, "all-scales-begin-from-the-same-noise"),
    (4, "a-picture-was-generated-at-each-scale"),
    (4, "all-scales-share-the-prompt"),
    (4, "nothing-but-the-scale-differs"),
}

# Role of a tensor -> the criteria that rest on it, those that wait for a companion that does among them.
RESTS_ON = {
    "answer": FUNCTIONS,
    "tensor": KEPT | DRAWN | CURVE,
    "values": DRAWN,
    "x": CURVE,
    "y": CURVE,
    "sample": NOISE,
    EVERY: FUNCTIONS | KEPT | DRAWN | CURVE | NOISE,
}
# One kind of facts alone is no work; these say what little a kind proves by itself.
PROVED_ALONE = {"value": {DIFFERENTLY}}
