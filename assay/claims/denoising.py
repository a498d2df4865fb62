"""What a denoising loop that begins from a picture must do: its steps, its start, its guidance, its decoder.

The numbers behind the tolerances: between neighbouring steps of a schedule of thirty, sqrt(alpha_bar) differs by 6 %
and more, and a correct start is within 0.05 % of it; a correct step is within 1e-6 of the reference, the nearest wrong
one 4e-3 away. N numbers of unit noise have a deviation within 5 / sqrt(2 N) of 1 and a correlation within 5 / sqrt(N)
of 0 with anything independent (five standard errors).
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import torch

from assay.failure import Failure
from assay.judging.observations.denoising import Denoising
from assay.judging.observations.transitions import Transition
from assay.tensors import is_constant

SLOPE = 5e-3  # relative; see above
RESIDUAL = 2e-2  # of the difference of two starts that the difference of the pictures does not explain
STEP = 1e-3  # relative; see above
WEIGHTS = 0.05  # of the guidance: its sum is 1 or 0, and mistakes are off by 1 and more
SIGMAS = 5
LATENTS = 1e-4  # relative: dividing by the scaling factor and multiplying again rounds by 1e-7
FULL = 1e-3  # how far the picture's weight in a start may be from 0 or from sqrt(alpha_bar)


def require_by_hand(loops: list[Denoising]) -> list[Denoising]:
    """The loops that were written by hand; fails when there is none, or when none began from an encoded picture."""
    own = [loop for loop in loops if loop.by_hand]
    if not own:
        raise Failure(
            f"{len(loops)} denoising loops ran, none of them written by hand",
            misconception="img2img is no algorithm of its own: the loop is the one of text-to-image, and you know it",
            help="Call the VAE, the U-Net and the scheduler yourself, without a pipeline.",
        )
    if all(loop.clean is None for loop in own):
        raise Failure(
            "no picture was encoded before the loop",
            misconception="text-to-image does without the VAE's encoder; img2img needs it to get into latent space",
            help="Encode the picture before you add noise.",
        )
    return own


def require_steps_of_schedule(loop: Denoising) -> None:
    """Fail unless the loop runs through the last timesteps of its schedule, downwards and without a gap."""
    if loop.told is None:
        raise Failure("no scheduler was told how many steps to make", help="Which method sets the timesteps?")
    schedule = loop.sampler().timesteps
    wanted = schedule[-len(loop.steps) :]
    if loop.timesteps != wanted:
        differs = next((n for n, (a, b) in enumerate(zip(loop.timesteps, wanted, strict=False)) if a != b), len(wanted))
        at = loop.timesteps[differs]
        raise Failure(
            f"step {differs + 1} of {len(loop.steps)} ran at timestep {at}, but the last {len(wanted)} of the "
            f"schedule begin with {wanted[0]} and end with {wanted[-1]}",
            misconception="img2img starts part of the way down and walks to the end; it does not stop early or climb",
            help="Print the timesteps that the loop runs over beside those of the scheduler.",
        )


def require_steps_by_strength(loop: Denoising, strength: float) -> None:
    """Fail unless the loop makes strength times n steps; where that is no whole number, rounding either way is fine."""
    if loop.told is None:
        raise Failure("no scheduler was told how many steps to make")
    sampler, done = loop.sampler(), len(set(loop.timesteps))
    # a solver that warms up has one timestep more than it was told
    possible = {done, done - 1} if len(sampler.timesteps) == sampler.steps + 1 else {done}
    if all(abs(count - strength * sampler.steps) >= 1 - 1e-6 for count in possible):
        raise Failure(
            f"{done} of {sampler.steps} steps ran at strength {strength:g}",
            misconception="the strength is the share of the denoising steps that run: the more run, the less is kept",
            help="How many steps are left when the loop starts, and where does it start at a very low strength?",
        )


def require_forward_start(loop: Denoising, other: Denoising) -> None:
    """Fail unless the start is sqrt(a) z0 + sqrt(1 - a) e at the first timestep of the loop.

    `other` is the same loop on another picture with the same noise: the difference of both starts is sqrt(a) times the
    difference of both pictures' latents, whatever the noise is (Ho et al. 2020, equation 4).
    """
    slope, rest = picture_weight(loop, other)
    wanted = math.sqrt(loop.signal(loop.timesteps[0]))
    if is_full(loop) and abs(slope) <= FULL and not rest > RESIDUAL:
        return  # pure noise where the whole schedule runs: that is text-to-image itself
    if not abs(slope - wanted) <= SLOPE * wanted or not rest <= RESIDUAL:
        raise Failure(
            f"the latents of the picture enter the start at timestep {loop.timesteps[0]} with the weight {slope:.3f}, "
            f"but sqrt(alpha_bar) is {wanted:.3f} there"
            + (f"; {rest:.0%} of the start's change comes from elsewhere" if not rest <= RESIDUAL else ""),
            misconception="the start is a point of the forward process: scaled latents, weighted by the cumulative "
            "alpha_bar of the very timestep at which the loop begins",
            help="Compare the latents' standard deviation with 1, and the timestep of the noise with the loop's first.",
        )


def picture_weight(loop: Denoising, other: Denoising) -> tuple[float, float]:
    """(slope, rest): how far the start follows the picture's latents, and the share of its change left unexplained."""
    pair = loop.clean, other.clean
    if pair[0] is None or pair[1] is None:
        raise Failure("no picture was encoded before the loop", help="Encode the picture before you add noise.")
    moved = (loop.steps[0].sample - other.steps[0].sample).flatten()
    latents = (pair[0].latents - pair[1].latents).flatten()
    if moved.shape != latents.shape or not float(latents.norm()) > 0 or is_constant(loop.steps[0].sample):
        raise Failure("the start holds no noise, or has another shape than the picture's latents")
    slope = float(moved @ latents / (latents @ latents))
    rest = float((moved - slope * latents).norm() / moved.norm().clamp_min(1e-12 * latents.norm()))
    return slope, rest


def require_unit_start_noise(loop: Denoising) -> None:
    """Fail unless the noise that the start implies is unit noise without a trace of the picture."""
    noise, clean = start_noise(loop), loop.clean
    assert clean is not None
    count = noise.numel()
    deviation = float(noise.std())
    leakage = float(torch.corrcoef(torch.stack([noise.flatten(), clean.latents.flatten()]))[0, 1])
    if not abs(deviation - 1) <= SIGMAS / math.sqrt(2 * count) or not abs(leakage) <= SIGMAS / math.sqrt(count):
        raise Failure(
            f"the noise in the start at timestep {loop.timesteps[0]} has deviation {deviation:.2f} instead of 1 and "
            f"correlation {leakage:.2f} with the picture instead of 0",
            misconception="signal and noise are weighted by square roots, so that their squares add up to one",
            help="Write both weights of the forward process down and check them at alpha_bar = 0.25.",
        )


def start_noise(loop: Denoising) -> torch.Tensor:
    """The noise that a start implies, (x - sqrt(a) z0) / sqrt(1 - a); where the whole schedule runs, z0 may be absent.

    Raises:
        Failure: there is no picture, or it has another shape.
    """
    start, signal = loop.steps[0].sample, loop.signal(loop.timesteps[0])
    if loop.clean is None or loop.clean.latents.shape != start.shape:
        raise Failure("the start does not have the shape of a picture's latents")
    implied: torch.Tensor = (start - math.sqrt(signal) * loop.clean.latents) / math.sqrt(1 - signal)
    pure = is_full(loop) and abs(float(start.std()) - 1) < abs(float(implied.std()) - 1)
    return start if pure else implied


def is_full(loop: Denoising) -> bool:
    """Whether the loop runs through its whole schedule."""
    return loop.told is not None and loop.timesteps == loop.sampler().timesteps


def require_guidance(loop: Denoising, transitions: list[Transition], known: Iterable[float]) -> None:
    """Fail unless every step moves from the answer to the empty prompt past the one to the prompt.

    `known` are guidance scales that the notebook names: a weight that is one more than such a number, and is none
    itself, was counted from the wrong end (Ho and Salimans 2022, equation 6, has both ways to write it).
    """
    if any(step.empty is None for step in loop.steps):
        raise Failure(
            "the U-Net was asked about one text only",
            misconception="guidance needs both answers: with the prompt and without it",
            help="Ask the U-Net for both prompts, in one batch or one after the other.",
        )
    for number, step in enumerate(transitions, 1):
        empty, weight = step.empty, step.prompt
        if not loop.steps[0].knows_order and empty > weight:
            empty, weight = weight, empty
        if not abs(empty + weight - 1) <= WEIGHTS or not weight > 1 or _is_counted_from_prompt(weight, known):
            raise Failure(
                f"step {number} adds up {weight:.2f} times the answer to the prompt and {empty:.2f} times the answer "
                "to the empty prompt",
                misconception="guidance starts at the answer without the prompt and goes in the prompt's direction",
                help="Put the guidance scales 0 and 1 into your formula: which answer must come out of each?",
            )


def _is_counted_from_prompt(weight: float, known: Iterable[float]) -> bool:
    def close(number: float) -> bool:
        return any(abs(number - other) <= WEIGHTS for other in known)

    return close(weight - 1) and not close(weight)


def require_reference_transitions(loop: Denoising) -> None:
    """Fail unless each step leads where the reference scheduler leads from the same latents and U-Net answers."""
    steps = loop.transitions[:-1] or loop.transitions
    wrong = [(number, step) for number, step in enumerate(steps, 1) if not step.error <= STEP]
    if wrong:
        number, step = wrong[0]
        raise Failure(
            f"{len(wrong)} of {len(steps)} steps lead elsewhere than the scheduler's; the first is step {number} at "
            f"timestep {step.timestep}, which is {step.error:.2g} off (relative)",
            misconception="a step goes from one noise level to the next: it needs the timestep it starts from, and its "
            "result is the slightly less noisy latent, not the guess of the clean one",
            help="Which timestep and which latents does the scheduler's step get, and what of its answer is kept?",
        )


def require_decode_scaling(loop: Denoising) -> None:
    """Fail unless the decoder got the loop's last latents, divided by the scaling factor."""
    decoded = loop.decoded
    if decoded is None:
        raise Failure("the latents were not decoded after the loop", help="Decode what the last step gave.")
    wanted = [latents.double() for latents in decoded.stepped] or [loop.transitions[-1].expected]
    errors = [float((decoded.scaled - w).norm() / w.norm()) for w in wanted if w.shape == decoded.scaled.shape]
    if not errors or not min(errors) <= LATENTS:
        last = wanted[0]
        size = float(decoded.latents.double().norm() / last.norm())
        raise Failure(
            f"the decoder got latents {size:.3g} times as large as the loop's last ones; the scaling factor is "
            f"{decoded.scaling_factor:g}",
            misconception="latents were multiplied by the scaling factor after encoding; before decoding that must be "
            "undone",
            help="Compare the standard deviation of the last latents with that of the decoder's input.",
        )


def require_picture_forgotten(loop: Denoising, other: Denoising) -> None:
    """Fail unless, at full strength, all steps run and the picture has the weight 0 or sqrt(alpha_bar) in the start.

    `other` is the same loop on another picture.
    """
    if not is_full(loop):
        raise Failure(
            f"at strength 1 the loop made {len(loop.steps)} steps, from timestep {loop.timesteps[0]}",
            misconception="strength 1 is text-to-image: the whole schedule runs",
            help="What does your formula for the first step give at strength 1?",
        )
    slope, _ = picture_weight(loop, other)
    root = math.sqrt(loop.signal(loop.timesteps[0]))
    if not min(abs(slope), abs(slope - root)) <= FULL:
        raise Failure(
            f"at strength 1 the picture still has the weight {slope:.3f} in the start, not {root:.3f} or 0",
            misconception="at strength 1 nothing of the picture survives but what alpha_bar leaves at the first "
            "timestep; a filter would keep its structure",
            help="At which timestep is the noise added when the strength is 1?",
        )


def require_text_to_image(loop: Denoising, known: Iterable[float] = ()) -> None:
    """Fail unless the loop does what text-to-image does from the same start: all steps, guided, the scheduler's.

    Equal start, equal answers of the U-Net and equal steps give equal latents, one after the other.
    """
    if not is_full(loop):
        raise Failure(
            f"the loop made {len(loop.steps)} steps, from timestep {loop.timesteps[0]}; text-to-image runs them all",
            help="What does your formula for the first step give at strength 1?",
        )
    require_reference_transitions(loop)
    if loop.by_hand:
        require_guidance(loop, loop.transitions, known)
