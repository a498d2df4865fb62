"""Img2img and inpainting: the denoising loop you know, from another start, and for a part of the picture only."""

import itertools

import torch

from assay import Failure
from assay.claims import (
    is_full,
    require_binary_effect,
    require_by_hand,
    require_decode_scaling,
    require_edited_cells,
    require_effective_mask,
    require_empty_mask,
    require_forward_start,
    require_full_mask,
    require_guidance,
    require_kept_cells,
    require_mask,
    require_noise_level,
    require_picture_forgotten,
    require_reference_transitions,
    require_sampled_cells,
    require_steps_by_strength,
    require_steps_of_schedule,
    require_text_to_image,
    require_unit_start_noise,
    start_noise,
)

GUIDANCE = 7.5  # what the exercises name
STRENGTHS = 5  # what exercise 1 asks for
LOW = 0.2  # the strength that the replay asks for: far from any that makes a picture
SAME_NOISE = 1e-2  # relative; the picture's drawn latents differ from their mean by 2e-4, little noise magnifies that
APART = 0.19  # strengths this far apart differ in every pair of pictures; nearer ones may not
RESEMBLANCE = 0.9  # correlation of latents with those of their decoded and encoded picture; two pictures have less

# Exercise 1: strength -------------------------------------------------------------------------------------------------


def check_one_picture_at_five_strengths(loops):
    """The same picture and prompt went through img2img at five different strengths."""
    starts = _from_pictures(loops)
    counts = {len(loop.steps) for loop in starts}
    if len(counts) < STRENGTHS:
        raise Failure(
            f"{len(starts)} runs of img2img began at {len(counts)} different points of the schedule",
            help="Let the loop over the strengths hand each of them to the pipeline.",
        )
    if len({loop.prompt for loop in starts}) > 1:
        raise Failure("the prompts differ between the runs", help="Change one thing at a time: the strength.")
    if any(not torch.equal(loop.clean.latents, starts[0].clean.latents) for loop in starts):
        raise Failure(
            "the runs did not begin from the same picture",
            misconception="img2img does not change the picture that it is given, like a filter; each run needs it anew",
            help="Give every run the source picture, not the result of the run before.",
        )


def check_each_run_makes_strength_times_n_steps(loops):
    """Each run makes the last strength times n steps of the schedule."""
    for loop in _from_pictures(loops):
        require_steps_of_schedule(loop)
        if loop.strength is not None:
            require_steps_by_strength(loop, loop.strength)


def check_all_runs_begin_from_the_same_noise(loops):
    """The noise that is added to the picture is the same at every strength."""
    first, *others = [start_noise(loop) for loop in _from_pictures(loops)]
    off = [float((noise - first).norm() / first.norm()) if noise.shape == first.shape else 9.9 for noise in others]
    if not off or not max(off) <= SAME_NOISE:
        raise Failure(
            f"{sum(not distance <= SAME_NOISE for distance in off)} of {len(off)} runs used other noise than the first",
            misconception="one generator for all runs goes on where the run before left it",
            help="Make a generator with the same seed for every run.",
        )


def check_more_strength_moves_farther_from_the_picture(loops):
    """The stronger the run, the farther its result is from the picture."""
    runs = [(len(loop.steps) / loop.sampler().steps, _distance(loop)) for loop in _from_pictures(loops)]
    pairs = [(a, b) for a, b in itertools.permutations(runs, 2) if b[0] - a[0] >= APART]
    wrong = [(a, b) for a, b in pairs if not b[1] > a[1]]
    if wrong or not pairs:
        (weak, near), (strong, far) = wrong[0] if wrong else ((0, 0), (0, 0))
        raise Failure(
            f"the result at strength {strong:.1f} is {far:.2f} away from the picture, that at {weak:.1f} {near:.2f}",
            misconception="the strength says how much noise the picture gets, not how much of the result is mixed in",
            help="Which of two runs has fewer steps left, and which picture do you compare with?",
        )


def check_one_deterministic_schedule(loops):
    """All runs use the same number of DDIM steps, so that they can be compared with a loop written by hand."""
    told = {(loop.told["cls"], loop.told["steps"]) for loop in _from_pictures(loops) if loop.told}
    if len(told) != 1 or next(iter(told))[0] != "DDIMScheduler":
        named = ", ".join(f"{name} with {steps} steps" for name, steps in sorted(told, key=str)) or "no scheduler"
        raise Failure(
            f"the runs used {named}",
            misconception="the sampler is a part of its own, independent of img2img; comparing needs the same one",
            help="Which scheduler does the pipeline come with, and how is it replaced?",
        )


# Exercise 2: img2img by hand ------------------------------------------------------------------------------------------


def check_the_loop_runs_the_last_steps_of_the_schedule(loops):
    """The loop runs through the last timesteps of the schedule, downwards, without a gap."""
    for loop in require_by_hand(loops):
        require_steps_of_schedule(loop)


def check_the_number_of_steps_follows_the_strength(work, loops, replays):
    """The number of steps is strength times n, also at a strength that was not tried."""
    require_by_hand(loops)
    try:
        again = _by_hand(replays["low_strength"].work.denoisings)
    except LookupError:  # the strength goes by another name: then a number of the notebook must explain the steps
        _require_some_strength(work, loops)
        return
    for loop in [loop for loop in again if not is_full(loop)] or again:
        require_steps_by_strength(loop, LOW)


def check_the_start_follows_the_forward_process(loops, replays):
    """The loop begins from sqrt(alpha_bar) times the scaled latents plus sqrt(1 - alpha_bar) times the noise."""
    for loop, other in _pairs(require_by_hand(loops), _by_hand(replays["other_picture"].work.denoisings)):
        require_forward_start(loop, other)


def check_the_noise_in_the_start_is_unit_noise(loops):
    """The noise in the start has deviation 1 and holds nothing of the picture."""
    for loop in require_by_hand(loops):
        require_unit_start_noise(loop)


def check_every_step_is_the_schedulers_with_guidance(work, loops):
    """Every step is the scheduler's, made with the guided noise."""
    for loop in require_by_hand(loops):
        require_reference_transitions(loop)
        require_guidance(loop, loop.transitions, [GUIDANCE, *work.numbers])


def check_the_decoder_gets_the_unscaled_latents(loops):
    """The decoder gets the last latents divided by the scaling factor."""
    decoded = [loop for loop in require_by_hand(loops) if loop.decoded is not None]
    for loop in decoded or _by_hand(loops):
        require_decode_scaling(loop)


def check_full_strength_forgets_the_picture(loops, replays):
    """At strength 1 all steps run, and the start no longer depends on the picture but for sqrt(alpha_bar)."""
    require_by_hand(loops)
    runs = _by_hand(replays["full_strength"].work.denoisings)
    for loop, other in _pairs(runs, _by_hand(replays["full_strength_other_picture"].work.denoisings)):
        require_picture_forgotten(loop, other)


def check_full_strength_is_text_to_image(work, loops, replays):
    """At strength 1 the loop does what text-to-image does from the same start latents."""
    require_by_hand(loops)
    for loop in require_by_hand(replays["full_strength"].work.denoisings):
        require_text_to_image(loop, [GUIDANCE, *work.numbers])


# Exercise 3: masks ----------------------------------------------------------------------------------------------------


def check_a_tight_and_a_generous_mask(edits):
    """Two masks over the same region were used, one of them larger than the other all around or on one side."""
    masks = [require_mask(edit) for edit in _partial(edits)]
    if not any(a.covers(b) for a, b in itertools.permutations(masks, 2)):
        raise Failure(
            f"of {len(masks)} masks that cover a part of the picture, none contains another one",
            help="The generous mask covers what the tight one does, and some way beyond its edge.",
        )


def check_both_masks_share_prompt_and_noise(edits):
    """The inpaintings that are compared share prompt, picture and start noise."""
    runs = [edit.loop for edit in _partial(edits)]
    shared = [(a, b) for a, b in itertools.combinations(runs, 2) if a.prompt == b.prompt]
    if not any(torch.equal(a.steps[0].sample, b.steps[0].sample) for a, b in shared):
        raise Failure(
            f"of {len(runs)} inpaintings no two began from the same latents with the same prompt",
            misconception="the first call uses the generator up: the second then gets other noise, and what differs "
            "is not due to the mask",
            help="Make a generator with the same seed for every call.",
        )


def check_white_is_edited_and_black_is_kept(edits):
    """The result is new where the mask is white, and the picture where it is black."""
    for edit in _partial(edits):
        require_effective_mask(edit)


def check_the_mask_decides_and_does_not_blend(edits):
    """Every cell of the latents is either the sampler's or the picture's."""
    for edit in _partial(edits):
        require_binary_effect(edit)


def check_the_edited_region_is_new(edits):
    """Inside the mask the result is another one than the picture."""
    for edit in _partial(edits):
        require_edited_cells(edit)


def check_the_kept_region_is_the_picture(edits):
    """Outside the mask the last latents are the picture's own."""
    for edit in _partial(edits):
        require_kept_cells(edit)


def check_the_kept_region_has_each_steps_noise_level(edits, replays):
    """Entering each step, the kept region is the picture noised to that step's level."""
    others = replays["other_picture_in_place"].work.inpaintings
    for edit, other in _pairs(edits, others):
        if require_mask(edit).is_partial:
            require_noise_level(edit, other)


def check_an_empty_mask_returns_the_picture(edits, replays):
    """With an empty mask the result is the picture: the same latents, bit for bit in a pipeline."""
    for edit in _partial(edits):
        if edit.loop.by_hand:
            require_kept_cells(edit)
    if any(not edit.loop.by_hand for edit in edits):
        for edit in replays["empty_mask"].work.inpaintings:
            if not edit.loop.by_hand:
                require_empty_mask(edit.loop)


def check_a_full_mask_is_text_to_image(work, edits, replays):
    """With a full mask inpainting at strength 1 is text-to-image: nothing of the picture is left."""
    for edit in edits:
        if edit.loop.by_hand:
            require_sampled_cells(edit, [GUIDANCE, *work.numbers])
    if any(not edit.loop.by_hand for edit in edits):
        for edit in replays["full_mask"].work.inpaintings:
            if not edit.loop.by_hand:
                require_full_mask(edit.loop)


# Exercise 4: both together --------------------------------------------------------------------------------------------


def check_img2img_ran_at_a_high_strength(loops):
    """A picture or sketch went through img2img at a strength from 0.6 to 0.8."""
    strengths = [_strength(loop) for loop in _from_pictures(loops)]
    if not any(0.6 <= round(strength, 2) <= 0.8 for strength in strengths):
        tried = ", ".join(f"{strength:.2f}" for strength in strengths) or "none"
        raise Failure(
            f"the strengths of the img2img runs: {tried}",
            help="The workflow asks for a strength at which the scene is new and its composition is kept.",
        )


def check_inpainting_edits_the_img2img_result(loops, edits):
    """The picture that is inpainted is the result of img2img."""
    if not any(_continues(edit.loop, loops[: loops.index(edit.loop)]) for edit in _partial(edits)):
        raise Failure(
            "no inpainting was given the result of an img2img run before it",
            misconception="the two techniques are steps of one workflow: the second edits what the first has made",
            help="Which picture does the inpainting get?",
        )


def check_the_mask_covers_a_part(edits):
    """The mask of the inpainting covers a part of the picture and leaves a part."""
    _partial(edits)


def _from_pictures(loops):
    """The loops of img2img: those that begin from an encoded picture and put nothing back on their way."""
    found = [loop for loop in loops if loop.clean is not None and not loop.is_of("StableDiffusionInpaintPipeline")]
    if not found:
        raise Failure(
            f"{len(loops)} denoising loops ran, none of them from a picture",
            misconception="img2img needs the VAE's encoder, which text-to-image does without",
            help="Give the pipeline a picture and a strength.",
        )
    return found


def _by_hand(loops):
    return [loop for loop in loops if loop.by_hand]


def _pairs(loops, others):
    """Each loop with the same loop of the replay."""
    if len(loops) != len(others):
        raise LookupError(f"{len(loops)} loops ran, and {len(others)} when the exercise ran again")
    return zip(loops, others, strict=True)


def _strength(loop):
    return len(loop.steps) / loop.sampler().steps if loop.strength is None else loop.strength


def _distance(loop):
    return float((loop.final - loop.clean.latents).square().mean().sqrt()) if loop.final is not None else float("nan")


def _require_some_strength(work, loops):
    named = [number for number in work.numbers if 0 < number < 1]
    for loop in require_by_hand(loops):
        done, steps = len(loop.steps), loop.sampler().steps
        if not any(abs(done - number * steps) < 1 - 1e-6 for number in named):
            raise Failure(f"{done} of {steps} steps ran, and no number of this exercise is a strength that gives that")


def _partial(edits):
    """The inpaintings whose mask covers a part of the picture."""
    found = [edit for edit in edits if require_mask(edit).is_partial and edit.keeps_something]
    if not found:
        raise Failure(
            f"none of {len(edits)} inpaintings had a mask that covers a part of the picture and leaves a part",
            help="Draw a white region on a black mask and hand it to the pipeline.",
        )
    return found


def _continues(loop, before):
    """Whether a loop's picture is what an earlier loop from a picture made."""
    if any(loop.pipeline and loop.pipeline["image"] in earlier.pictures for earlier in before if earlier.clean):
        return True
    finals = [earlier.final for earlier in before if earlier.clean is not None and earlier.final is not None]
    return any(_correlation(loop.clean.latents, final) > RESEMBLANCE for final in finals)


def _correlation(left, right):
    if left.shape != right.shape:
        return 0.0
    return float(torch.corrcoef(torch.stack([left.flatten(), right.flatten()]))[0, 1])
