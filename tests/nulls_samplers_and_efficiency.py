"""What the criteria of the lesson on samplers rest on, for tests/test_null_candidates.py."""

from nulls import EVERY

# Fewer steps where their number is not what is judged: a thousand steps of DDPM take half of the time.
SMALLER = (("(DDPMScheduler, 999)", "(DDPMScheduler, 900)"),)
STEPS, NOISE_1 = "each-sampler-ran-its-steps", "all-samplers-begin-from-the-same-noise"
ALIKE_1, WEIGHTS = "nothing-but-the-sampler-differs", "the-same-weights-drew-all"
THREE, DDIM, DDPM = (
    "each-sampler-ran-three-times", "ddim-gives-one-picture-for-one-start", "ddpm-gives-another-picture-each-time",
)  # fmt: skip
COUNT, NOISE_3 = "the-solver-drew-a-picture-at-each-count", "all-counts-begin-from-the-same-noise"
ALIKE_3, TIME = "nothing-but-the-count-differs", "the-time-was-drawn-against-the-steps"
TEN, NOISE_4 = "both-samplers-walk-ten-steps", "both-walks-begin-from-the-same-noise"
STEP, SCALE = "ddims-steps-are-the-schedulers", "the-decoder-gets-unscaled-latents"
SMOOTH, JITTERY = "every-latent-of-ddim-was-decoded", "every-latent-of-ddpm-was-decoded"

# Role of a tensor -> the criteria that rest on it, those that wait for a companion that does among them.
RESTS_ON = {
    "sample": {*((1, name) for name in (STEPS, NOISE_1, ALIKE_1, WEIGHTS)), *((2, name) for name in (THREE, DDIM)),
               *((3, name) for name in (COUNT, NOISE_3, ALIKE_3)),
               *((4, name) for name in (TEN, NOISE_4, STEP, SMOOTH, JITTERY, SCALE))},
    "prediction": {(4, STEP)},
    "tensor": {(2, DDIM), (2, DDPM), (4, SMOOTH), (4, JITTERY), (4, SCALE)},
    "x": {(3, TIME)},
    "y": {(3, TIME)},
    EVERY: set(),
}  # fmt: skip
# One kind of facts alone is no work; a curve is drawn with its numbers.
PROVED_ALONE = {"drawn": {(3, TIME)}}
