"""LoRA fine-tuning: a small detour beside frozen weights learns a style, and two detours add up."""

from assay import Failure
from assay.claims import (
    cross_attention_projections,
    own_blends,
    require_adapter_draws,
    require_adapter_gradients,
    require_adapter_learned,
    require_captions,
    require_cross_attention_targets,
    require_each_and_together,
    require_forward_process,
    require_fresh_steps,
    require_loaded_adapters,
    require_model_unchanged,
    require_noise_target,
    require_only_lora_gradients,
    require_pixel_range,
    require_shared_by_all,
    require_size_by_formula,
    require_sum_of_weights,
    require_unchanged,
    require_varied_timesteps,
    require_with_and_without_adapter,
    require_zero_start,
)

RANKS = (1, 2, 4, 8, 16, 32, 64, 128)

# Exercise 1: where adapters go ----------------------------------------------------------------------------------------


def check_the_cross_attention_projections_were_found(work):
    """The U-Net's cross-attention projections were found: query, key, value and output of every block."""
    projections = _projections(work)
    missing = [layer for layer in projections if layer not in work.printed]
    weights = sum(outputs * inputs for outputs, inputs in projections.values())
    if missing and not (_states(work, len(projections)) and _states(work, weights)):
        raise Failure(
            f"{len(missing)} of the U-Net's {len(projections)} cross-attention projections were not shown; the first "
            f"is {missing[0]}",
            misconception="adapters do not go on every layer: the text enters through the cross-attention, and each of "
            "its blocks has four projections",
            help="Go through the names of the U-Net's parameters. What tells cross-attention from self-attention?",
        )


def check_lora_sizes_follow_the_formula(work):
    """The adapter's size was computed for several ranks: r times (inputs + outputs), summed over the projections."""
    if len(_sized_ranks(work)) < 2:
        raise Failure(
            f"sizes that fit the projections were stated for {len(_sized_ranks(work))} ranks; rank 4 on the "
            f"cross-attention of this U-Net is one of them, if it is counted",
            misconception="an adapter does not store a second weight matrix, only the two thin factors A and B",
            help="Write down the shapes of A and B for one layer and count their numbers.",
        )


def check_the_share_of_the_unet_was_stated(work):
    """The adapter's size was compared with the size of the whole U-Net."""
    size = sum(_count(shape) for _, shape, _ in _unet(work).tensors(work.number).values())
    shares = [rank * _length(work) / size for rank in RANKS]
    if not _states(work, size) or not any(_states(work, share) or _states(work, 100 * share) for share in shares):
        raise Failure(
            f"no share of the U-Net's {size:,} parameters was stated that fits a LoRA adapter",
            misconception="the adapter is small beside all of the U-Net, most of which is never touched",
            help="Divide an adapter's size by the number of all parameters of the U-Net.",
        )


def _unet(work):
    models = work.used("unet")
    if not models:
        raise Failure("no U-Net was loaded in this exercise", help="Load the U-Net and go through its parameters.")
    return models[-1]


def _projections(work):
    return cross_attention_projections(_unet(work), work.number)


def _length(work):
    """Inputs and outputs of all cross-attention projections together: what each rank costs."""
    return sum(outputs + inputs for outputs, inputs in _projections(work).values())


def _states(work, number):
    return any(stated.says(number) for stated in work.stated)


def _sized_ranks(work):
    return [rank for rank in RANKS if _states(work, rank * _length(work))]


def _count(shape):
    count = 1
    for side in shape:
        count *= side
    return count


# Exercises 2, 3 and 4: the training step ------------------------------------------------------------------------------


def check_the_pictures_lie_between_minus_one_and_one(latents):
    """The VAE gets pictures with values from -1 to 1."""
    require_pixel_range(latents)


def check_the_noisy_latent_follows_the_forward_process(training):
    """The U-Net's input is sqrt(alpha_bar) times the scaled latent plus sqrt(1 - alpha_bar) times unit noise."""
    require_forward_process(training)


def check_the_loss_target_is_the_noise(training):
    """The loss compares the U-Net's prediction with the very noise that was added."""
    require_noise_target(training)


def check_timesteps_vary(training):
    """The timesteps are drawn at random over the schedule."""
    require_varied_timesteps(training)


def check_every_step_is_a_fresh_gradient_step(training):
    """Every optimizer step used fresh gradients, and the loop made as many steps as it announced."""
    require_fresh_steps(training, training.declared_steps.values())


def check_the_caption_reaches_the_unet(work):
    """The U-Net is told the caption: its text input is the text encoder's answer to one."""
    require_captions(work)


def check_captions_are_used(work):
    """Each picture is trained with its own caption, so the U-Net's text input differs from step to step."""
    texts = require_captions(work)
    if len(set(texts)) < 2:
        raise Failure(
            f"all {len(texts)} training samples had the same text",
            misconception="the training data of a diffusion model are pairs of picture and caption; without the "
            "caption the style is tied to no words",
            help="Which text does the loop encode, and when?",
        )


# Exercises 2, 3 and 4: the adapter ------------------------------------------------------------------------------------


def check_gradients_reach_the_adapter(adapter):
    """The gradient reaches every B matrix of the adapter."""
    require_adapter_gradients(adapter)


def check_the_adapter_learned(adapter):
    """Every LoRA matrix moved during training."""
    require_adapter_learned(adapter)


def check_only_lora_parameters_had_gradients(adapter):
    """Only LoRA parameters had gradients."""
    require_only_lora_gradients(adapter)


def check_adapters_start_at_zero(adapter):
    """The adapter starts as no change at all: every B matrix is zero before the first step."""
    require_zero_start(adapter)


def check_targets_cover_cross_attention(work, adapter):
    """The adapter sits on the query, key, value and output projections of every cross-attention."""
    require_cross_attention_targets(work, adapter)


def check_lora_size_follows_the_formula(adapter):
    """What is trained has r times (inputs + outputs) numbers for each adapted layer, and no more."""
    require_size_by_formula(adapter)


def check_base_unet_is_unchanged(work, adapter):
    """Beside the adapter the U-Net's own weights have the bits that they were loaded with, until training ended."""
    require_model_unchanged(work, adapter.model)


def check_vae_and_clip_are_unchanged(work):
    """VAE and CLIP have the bits that they were loaded with."""
    require_unchanged(work, "vae", "text_encoder")


# Exercises 3 and 4: drawing -------------------------------------------------------------------------------------------


def check_the_learned_adapter_draws(work, blends):
    """A picture was drawn with the learned adapter; merged into the weights, it is what it was beside them."""
    require_adapter_draws(own_blends(work, blends))


def check_pictures_with_and_without_the_adapter(work, blends):
    """Pictures with and without the adapter began from the same noise, with the same prompt."""
    require_with_and_without_adapter(own_blends(work, blends))


def check_both_adapters_are_really_loaded(work, blends):
    """Both trained adapters are really in the pipeline: pictures were drawn with what they had learned."""
    require_loaded_adapters(work, own_blends(work, blends))


def check_each_adapter_and_both_drew(work, blends):
    """Each adapter drew alone, and both drew together."""
    require_each_and_together(own_blends(work, blends))


def check_adapters_add_up_on_weights(work, blends):
    """Together the adapters are a sum of weights: W + w1 B1 A1 + w2 B2 A2."""
    both = [blend for blend in own_blends(work, blends) if len(blend.adapters) > 1]
    if not both:
        raise Failure(
            "no picture was drawn with two adapters in the weights",
            misconception="adapters are combined in the weights, before the U-Net runs; mixing pictures or predictions "
            "is something else",
            help="Let one pipeline hold both adapters and set their weights.",
        )
    require_sum_of_weights(both)


def check_base_and_blends_share_noise_and_prompt(work, blends):
    """Every kind of blend, and the base model where it drew too, drew the same prompt from the same noise."""
    require_shared_by_all(own_blends(work, blends))
