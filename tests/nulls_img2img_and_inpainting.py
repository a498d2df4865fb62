"""What the criteria of the lesson on img2img and inpainting rest on, for tests/test_null_candidates.py."""

from nulls import EVERY

SMALLER = (
    ("SIDE = 256", "SIDE = 128"),
    ("SIDE, 100]", "SIDE, 52]"),
    ("SIDE, 130]", "SIDE, 68]"),
    ("SIDE, 108]", "SIDE, 52]"),
)
NOISE_1, FARTHER = "all-runs-begin-from-the-same-noise", "more-strength-moves-farther-from-the-picture"
FIVE = "one-picture-at-five-strengths"
START, NOISE_2 = "the-start-follows-the-forward-process", "the-noise-in-the-start-is-unit-noise"
STEP, DECODE = "every-step-is-the-schedulers-with-guidance", "the-decoder-gets-the-unscaled-latents"
FORGET, TEXT = "full-strength-forgets-the-picture", "full-strength-is-text-to-image"
SHARED, SIDES = "both-masks-share-prompt-and-noise", "white-is-edited-and-black-is-kept"
SHARP, KEPT = "the-mask-decides-and-does-not-blend", "the-kept-region-is-the-picture"
LEVEL, EMPTY = "the-kept-region-has-each-steps-noise-level", "an-empty-mask-returns-the-picture"
RANGE = "the-pictures-lie-between-minus-one-and-one"
FULL = "a-full-mask-is-text-to-image"

# Role of a tensor -> the criteria that rest on it, those that wait for a companion that does among them.
RESTS_ON = {
    "sample": {(1, NOISE_1), *((2, name) for name in (START, NOISE_2, STEP, FORGET, TEXT)),
               *((3, name) for name in (SHARED, SIDES, SHARP, LEVEL, FULL))},
    "prediction": {(2, STEP), (2, TEXT), (3, SIDES), (3, SHARP), (3, FULL)},
    "mean": {(1, FIVE), (1, NOISE_1), (2, RANGE), (2, START), (2, NOISE_2), (2, FORGET), (3, SIDES), (3, KEPT),
             (3, LEVEL), (4, KEPT)},
    # What a scheduler's step answered carries nothing alone. Where none was seen, DECODE rests on what the judge's own
    # scheduler makes of "sample" and "prediction": the mistake "the step by hand, decoded without the scaling factor"
    # is caught that way, and test_claims_denoising has the wrong scales.
    "stepped": set(),
    "tensor": {(1, FARTHER), (2, DECODE), (3, SIDES), (3, SHARP), (3, KEPT), (3, EMPTY), (3, FULL), (4, KEPT)},
    "latents": {(3, EMPTY)},
    EVERY: set(),
}  # fmt: skip
# One kind of facts alone is no work.
PROVED_ALONE: dict[str, set[tuple[int, str]]] = {}
