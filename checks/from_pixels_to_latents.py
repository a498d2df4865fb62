"""From pixels to latents: the VAE translates between two languages, and diffusion speaks the shorter one."""

import torch

from assay import Failure
from assay.claims import (
    require_compression,
    require_decoded_result,
    require_decoder_scale,
    require_encoded,
    require_forward_start,
    require_measured_loss,
    require_number,
    require_reverse_step,
    require_scaled_latents,
    require_stated_factor,
    require_straight_line,
    require_unchanged,
    require_unit_start_noise,
)

# Exercises 1 and 2: the VAE -------------------------------------------------------------------------------------------

FEWER = (48, 64, 8)  # times: values, places, and places along one side
BETWEEN = 3  # mixtures that show a way; the exercise makes five


def check_the_picture_became_a_latent_48_times_smaller(work, latents):
    """The VAE encoded a picture of values from -1 to 1 into 4 channels at an eighth of its side, 48 times fewer
    numbers."""
    require_compression(latents, 48)
    require_stated_factor(work.printed, FEWER)


def check_the_decoder_got_the_latent_on_its_own_scale(latents):
    """The latent was decoded on the scale on which the encoder had given it."""
    require_decoder_scale(latents)


def check_latents_are_kept_on_the_scale_of_diffusion(latents):
    """The latents that are kept are multiplied by the scaling factor."""
    require_scaled_latents(latents)


def check_the_loss_of_the_round_trip_was_measured(work, latents):
    """The decoded picture was compared with the original: its error, or its PSNR over a range of 2."""
    require_measured_loss(latents, work.numbers, work.printed)


def check_several_pictures_were_encoded(latents):
    """At least two different pictures, with values from -1 to 1, went through the encoder."""
    require_encoded(latents, different=2)


def check_the_four_channels_were_drawn(work, latents):
    """All four channels of a picture's latent were drawn as heatmaps."""
    drawn = [
        tile for image in work.images if image.dim() == 2 for one in latents.encoded for tile in _tiles(image, one)
    ]
    most = 0
    for one in latents.encoded:
        shown = [any(_looks_like(tile, channel) for tile in drawn) for channel in one.mean]
        most = max(most, sum(shown))
    if most < 4:
        raise Failure(
            f"{most} of 4 channels of a latent were drawn",
            misconception="three of the channels are no red, green and blue: all four are learned features",
            help="Draw each channel by itself, without squeezing them into colours.",
        )


def check_the_interpolation_is_a_straight_line_in_latent_space(latents):
    """Mixtures (1 - a) z_a + a z_b of two pictures' latents were decoded, in order."""
    require_straight_line(latents, BETWEEN)


def check_the_vae_is_unchanged(work):
    """The VAE has the bits that it was loaded with."""
    require_unchanged(work, "vae")


def _tiles(image, one):
    """A drawn picture cut into pieces of a channel's size; several channels may have been drawn side by side."""
    height, width = one.mean.shape[-2:]
    if image.shape[0] % height or image.shape[1] % width:
        return []
    return [tile for row in image.split(height) for tile in row.split(width, dim=1)]


def _looks_like(tile, channel):
    """Whether a heatmap shows this channel, at any brightness and contrast; a draw of it correlates by 0.9999."""
    if tile.shape != channel.shape or not bool(torch.isfinite(tile).all()):
        return False
    shown, wanted = tile.double() - tile.double().mean(), channel - channel.mean()
    return float((shown * wanted).sum()) >= 0.999 * float(shown.norm() * wanted.norm()) > 0


# Exercise 3: the arithmetic -------------------------------------------------------------------------------------------


def check_the_values_were_counted(work):
    """A 512x512 picture holds 786,432 values and its latent 16,384."""
    require_number(work, "pixel_values", 512 * 512 * 3)
    require_number(work, "latent_values", 64 * 64 * 4)


def check_the_compression_ratio_counts_values(work):
    """The compression ratio is the quotient of the values, channels included."""
    ratio = 512 * 512 * 3 / (64 * 64 * 4)
    require_number(
        work,
        "compression_ratio",
        ratio,
        misconception="how many values there are says how much is stored; how many places there are says what a "
        "convolution costs. The channels make the difference",
    )


def check_the_places_were_counted(work):
    """A 512x512 picture has 262,144 places and its latent 4,096."""
    require_number(work, "pixel_spatial_area", 512 * 512)
    require_number(work, "latent_spatial_area", 64 * 64)


def check_the_spatial_ratio_counts_places(work):
    """The spatial ratio is the quotient of height times width."""
    require_number(
        work,
        "spatial_ratio",
        512 * 512 / (64 * 64),
        misconception="a convolution walks over height and width; how many channels there are is another matter",
    )


def check_the_capstone_was_compared(work):
    """512x512 is some 334 times as large as the capstone's 28x28, 64x64 only some 5 times."""
    require_number(work, "pixel_vs_capstone", 512 * 512 / 28**2)
    require_number(work, "latent_vs_capstone", 64 * 64 / 28**2)


# Exercise 4: the whole way --------------------------------------------------------------------------------------------


def check_the_prompt_reached_the_unet_through_clip(work, reversals):
    """The U-Net heard what CLIP's text encoder made of the prompt's 77 tokens."""
    texts = [fact for fact in work.facts_so_far("text") if fact["ids"] and all(len(row) == 77 for row in fact["ids"])]
    answers = {output: row for fact in texts for row, output in zip(fact["ids"], fact.get("outputs", ()), strict=False)}
    if not answers:
        raise Failure("CLIP's text encoder was not asked for the embeddings of 77 tokens", help="Pad the prompt to 77.")
    heard = [answers[text] for one in reversals for text in one.step.conditions if text in answers]
    # start mark, words, end marks
    if not any(len(set(row)) > 2 for row in heard):
        raise Failure(
            f"what the U-Net got as text is none of {len(answers)} embeddings that the text encoder gave",
            misconception="the U-Net does not read words or token ids; cross-attention takes the encoder's last hidden "
            "states as keys and values",
            help="What is the shape of encoder_hidden_states, and which call gave it?",
        )


def check_the_noisy_latent_follows_the_forward_process(work, loops, replays):
    """The U-Net's input is sqrt(alpha_bar) times the picture's scaled latent plus sqrt(1 - alpha_bar) times unit noise,
    at the timestep that the U-Net is told."""
    if all(loop.clean is None for loop in loops):
        raise Failure("no picture was encoded", help="The starting latent is that of a picture.")
    # a latent that an earlier exercise made may serve again; then there is no encoding to be given another picture
    again = replays["other_picture"].work.denoisings if work.facts("encode") else [None] * len(loops)
    slips = []
    for loop, other in zip(loops, again, strict=False):
        try:
            _require_noised(loop, other)
            return
        except Failure as slip:
            slips.append(slip)
    raise slips[0] if slips else Failure("the exercise did not ask the U-Net again when it was repeated")


def _require_noised(loop, other):
    if not 0 < loop.timesteps[0] <= 999:
        raise Failure(
            f"the U-Net was asked at timestep {loop.timesteps[0]}",
            misconception="timestep 0 is all but clean, and there are none above 999",
            help="Choose a timestep at which there is noise to be removed.",
        )
    if other is not None:
        require_forward_start(loop, other)
    require_unit_start_noise(loop)


def check_one_step_leads_to_the_next_noise_level(reversals):
    """One reverse step leads from the noisy latent and the predicted noise to the slightly less noisy latent."""
    require_reverse_step(reversals)


def check_the_result_of_the_step_was_decoded(reversals):
    """The latent after the step was decoded, divided by the scaling factor."""
    require_decoded_result(reversals)


def check_unet_vae_and_clip_are_unchanged(work):
    """U-Net, VAE and CLIP have the bits that they were loaded with."""
    require_unchanged(work, "unet", "vae", "text_encoder")
