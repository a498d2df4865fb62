"""What must hold of one picture that went through img2img at several strengths, and of what goes on from a result."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence

import torch

from assay.claims.denoising import start_noise
from assay.failure import Failure
from assay.judging.observations import Work
from assay.judging.observations.denoising import Denoising
from assay.judging.observations.inpainting import PIPELINE
from assay.tensors import is_constant

SAME_NOISE = 1e-2  # relative; the picture's drawn latents differ from their mean by 2e-4, little noise magnifies that
APART = 0.19  # strengths this far apart differ in every pair of pictures; nearer ones may not
RESEMBLANCE = 0.4  # correlation of latents with those of their decoded and encoded picture: 0.6 and more, others 0.1


def require_from_pictures(loops: Sequence[Denoising]) -> list[Denoising]:
    """The loops of img2img: those that begin from an encoded picture, outside of inpainting; fails without any."""
    found = _img2img(loops)
    if not found:
        raise Failure(
            f"{len(loops)} denoising loops ran, none of them from a picture",
            misconception="img2img needs the VAE's encoder, which text-to-image does without",
            help="Give the pipeline a picture and a strength.",
        )
    return found


def strength_of(loop: Denoising) -> float:
    """The strength that a pipeline was given, or the share of its schedule that a loop by hand ran through."""
    return len(loop.steps) / loop.sampler().steps if loop.strength is None else loop.strength


def require_same_picture_and_prompt(loops: Sequence[Denoising]) -> None:
    """Fail unless all loops began from the same picture and were asked for the same."""
    if len({loop.prompt for loop in loops}) > 1:
        raise Failure("the prompts differ between the runs", help="Change one thing at a time: the strength.")
    pictures = [loop.clean.latents for loop in loops if loop.clean is not None]
    if any(is_constant(latents) or not torch.equal(latents, pictures[0]) for latents in pictures):
        raise Failure(
            "the runs did not begin from the same picture",
            misconception="img2img does not change the picture that it is given, like a filter; each run needs it anew",
            help="Give every run the source picture, not the result of the run before.",
        )


def require_same_start_noise(loops: Sequence[Denoising]) -> None:
    """Fail unless the noise that the starts imply is the same in all loops."""
    first, *others = [start_noise(loop) for loop in loops]
    off = [float((noise - first).norm() / first.norm()) if noise.shape == first.shape else 9.9 for noise in others]
    if not off or any(not distance <= SAME_NOISE for distance in off):
        raise Failure(
            f"{sum(not distance <= SAME_NOISE for distance in off)} of {len(off)} runs used other noise than the first",
            misconception="one generator for all runs goes on where the run before left it",
            help="Make a generator with the same seed for every run.",
        )


def require_farther_with_strength(loops: Sequence[Denoising]) -> None:
    """Fail unless of two runs whose strengths differ clearly, the stronger one ends farther from the picture."""
    runs = [(len(loop.steps) / loop.sampler().steps, _distance(loop)) for loop in loops]
    pairs = [(a, b) for a, b in itertools.permutations(runs, 2) if b[0] - a[0] >= APART]
    wrong = [(a, b) for a, b in pairs if not b[1] > a[1]]
    if not pairs:
        raise Failure(f"the strengths of {len(runs)} runs do not differ enough to compare their results")
    if wrong:
        (weak, near), (strong, far) = wrong[0]
        raise Failure(
            f"the result at strength {strong:.1f} is {far:.2f} away from the picture, that at {weak:.1f} {near:.2f}",
            misconception="the strength says how much noise the picture gets, not how much of the result is mixed in",
            help="Which of two runs has fewer steps left, and which picture do you compare with?",
        )


def require_one_schedule(loops: Sequence[Denoising], scheduler: str) -> None:
    """Fail unless all loops used this class of scheduler, told the same number of steps."""
    told = {(str(loop.told["cls"]), loop.told["steps"]) for loop in loops if loop.told}
    if len(told) != 1 or next(iter(told))[0] != scheduler:
        named = ", ".join(f"{name} with {steps} steps" for name, steps in sorted(told, key=str)) or "no scheduler"
        raise Failure(
            f"the runs used {named}",
            misconception="the sampler is a part of its own, independent of img2img; comparing needs the same one",
            help="Which scheduler does the pipeline come with, and how is it replaced?",
        )


def require_shares(work: Work, names: Iterable[str]) -> None:
    """Fail when one of the variables `names` held a number that is no share: below 0 or above 1."""
    for name in names:
        wrong = [value for value in work.values(name) if not bool(((value >= 0) & (value <= 1)).all())]
        if wrong:
            raise Failure(
                f"{name} was {float(wrong[0].flatten()[0]):.3g}",
                misconception="the strength is a share of the schedule: 0 runs none of its steps, 1 runs them all",
                help="Which part of the schedule's list do you get for this strength?",
            )


def require_some_strength(loops: Sequence[Denoising], numbers: Iterable[float]) -> None:
    """Fail unless for every loop one of the notebook's numbers is a strength that gives its number of steps."""
    strengths = [number for number in numbers if 0 < number < 1]
    for loop in loops:
        done, steps = len(loop.steps), loop.sampler().steps
        if not any(abs(done - strength * steps) < 1 - 1e-6 for strength in strengths):
            raise Failure(f"{done} of {steps} steps ran, and no number of this exercise is a strength that gives that")


def require_continuation(edits: Sequence[Denoising], loops: Sequence[Denoising]) -> None:
    """Fail unless one of `edits` was given what img2img, one of `loops` before it, had made of a picture."""
    if not any(_continues(edit, _img2img(loops[: loops.index(edit)])) for edit in edits):
        raise Failure(
            "no inpainting was given the result of an img2img run before it",
            misconception="the two techniques are steps of one workflow: the second edits what the first has made",
            help="Which picture does the inpainting get?",
        )


def _img2img(loops: Iterable[Denoising]) -> list[Denoising]:
    return [loop for loop in loops if loop.clean is not None and not loop.is_of(PIPELINE)]


def _continues(loop: Denoising, made: Sequence[Denoising]) -> bool:
    """Whether a loop's picture is what an earlier loop from a picture made: the same pixels, or, where a file or a loop
    by hand lies between, latents that resemble the result more than what that was made of."""
    if loop.clean is None:
        return False
    if any(loop.pipeline and loop.pipeline["image"] in earlier.pictures for earlier in made):
        return True
    for earlier in made:
        assert earlier.clean is not None
        likeness = 0.0 if earlier.final is None else _correlation(loop.clean.latents, earlier.final)
        if likeness > max(RESEMBLANCE, _correlation(loop.clean.latents, earlier.clean.latents)):
            return True
    return False


def _distance(loop: Denoising) -> float:
    if loop.final is None or loop.clean is None or loop.final.shape != loop.clean.latents.shape:
        return float("nan")
    return float((loop.final - loop.clean.latents).square().mean().sqrt())


def _correlation(left: torch.Tensor, right: torch.Tensor) -> float:
    if left.shape != right.shape:
        return 0.0
    return float(torch.corrcoef(torch.stack([left.flatten(), right.flatten()]))[0, 1])
