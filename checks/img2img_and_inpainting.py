"""Img2img and inpainting: the denoising loop you know, from another start, and for a part of the picture only."""

from assay import Failure
from assay.claims import (
    is_full,
    require_binary_effect,
    require_by_hand,
    require_continuation,
    require_decode_scaling,
    require_edited_cells,
    require_effective_mask,
    require_empty_mask,
    require_farther_with_strength,
    require_forward_start,
    require_from_pictures,
    require_full_mask,
    require_guidance,
    require_kept_cells,
    require_nested_masks,
    require_noise_level,
    require_one_schedule,
    require_partial_masks,
    require_picture_forgotten,
    require_pixel_range,
    require_reference_transitions,
    require_same_picture_and_prompt,
    require_same_start_noise,
    require_sampled_cells,
    require_shared_start,
    require_shares,
    require_some_strength,
    require_steps_by_strength,
    require_steps_of_schedule,
    require_text_to_image,
    require_unit_start_noise,
    strength_of,
)

GUIDANCE = 7.5  # what the exercises name
STRENGTHS = 5  # what exercise 1 asks for
STRENGTH_NAMES = ("strength", "denoising_strength", "img2img_strength")  # those that the replays look for
LOW = 0.2  # the strength that the replay asks for: far from any that makes a picture

# Exercise 1: strength -------------------------------------------------------------------------------------------------


def check_one_picture_at_five_strengths(loops):
    """The same picture and prompt went through img2img at five different strengths."""
    starts = require_from_pictures(loops)
    # by what was asked for where that is known: with fewer steps, close strengths may come to begin at the same one
    asked = {len(loop.steps) if loop.strength is None else loop.strength for loop in starts}
    if len(asked) < STRENGTHS:
        raise Failure(
            f"{len(starts)} runs of img2img had {len(asked)} different strengths",
            help="Let the loop over the strengths hand each of them to the pipeline.",
        )
    require_same_picture_and_prompt(starts)


def check_each_run_makes_strength_times_n_steps(loops):
    """Each run makes the last strength times n steps of the schedule."""
    for loop in require_from_pictures(loops):
        require_steps_of_schedule(loop)
        if loop.strength is not None:
            require_steps_by_strength(loop, loop.strength)


def check_all_runs_begin_from_the_same_noise(loops):
    """The noise that is added to the picture is the same at every strength."""
    require_same_start_noise(require_from_pictures(loops))


def check_more_strength_moves_farther_from_the_picture(loops):
    """The stronger the run, the farther its result is from the picture."""
    require_farther_with_strength(require_from_pictures(loops))


def check_one_deterministic_schedule(loops):
    """All runs use the same number of DDIM steps, so that they can be compared with a loop written by hand."""
    require_one_schedule(require_from_pictures(loops), "DDIMScheduler")


# Exercise 2: img2img by hand ------------------------------------------------------------------------------------------


def check_the_pictures_lie_between_minus_one_and_one(latents):
    """The VAE gets pictures with values from -1 to 1."""
    require_pixel_range(latents)


def check_the_loop_runs_the_last_steps_of_the_schedule(loops):
    """The loop runs through the last timesteps of the schedule, downwards, without a gap."""
    for loop in require_by_hand(loops):
        require_steps_of_schedule(loop)


def check_the_number_of_steps_follows_the_strength(work, loops, replays):
    """The number of steps is strength times n, also at a strength that was not tried."""
    require_by_hand(loops)
    require_shares(work, STRENGTH_NAMES)
    try:
        again = _by_hand(replays["low_strength"].work.denoisings)
    except LookupError:  # the strength goes by another name: then a number of the notebook must explain the steps
        require_some_strength(require_by_hand(loops), work.numbers)
        return
    for loop in [loop for loop in again if not is_full(loop)] or again:
        require_steps_by_strength(loop, LOW)


def check_the_start_follows_the_forward_process(loops, replays):
    """The loop begins from sqrt(alpha_bar) times the scaled latents plus sqrt(1 - alpha_bar) times the noise."""
    for loop, other in zip(require_by_hand(loops), _by_hand(replays["other_picture"].work.denoisings), strict=True):
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
    for loop, other in zip(runs, _by_hand(replays["full_strength_other_picture"].work.denoisings), strict=True):
        require_picture_forgotten(loop, other)


def check_full_strength_is_text_to_image(work, loops, replays):
    """At strength 1 the loop does what text-to-image does from the same start latents."""
    require_by_hand(loops)
    for loop in require_by_hand(replays["full_strength"].work.denoisings):
        require_text_to_image(loop, [GUIDANCE, *work.numbers])


# Exercise 3: masks ----------------------------------------------------------------------------------------------------


def check_a_tight_and_a_generous_mask(edits):
    """Two masks over the same region were used, one of them larger than the other all around or on one side."""
    require_nested_masks(edits)


def check_both_masks_share_prompt_and_noise(edits):
    """The inpaintings that are compared share prompt, picture and start noise."""
    require_shared_start(edits)


def check_white_is_edited_and_black_is_kept(edits):
    """The result is new where the mask is white, and the picture where it is black."""
    for edit in require_partial_masks(edits):
        require_effective_mask(edit)


def check_the_mask_decides_and_does_not_blend(edits):
    """Every cell of the latents is either the sampler's or the picture's."""
    for edit in require_partial_masks(edits):
        require_binary_effect(edit)


def check_the_edited_region_is_new(edits):
    """Inside the mask the result is another one than the picture."""
    for edit in require_partial_masks(edits):
        require_edited_cells(edit)


def check_the_kept_region_is_the_picture(edits):
    """Outside the mask the last latents are the picture's own."""
    for edit in require_partial_masks(edits):
        require_kept_cells(edit)


def check_the_kept_region_has_each_steps_noise_level(edits, replays):
    """Entering each step, the kept region is the picture noised to that step's level."""
    partial = require_partial_masks(edits)
    for edit, other in zip(edits, replays["other_picture_in_place"].work.inpaintings, strict=True):
        if edit in partial:
            require_noise_level(edit, other)


def check_an_empty_mask_returns_the_picture(edits, replays):
    """With an empty mask the result is the picture: the same latents, bit for bit in a pipeline."""
    for edit in require_partial_masks(edits):
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
    strengths = [strength_of(loop) for loop in require_from_pictures(loops)]
    if not any(0.6 <= round(strength, 2) <= 0.8 for strength in strengths):
        tried = ", ".join(f"{strength:.2f}" for strength in strengths) or "none"
        raise Failure(
            f"the strengths of the img2img runs: {tried}",
            help="The workflow asks for a strength at which the scene is new and its composition is kept.",
        )


def check_inpainting_edits_the_img2img_result(loops, edits):
    """The picture that is inpainted is the result of img2img."""
    require_continuation([edit.loop for edit in require_partial_masks(edits)], loops)


def check_the_mask_covers_a_part(edits):
    """The mask of the inpainting covers a part of the picture and leaves a part."""
    require_partial_masks(edits)


def _by_hand(loops):
    return [loop for loop in loops if loop.by_hand]
