"""What the criteria of the CLIP lesson rest on, for tests/test_null_candidates.py."""

from nulls import EVERY

# Fewer pictures: what is judged stays, what takes long goes.
SMALLER = (("n_test = 500", "n_test = 60"),)
BY_HAND = {
    (1, "the-similarity-matrix-holds-cosines"),
    (1, "a-row-became-probabilities-and-cross-entropy"),
    (1, "the-loss-is-symmetric-cross-entropy"),
}
UNCHANGED = {number: (number, "the-model-is-unchanged") for number in (2, 3, 4)}
FEATURES = {(2, "both-encoders-gave-features"), (3, "both-encoders-gave-features"), UNCHANGED[2]}
TABLE, PROMPT = (2, "the-table-compares-texts-with-pictures"), (3, "each-class-has-a-prompt")
LENGTHS = {(3, "text-features-have-unit-length"), (3, "image-features-have-unit-length")}
PREDICTED = {
    (3, "predictions-are-the-most-similar-prompts"), (3, "the-accuracy-counts-right-predictions"), UNCHANGED[3],
}  # fmt: skip
ENCODED = (4, "texts-went-through-the-text-encoder")
PROBED = {(4, "three-limitations-were-probed"), (4, "the-sentences-were-compared-by-cosines"), UNCHANGED[4]}
GIVEN = FEATURES | LENGTHS | PREDICTED | PROBED | {TABLE, ENCODED}

# Role of a tensor -> the criteria that rest on it, those that wait for a companion that does among them.
RESTS_ON = {
    "features": GIVEN,
    "sample": FEATURES,
    # Exercises 2 and 4 recompute the tables from the features, and find them in drawn pictures and numbers as well.
    "left": LENGTHS,
    "right": LENGTHS,
    "result": LENGTHS,
    "tensor": PREDICTED,
    EVERY: GIVEN,
}
# One kind of facts alone is no work; these say what little a kind proves by itself.
PROVED_ALONE = {"read": {PROMPT, ENCODED}}
# Numbers made of vectors that only the judge knew before; the judge computes them again.
RECOMPUTED = BY_HAND
