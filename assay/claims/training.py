"""What a denoising training step must do: the forward process, the noise as target, fresh gradients, varied timesteps.

The numbers behind the tolerances: 16,384 elements of unit noise have a deviation within 2.8 % of 1 and a correlation
under 0.039 with anything independent (five standard errors); the nearest wrong solutions measured lie at 0.56.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

from assay.failure import Failure
from assay.judging.observations import Work
from assay.judging.observations.training import Training, TrainingSample

DEVIATION = 0.04  # see above
LEAKAGE = 0.06  # see above
AGREEMENT = 0.95  # the squared error gives 1.0000, the absolute error 0.787, everything else less
DISTINCT = 0.6  # twelve draws out of a thousand repeat one with a chance of 6 %, five never
ENOUGH_STEPS = 6  # fewer timesteps say nothing about chance


def require_forward_process(training: Training) -> None:
    """Fail unless every U-Net input is sqrt(a) z0 + sqrt(1 - a) e with unit noise e (Ho et al. 2020, equation 4)."""
    samples = require_training(training)
    pictureless = sum(not s.has_picture for s in samples)
    if pictureless:
        raise Failure(
            f"{pictureless} of {len(samples)} training samples were made of no picture that the VAE had encoded",
            help="Encode the picture, scale the latent, and add the noise to that.",
        )
    # asked so that NaN, which is neither above nor below anything, is wrong
    wrong = [s for s in samples if not (abs(s.noise_deviation - 1) <= DEVIATION and abs(s.leakage) <= LEAKAGE)]
    if wrong:
        worst = max(wrong, key=lambda s: abs(s.noise_deviation - 1) + abs(s.leakage))
        raise Failure(
            f"in {len(wrong)} of {len(samples)} training samples the noise that the U-Net's input implies is not unit "
            f"noise: at timestep {worst.timestep} its deviation is {worst.noise_deviation:.2f} instead of 1 and its "
            f"correlation with the picture {worst.leakage:.2f} instead of 0",
            misconception="the VAE's latents must be multiplied by the scaling factor before noise is added, and the "
            "noise is weighted by the timestep",
            help="Look at the latents' standard deviation right after encoding, and at the order of add_noise's "
            "arguments.",
        )


def require_noise_target(training: Training) -> None:
    """Fail unless the loss's gradient points from the added noise to the prediction, in every sample."""
    samples = require_training(training)
    wrong = [s for s in samples if not s.target_agreement >= AGREEMENT]
    if wrong:
        worst = min(wrong, key=lambda s: s.target_agreement)
        raise Failure(
            f"in {len(wrong)} of {len(samples)} training samples the loss pulls the prediction somewhere else than to "
            f"the added noise: at timestep {worst.timestep} the cosine is {worst.target_agreement:.2f} instead of 1",
            misconception="the U-Net predicts the noise, not the clean or the noisy latent",
            help="Which two tensors does the loss compare, and is it the squared error?",
        )


def require_varied_timesteps(training: Training) -> None:
    """Fail unless the timesteps look drawn at random."""
    require_training(training)
    times = training.timesteps
    if len(times) < ENOUGH_STEPS or len(set(times)) < DISTINCT * len(times):
        raise Failure(
            f"{len(set(times))} different timesteps in {len(times)} training samples",
            misconception="one timestep teaches one noise level; sampling needs all of them",
            help="Draw a new timestep for every step, from the whole range of the schedule.",
        )


def require_training(training: Training) -> list[TrainingSample]:
    """The training samples; fails when no gradient arrived at a U-Net prediction."""
    if not training.samples:
        raise Failure(
            "no gradient arrived at a U-Net prediction",
            misconception="frozen parts must still be part of the graph: torch.no_grad around the text encoder or the "
            "U-Net cuts the way back to what is trained",
            help="Does the loop run, does loss.backward() run, and is only the VAE's encoding inside no_grad?",
        )
    return training.samples


def require_fresh_steps(training: Training, announced: Collection[float] = ()) -> None:
    """Fail without steps, with gradients used twice, or with another number of steps than was announced."""
    steps, passes = len(training.steps), len(training.backwards)
    if not steps:
        raise Failure(
            f"{passes} backward passes, but no optimizer step",
            help="Gradients alone change nothing. What applies them?",
        )
    most = max(Counter(step["optimizer"] for step in training.steps).values())
    if most > passes:
        raise Failure(
            f"one optimizer made {most} steps, but there were {passes} backward passes",
            misconception="a step uses what backward() left in .grad; without a new pass it learns nothing new",
            help="Does every step of the loop call backward() on its loss?",
        )
    if training.stale:
        raise Failure(
            f"{training.stale} of {passes} backward passes added to gradients that a step had already used",
            misconception="backward() adds to what is in .grad; nothing clears it by itself",
            help="Clear the gradients once per step.",
        )
    if announced and not {steps, passes} & {int(number) for number in announced}:
        wanted = " or ".join(f"{int(number)}" for number in announced)
        raise Failure(f"{steps} steps from {passes} backward passes, but {wanted} were announced")


def require_captions(work: Work) -> list[tuple[int, ...]]:
    """The token ids of every training sample's text; fails when one came from no text encoder, or there is none."""
    texts = work.captions
    known = [text for text in texts if text is not None]
    if len(known) < len(texts) or not texts:
        raise Failure(
            f"the text input of {len(texts) - len(known)} of {len(texts)} training samples is no answer of the text "
            "encoder",
            misconception="cross-attention reads the caption as CLIP encodes it; anything else says nothing to it",
            help="What does the U-Net get as encoder_hidden_states?",
        )
    return known
