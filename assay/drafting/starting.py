"""Decides which assertions a new lesson may start from: each is tried on a run, and what holds there is drafted.

This is a checks file like any lesson's. A candidate is kept for an exercise when it passes on what was seen there, and
fails where nothing was seen.
"""

from __future__ import annotations

from typing import Any

import torch

from assay.claims import (
    require_adapter_learned,
    require_decoder_scale,
    require_forward_process,
    require_fresh_steps,
    require_learned,
    require_new_tokens,
    require_noise_target,
    require_only_lora_gradients,
    require_pixel_range,
    require_reference_transitions,
    require_steps_of_schedule,
    require_unchanged,
    require_unchanged_rows,
    require_unit_features,
    require_varied_timesteps,
    require_zero_start,
)
from assay.failure import Failure

# Candidates that are true of work that did nothing earn only together with one of these, the first that is kept.
REQUIRES = {
    "clip_is_unchanged": ("features_have_unit_length", "a_figure_was_drawn"),
    "the_models_of_the_pipeline_are_unchanged": ("a_picture_was_generated",),
    "unet_and_vae_are_unchanged": ("the_adapter_learned", "the_pseudo_token_row_learned", "a_picture_was_generated"),
    "only_lora_parameters_had_gradients": ("the_adapter_learned",),
    "adapters_start_at_zero": ("the_adapter_learned",),
    "only_the_pseudo_token_rows_changed": ("the_pseudo_token_row_learned",),
}


def check_a_picture_was_generated(loops: Any) -> None:
    """A denoising loop ran to its end, and what it gave was decoded."""
    if not any(loop.final is not None and bool(torch.isfinite(loop.final).all()) for loop in loops):
        raise Failure(
            f"{len(loops)} denoising loops ran, and the latents of none were decoded",
            misconception="the loop ends with latents; a picture is what the VAE's decoder makes of them",
            help="What is done with the latents after the last step?",
        )


def check_every_loop_runs_down_its_schedule(loops: Any) -> None:
    """Every denoising loop runs through the last timesteps of its schedule, downwards and without a gap."""
    for loop in loops:
        require_steps_of_schedule(loop)


def check_every_step_is_the_schedulers(loops: Any) -> None:
    """Every step of every denoising loop leads where the scheduler leads."""
    for loop in loops:
        require_reference_transitions(loop)


def check_the_pictures_lie_between_minus_one_and_one(latents: Any) -> None:
    """The VAE gets pictures with values from -1 to 1."""
    require_pixel_range(latents)


def check_the_decoder_gets_latents_on_its_own_scale(latents: Any) -> None:
    """What is decoded lies on the scale of the VAE."""
    require_decoder_scale(latents)


def check_the_noisy_latent_follows_the_forward_process(training: Any) -> None:
    """The U-Net's input is sqrt(alpha_bar) times the scaled latent plus sqrt(1 - alpha_bar) times unit noise."""
    require_forward_process(training)


def check_the_loss_target_is_the_noise(training: Any) -> None:
    """The loss compares the U-Net's prediction with the very noise that was added."""
    require_noise_target(training)


def check_timesteps_vary(training: Any) -> None:
    """The timesteps are drawn at random over the schedule."""
    require_varied_timesteps(training)


def check_every_step_is_a_fresh_gradient_step(training: Any) -> None:
    """Every optimizer step used fresh gradients, and the loop made as many steps as it announced."""
    require_fresh_steps(training, training.declared_steps.values())


def check_the_adapter_learned(adapter: Any) -> None:
    """Every LoRA matrix moved during training."""
    require_adapter_learned(adapter)


def check_only_lora_parameters_had_gradients(adapter: Any) -> None:
    """Only LoRA parameters had gradients."""
    require_only_lora_gradients(adapter)


def check_adapters_start_at_zero(adapter: Any) -> None:
    """The adapter starts as no change at all: every B matrix is zero before the first step."""
    require_zero_start(adapter)


def check_the_table_grew_by_the_new_tokens(table: Any) -> None:
    """The table grew: every token that was added has a row behind the ones that were loaded."""
    require_new_tokens(table)


def check_the_pseudo_token_row_learned(table: Any) -> None:
    """The pseudo-token's row is a new one: it has moved, and it is no copy of another."""
    require_learned(table)


def check_only_the_pseudo_token_rows_changed(table: Any) -> None:
    """Only the pseudo-token's row of the embedding table changed, bit for bit."""
    require_unchanged_rows(table)


def check_features_have_unit_length(contrast: Any) -> None:
    """Features of pictures and texts have length 1 before they are compared."""
    require_unit_features(contrast, "pictures")
    require_unit_features(contrast, "texts")


def check_clip_is_unchanged(work: Any) -> None:
    """CLIP has the bits that it was loaded with."""
    require_unchanged(work, "clip")


def check_the_models_of_the_pipeline_are_unchanged(work: Any) -> None:
    """CLIP transformer, U-Net and VAE have the bits that they were loaded with."""
    require_unchanged(work, "text_encoder", "unet", "vae")


def check_unet_and_vae_are_unchanged(work: Any) -> None:
    """U-Net and VAE have the bits that they were loaded with."""
    require_unchanged(work, "unet", "vae")


def check_a_figure_was_drawn(work: Any) -> None:
    """A figure shows a picture or a curve with finite numbers."""
    drawn = [*work.images, *(y for _, y in work.curves)]
    if not any(one.numel() > 1 and bool(torch.isfinite(one.double()).all()) for one in drawn):
        raise Failure(
            f"{len(drawn)} pictures and curves were drawn, none of them with finite numbers",
            misconception="numbers that were computed show by themselves; a figure is what lets somebody compare them",
            help="Draw what the exercise asks for, and look at its values first.",
        )
