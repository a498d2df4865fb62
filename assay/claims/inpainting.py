"""What inpainting must do: change what the mask covers, keep the rest, and hold the rest at each step's noise level.

The numbers behind the tolerances: a kept cell is off by the posterior's deviation at most, where the latents were
drawn and not the mean taken; six of those never happen in a million cells. One step's noise level differs from the next
by 6 % and more.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable

import torch

from assay.claims.denoising import (
    SIGMAS,
    STEP,
    require_guidance,
    require_steps_of_schedule,
    require_text_to_image,
)
from assay.failure import Failure
from assay.judging.observations.denoising import Denoising
from assay.judging.observations.inpainting import Inpainting
from assay.judging.observations.mask import SHARP, Mask

DRAWN = 6  # deviations of the posterior; see above
MOST = 0.05  # latents have a deviation of 1; a last blend that is still noisy is twice as far off
ROUNDING = 1e-5  # of the largest latent: multiplying and dividing by the scaling factor
ASTRAY = 0.01  # of the cells: noise in what is kept carries 0.1 % over to the other side, a shift by one cell 3 %
CHANGED = 0.1  # root mean square; latents have a deviation of 1, and two samples of one prompt differ by 0.3 and more
LEVEL = 0.02  # relative; see above
LIKENESS = 0.5  # correlation; the picture at any scale and with the last step's noise gives 0.9 and more, others 0.1
NOISE = (0.7, 1.3)  # deviation of the noise in kept cells: a clean picture gives 0, and few cells may be kept


def require_mask(edit: Inpainting) -> Mask:
    """The mask of an inpainting.

    Raises:
        LookupError: it was bound to no name and handed to no pipeline.
    """
    if edit.mask is None:
        raise LookupError("the mask of this loop was not seen")
    return edit.mask


def require_partial_masks(edits: Iterable[Inpainting]) -> list[Inpainting]:
    """The inpaintings whose mask covers a part of the picture; fails without any."""
    edits = list(edits)
    found = [edit for edit in edits if require_mask(edit).is_partial and edit.keeps_something]
    if not found:
        raise Failure(
            f"none of {len(edits)} inpaintings had a mask that covers a part of the picture and leaves a part",
            misconception="a mask that is white all over lets everything be painted anew, and one that is black all "
            "over lets nothing: neither is inpainting",
            help="Draw a white region on a black mask and hand it to the pipeline.",
        )
    return found


def require_nested_masks(edits: Iterable[Inpainting]) -> None:
    """Fail unless one mask takes all that another one takes, and more."""
    masks = [require_mask(edit) for edit in require_partial_masks(edits)]
    if not any(a.covers(b) for a, b in itertools.permutations(masks, 2)):
        raise Failure(
            f"of {len(masks)} masks that cover a part of the picture, none contains another one",
            help="The generous mask covers what the tight one does, and some way beyond its edge.",
        )


def require_shared_start(edits: Iterable[Inpainting]) -> None:
    """Fail unless two inpaintings began from the same latents and were asked for the same."""
    runs = [edit.loop for edit in require_partial_masks(edits)]
    if not any(a.begins_like(b) for a, b in itertools.combinations(runs, 2)):
        raise Failure(
            f"of {len(runs)} inpaintings no two began from the same latents with the same prompt",
            misconception="the first call uses the generator up: the second then gets other noise, and what differs "
            "is not due to the mask",
            help="Make a generator with the same seed for every call.",
        )


def require_effective_mask(edit: Inpainting) -> None:
    """Fail unless the last latents are the sampler's where the mask is white, and resemble the picture's where it is
    black; `require_kept_cells` says whether they are the picture's."""
    mask = require_mask(edit)
    wrong = edit.loop.effective_mask.disagreement(mask)
    if wrong > ASTRAY:
        raise Failure(
            f"{wrong:.0%} of the latents' cells took the other side than the mask says, of {int(mask.white.sum())} "
            f"white and {int(mask.black.sum())} black ones",
            misconception="white marks what is edited, black what stays; the latents keep the picture's rows and "
            "columns, eight pixels to a cell",
            help="Look at the mask on the latents' grid beside the picture, and at which of the two latents it "
            "multiplies.",
        )
    likeness = _likeness(edit.loop, mask)
    if not likeness >= LIKENESS:
        raise Failure(
            f"where the mask is black, the last latents have a correlation of {likeness:.2f} with the picture's",
            misconception="what is not edited is the picture: neither emptiness nor noise",
            help="What do you put back outside the mask, and in which of its states after the last step?",
        )


def _likeness(loop: Denoising, mask: Mask) -> float:
    """How much the black cells resemble the picture's, on whatever scale; NaN where one of them is constant."""
    assert loop.clean is not None and loop.final is not None  # there would be no effective mask
    pair = [latents[:, mask.black].flatten() for latents in (loop.final, loop.clean.latents)]
    return float(torch.corrcoef(torch.stack(pair))[0, 1])


def require_binary_effect(edit: Inpainting) -> None:
    """Fail unless every number of the last latents is the sampler's or the picture's, and no mixture."""
    seen = edit.loop.effective_mask.seen
    between = ~((seen.abs() <= SHARP) | ((seen - 1).abs() <= SHARP))
    if not seen.numel() or bool(between.any()):
        raise Failure(
            f"{int(between.sum())} of {seen.numel()} numbers of the last latents are neither the sampler's nor the "
            "picture's",
            misconception="the mask decides which latents are kept; it does not blend a picture with another one, and "
            "the last step puts the clean picture back, not a noisy one",
            help="Print the values that the mask has on the latents' grid, and the noise level of what goes in last.",
        )


def require_kept_cells(edit: Inpainting) -> None:
    """Fail unless the cells outside the mask end as the picture's own latents."""
    mask, loop = require_mask(edit), edit.loop
    if loop.clean is None or loop.final is None:
        raise Failure("no picture was encoded, or nothing decoded")
    own = loop.clean.latents
    # the deviation was written down by the student's process: whatever it says, a picture is not kept beyond MOST
    allowed = min(DRAWN * loop.clean.deviation + ROUNDING * float(own.abs().max()), MOST)
    off = (loop.final - own)[:, mask.black].abs()
    if not off.numel() or not math.isfinite(allowed) or not bool((off <= allowed).all()):
        raise Failure(
            f"outside the mask the last latents are up to {float(off.max()) if off.numel() else math.inf:.2g} away "
            "from the picture's",
            misconception="what is not edited comes from the picture at every step, and after the last step it is the "
            "picture itself, without any noise",
            help="What is put back after the last step, and on which scale?",
        )


def require_edited_cells(edit: Inpainting) -> None:
    """Fail unless the cells inside the mask ended as something else than the picture."""
    mask, loop = require_mask(edit), edit.loop
    if loop.clean is None or loop.final is None:
        raise Failure("no picture was encoded, or nothing decoded")
    moved = (loop.final - loop.clean.latents)[:, mask.white]
    size = float(moved.square().mean().sqrt()) if moved.numel() else 0.0
    if not size > CHANGED:
        raise Failure(
            f"inside the mask the latents differ from the picture's by {size:.2g} (root mean square)",
            misconception="white marks what is edited",
            help="Which part of the result is new when the mask is white in one corner only?",
        )


def require_noise_level(edit: Inpainting, other: Inpainting) -> None:
    """Fail unless, entering each step but the first, the cells outside the mask are the picture noised to that step.

    `other` is the same loop on another picture with the same noise, as in `require_forward_start`.
    """
    mask = require_mask(edit)
    pair = edit.loop.clean, other.loop.clean
    if pair[0] is None or pair[1] is None or edit.loop.timesteps != other.loop.timesteps:
        raise Failure("the loop does not run the same way on another picture")
    latents = (pair[0].latents - pair[1].latents)[:, mask.black]
    for number, (step, twin) in enumerate(zip(edit.loop.steps, other.loop.steps, strict=True), 1):
        if number == 1:
            continue
        moved = (step.sample - twin.sample)[:, mask.black]
        slope = float((moved * latents).sum() / (latents * latents).sum())
        root = math.sqrt(edit.loop.signal(step.timestep))
        noise = (step.sample - root * pair[0].latents)[:, mask.black] / math.sqrt(1 - root**2)
        if not abs(slope - root) <= LEVEL * root or not NOISE[0] <= float(noise.std()) <= NOISE[1]:
            raise Failure(
                f"entering step {number} at timestep {step.timestep}, the cells outside the mask hold {slope:.3f} of "
                f"the picture and noise of deviation {float(noise.std()):.2f}; the step expects {root:.3f} and 1",
                misconception="the U-Net expects every cell at the noise level of its step: a clean picture beside "
                "noisy latents, or one pasted in at the end, gets no boundary that fits",
                help="To which timestep is the picture noised before it is put back, and after which steps?",
            )


def require_sampled_cells(edit: Inpainting, known: Iterable[float]) -> None:
    """Fail unless a loop written by hand runs its schedule, and the cells inside the mask go where the guided reference
    scheduler leads: under a full mask that is text-to-image."""
    mask, loop = require_mask(edit), edit.loop
    require_steps_of_schedule(loop)
    steps = loop.masked_transitions[:-1]
    for number, step in enumerate(steps, 1):
        if step.after is None:
            continue
        off = (step.after - step.expected)[:, mask.inner].norm() / step.after[:, mask.inner].norm()
        if not float(off) <= STEP:
            raise Failure(
                f"inside the mask step {number} at timestep {step.timestep} leads elsewhere than the scheduler's: "
                f"{float(off):.2g} off (relative)",
                misconception="inside the mask inpainting is plain denoising, step for step",
                help="What does the mask multiply, and what comes out of a mask that is white everywhere?",
            )
    require_guidance(loop, steps or loop.masked_transitions, known)


def require_empty_mask(loop: Denoising) -> None:
    """Fail unless a pipeline with an empty mask gave the picture's latents back, bit for bit."""
    if loop.clean is None or loop.clean.exact is None or loop.decoded is None:
        raise LookupError("the latents of this pipeline were not kept")
    exact, factor = loop.clean.exact, loop.decoded.scaling_factor
    if not torch.equal((factor * exact) / factor, loop.decoded.latents):
        worst = float((exact.double() - loop.decoded.latents.double()).abs().max())
        raise Failure(
            f"with an empty mask the decoder got latents up to {worst:.2g} away from the encoded ones",
            misconception="with nothing to edit, inpainting returns the picture's latents",
            help="What else than the mask decides which latents are decoded?",
        )


def require_full_mask(loop: Denoising) -> None:
    """Fail unless a pipeline with a full mask at strength 1 does what text-to-image does, without the picture."""
    require_text_to_image(loop)
    start, final, expected = loop.steps[0].sample, loop.final, loop.transitions[-1].expected
    if final is None or not float((final - expected).norm() / expected.norm()) <= STEP:
        raise Failure("with a full mask the decoded latents are not those of text-to-image from the same start")
    if loop.clean is not None:
        left = float(torch.corrcoef(torch.stack([start.flatten(), loop.clean.latents.flatten()]))[0, 1])
        if not abs(left) <= math.sqrt(loop.signal(loop.timesteps[0])) + SIGMAS / math.sqrt(start.numel()):
            raise Failure(f"with a full mask at strength 1 the start still resembles the picture ({left:.2f})")
