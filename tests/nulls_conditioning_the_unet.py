"""What the criteria of the conditioning lesson rest on, for tests/test_null_candidates.py."""

from nulls import EVERY

# Fewer digits a batch: what is judged stays, what takes long goes.
SMALLER = (("DataLoader(digits, batch_size=128,", "DataLoader([digits[n] for n in range(64)], batch_size=32,"),)
LAYERS = (2, "the-embedding-passes-two-layers-with-a-gelu-between")
MODULATION = {(3, "features-are-normalised-in-groups"), (3, "the-timestep-scales-and-shifts-the-features")}
ANSWERED = {
    (1, "columns-are-sines-and-cosines-of-the-timesteps"),
    (1, "every-embedding-has-the-same-length"),
    (1, "neighbouring-timesteps-are-alike-and-distant-ones-are-not"),
    (1, "a-single-timestep-is-embedded-too"),
    LAYERS,
    *MODULATION,
    (4, "the-network-answers-in-the-shape-of-its-input"),
    (4, "the-answer-depends-on-the-timestep"),
    (4, "the-network-tells-neighbouring-timesteps-apart"),
    (4, "the-network-treats-neighbouring-timesteps-alike"),
}
BUILT = {
    (2, "the-mlp-has-the-parameters-of-two-layers"),
    LAYERS,
    *MODULATION,
    (4, "the-spatial-network-is-the-simple-one"),
}
TRAINED = {(4, "the-layers-of-the-timestep-learn"), (4, "the-network-learns")}
NOISED = {(4, "the-noisy-digits-follow-the-forward-process")}
DRAWN = {(2, "similarities-of-timesteps-were-drawn")}

# Role of a tensor -> the criteria that rest on it, those that wait for a companion that does among them.
RESTS_ON = {
    "answer": ANSWERED,
    "before": BUILT,
    "after": TRAINED,
    "values": DRAWN,
    "sample": NOISED,
    "prediction": NOISED,
    "gradient": NOISED,
    EVERY: ANSWERED | BUILT | TRAINED | DRAWN | NOISED,
}
# One kind of facts alone is no work; these say what little a kind proves by itself.
PROVED_ALONE = {"drawn": DRAWN}
