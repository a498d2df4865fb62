"""What must hold of noisy pictures that a network of the student's own is trained on: the forward process."""

from __future__ import annotations

import math
from statistics import median

from assay.failure import Failure
from assay.judging.observations import Work
from assay.judging.observations.noising import Noised

ENDED = 16  # samples at the least that say where a schedule ends: of fewer, the last may well lie before 0.7 of it
ENOUGH = 0.9  # of the samples: a digit in ten may touch its frame
UNEXPLAINED = 0.05  # the squared error leaves 0.003 of the frame, the nearest wrong formula a third
SLOPE = 0.02  # the noise is known within half a per cent
GROUND = 0.1  # a ground further from 0 than this says how much of the picture is left
MEASURED = (0.3, 0.95)  # weights of the noise at which that of the picture can be told, sqrt(1 - weight^2)
SCALE = (
    0.3,
    1.1,
)  # of the ground, or of the brightest number: pictures in -1..1 or 0..1, or of MNIST's mean and spread
CONTRAST = 8  # brightest number by ground at most: 1 for pictures in -1..1, 6.7 for those of MNIST's mean and spread
SQUARES = (0.05, 0.4)  # what the squares may miss a sum of 1 by, for a ground, and for pictures that differ in contrast
FALL = 0.03  # of the slope from one timestep to a later one: as far as it may be misread
ENDS = 0.03  # of the timesteps at each end of the schedule
WEIGHTS = "signal and noise are weighted by the square roots of alpha_bar and 1 - alpha_bar, whose squares sum to 1"
CLEAN, NOISE = 0.2, 0.8  # share of noise at most and at least there; linear and cosine schedules give 0.01 and 0.99


def require_noised_pictures(work: Work) -> None:
    """Fail unless the inputs of training are sqrt(a) x + sqrt(1 - a) e, where the loss pulls to e and a falls with t.

    Raises:
        LookupError: a network was trained, but its inputs were not seen.
    """
    samples = work.noised
    if not samples:
        if not work.training.backwards:
            raise Failure("no network was trained")
        raise LookupError("no call of a network with noisy pictures and their timesteps was seen")
    strange = [s for s in samples if not (s.unexplained <= UNEXPLAINED and -SLOPE <= s.slope <= 1 + SLOPE)]
    if len(strange) > max(1, (1 - ENOUGH) * len(samples)) or len(strange) == len(samples):
        one = strange[len(strange) // 2]
        raise Failure(
            f"{len(strange)} of {len(samples)} noisy pictures are not made of the noise that the loss asks for; at "
            f"timestep {one.time:g} that noise has the weight {one.slope:.2f}",
            misconception=WEIGHTS,
            help="Which noise is in the input, and which two tensors does the loss compare?",
        )
    kept = [one for one in samples if one not in strange]
    _require_squares(kept)
    _require_growing(kept)


def _require_squares(samples: list[Noised]) -> None:
    """Fail unless the squares of both weights add up to 1; the picture's is read off what lies under the noise."""
    has_ground = max(abs(one.ground) for one in samples) > GROUND
    levels = [abs(one.ground) if has_ground else one.brightest for one in samples]
    ratios = [level / math.sqrt(1 - one.slope**2) for level, one in zip(levels, samples, strict=True)
              if MEASURED[0] <= one.slope <= MEASURED[1]]  # fmt: skip
    scale = median(ratios) if ratios else math.nan
    sums = [one.slope**2 + (level / scale) ** 2 for level, one in zip(levels, samples, strict=True)]
    wrong = [n for n, found in enumerate(sums) if not abs(found - 1) <= SQUARES[0 if has_ground else 1]]
    glaring = [n for n, one in enumerate(samples)
               if MEASURED[0] <= one.slope <= MEASURED[1] and one.brightest > CONTRAST * levels[n]]  # fmt: skip
    wrong = max(wrong, glaring, key=len)
    if not SCALE[0] <= scale <= SCALE[1] or len(wrong) > (1 - ENOUGH) * len(samples):
        worst = wrong[len(wrong) // 2] if wrong else 0
        raise Failure(
            f"at timestep {samples[worst].time:g} the noise has the weight {samples[worst].slope:.2f}, and what lies "
            f"under it reaches {samples[worst].brightest:.2f}",
            misconception=WEIGHTS,
            help="Write both weights down for the first and for the last timestep, and the range of the pictures.",
        )


def _require_growing(samples: list[Noised]) -> None:
    """Fail unless the noise grows with the timestep, from next to nothing to nearly everything."""
    highest, falls = 0.0, 0
    for one in samples:
        falls += one.slope < highest - FALL
        highest = max(highest, one.slope)
    last = samples[-1].time
    first, end = ([one.slope**2 for one in samples if low <= one.time <= high] for low, high in
                  ((0, ENDS * last), ((1 - ENDS) * last, last)))  # fmt: skip
    shares = sum(first) / max(len(first), 1), sum(end) / max(len(end), 1)
    unfinished = shares[0] > CLEAN or shares[1] < NOISE
    if falls > (1 - ENOUGH) * len(samples) or (unfinished and len(samples) >= ENDED):
        raise Failure(
            f"the share of noise is {shares[0]:.2f} at the first timesteps and {shares[1]:.2f} at the last",
            misconception="timestep 0 is all but clean and the last one all but noise, with more noise at every step",
            help="Draw alpha_bar over the timesteps.",
        )
