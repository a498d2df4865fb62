"""Textual inversion: one new word learns, and nothing else does."""

import torch

from assay import Failure
from assay.claims import (
    require_adapter_learned,
    require_cosines_of_rows,
    require_cross_attention_targets,
    require_forward_process,
    require_fresh_steps,
    require_learned,
    require_new_tokens,
    require_noise_target,
    require_only_lora_gradients,
    require_original_answer,
    require_pixel_range,
    require_plain_prompt,
    require_prompt_gradients,
    require_row_gradients,
    require_same_subjects,
    require_size_by_formula,
    require_unchanged,
    require_unchanged_rows,
    require_varied_timesteps,
    require_with_and_without_token,
    require_zero_start,
)

# Exercise 1: the embedding table --------------------------------------------------------------------------------------


def check_the_embedding_table_was_read(work, table):
    """The embedding table was loaded and the ids of several words were looked up."""
    ids = {i for fact in work.facts("ids") for i in fact["ids"] if 0 <= i < table.loaded_rows - 2}
    if len(ids) < 2:
        raise Failure(
            f"the tokenizer was asked for the ids of {len(ids)} words",
            misconception="a word is its vector; between the two stands the tokenizer, whose id says which row is the "
            "word's",
            help="Ask the tokenizer for the ids of a few related and unrelated words and take their rows of the table.",
        )


def check_similarities_are_cosines_of_rows(work, table):
    """Cosine similarities were computed between rows of the embedding table."""
    require_cosines_of_rows(work, table)


def check_the_table_grew_by_the_new_tokens(table):
    """The table grew: every token that was added has a row behind the ones that were loaded."""
    require_new_tokens(table)


def check_the_new_row_is_initialised(table):
    """The new token's row holds finite numbers to start from."""
    require_new_tokens(table)
    for row, values in table.final.items():
        finite = bool(torch.isfinite(values).all())
        if not finite or len(values.unique()) < 2:
            content = "the same number everywhere" if finite else "NaN or infinity"
            raise Failure(
                f"row {row} ({table.token(row)}) holds {content}",
                help="Copy the row of a related word into the new row.",
            )
    if not table.final:
        raise Failure("the new row was not seen", help="Resize the embedding table after adding the token.")


def check_existing_rows_and_transformer_are_unchanged(work, table):
    """Adding a token left every existing row and the CLIP transformer as they were."""
    require_unchanged_rows(table)
    require_unchanged(work, "text_encoder")
    require_original_answer(table)


# Exercises 2 and 3: the new word --------------------------------------------------------------------------------------


def check_the_pseudo_token_was_added(table):
    """The pseudo-token has an id and a row of its own, behind the vocabulary."""
    require_new_tokens(table)


def check_the_step_moved_the_pseudo_token_row(table, training):
    """The optimizer step moved the pseudo-token's row."""
    if not training.steps:
        raise Failure("no optimizer step was made", help="Take one step with an optimizer that holds the table.")
    require_learned(table)


def check_the_pseudo_token_row_learned(table, training):
    """The pseudo-token's row learned: it is finite, has moved, and is no existing word's row."""
    if not training.steps:
        raise Failure("no optimizer step was made", help="Is there an optimizer, and does the loop reach its step?")
    require_learned(table)


def check_the_pseudo_token_row_had_a_gradient_at_every_step(table, training):
    """The pseudo-token's row had a gradient at every optimizer step."""
    require_row_gradients(table, training)


def check_gradients_reach_exactly_the_prompts_rows(work, table):
    """The rows with a gradient are the prompt's tokens, the pseudo-token among them."""
    require_prompt_gradients(work, table)


def check_frozen_parts_have_no_gradient(work, training):
    """Gradients passed through U-Net, VAE and CLIP transformer without staying there."""
    if not training.backwards:
        raise Failure("no backward pass was made")
    for fact in work.facts("gradient"):
        names = [name for name in fact["names"] if "token_embedding" not in name]
        if names:
            part = fact["label"].rstrip("0123456789")
            raise Failure(
                f"{len(names)} parameters of {part} had a gradient; the first is {names[0]}",
                misconception="only the embedding is trained; a gradient on a frozen part costs memory and invites "
                "the optimizer to change it",
                help="Freeze the parts before the forward pass.",
            )


def check_only_the_pseudo_token_rows_changed(table):
    """Only the pseudo-token's row of the embedding table changed, bit for bit."""
    require_unchanged_rows(table)


def check_rows_were_restored_before_the_next_forward(work, table):
    """Every forward pass of the loop used the original rows of all other words."""
    seen = [f for f in work.facts("text") if f["training"] and f["label"] == table.model.label]
    if not seen:
        raise Failure("no training forward pass of the text encoder was seen")
    moved = [n for n, f in enumerate(seen, 1) if f["loaded_rows_digest"] != table.digest(f["table_dtype"])]
    if moved:
        raise Failure(
            f"{len(moved)} of {len(seen)} forward passes ran with moved rows of other words; the first is {moved[0]}",
            misconception="putting the rows back once, after the loop, gives the same table; but every step before was "
            "taken among words that had moved",
            help="Put the other rows back within the loop, not after it: the token learns beside the words it meets.",
        )


# Exercises 2, 3 and 4: the training step and what it must leave alone -------------------------------------------------


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


def check_clip_unet_and_vae_are_unchanged(work):
    """CLIP transformer, U-Net and VAE have the bits that they were loaded with."""
    require_unchanged(work, "text_encoder", "unet", "vae")


def check_clip_transformer_is_unchanged(work):
    """The CLIP transformer has the bits that it was loaded with."""
    require_unchanged(work, "text_encoder")


def check_unet_and_vae_are_unchanged(work):
    """U-Net and VAE have the bits that they were loaded with."""
    require_unchanged(work, "unet", "vae")


def check_base_vae_and_clip_are_unchanged(work):
    """The U-Net's base weights, the VAE and CLIP have the bits that they were loaded with."""
    require_unchanged(work, "unet", "vae", "text_encoder")


def check_a_prompt_without_the_token_is_unaffected(table):
    """A prompt without the pseudo-token gives the same text embedding as before."""
    require_plain_prompt(table)


def check_pictures_with_and_without_the_token(work, table, pictures):
    """Pictures were generated with and without the pseudo-token, from the same start noise."""
    require_with_and_without_token([p for p in pictures if p.exercise == work.number], table.pseudo_ids)


# Exercise 4: LoRA -----------------------------------------------------------------------------------------------------


def check_only_lora_parameters_had_gradients(adapter):
    """Only LoRA parameters had gradients."""
    require_only_lora_gradients(adapter)


def check_the_adapter_learned(adapter):
    """Every LoRA matrix moved during training."""
    require_adapter_learned(adapter)


def check_adapters_start_at_zero(adapter):
    """The adapter starts as no change at all: every B matrix is zero before the first step."""
    require_zero_start(adapter)


def check_targets_cover_cross_attention(work, adapter):
    """The adapter sits on the query, key, value and output projections of every cross-attention."""
    require_cross_attention_targets(work, adapter)


def check_lora_size_follows_the_formula(adapter):
    """What is trained has r times (inputs + outputs) numbers for each adapted layer, and no more."""
    require_size_by_formula(adapter)


def check_both_methods_share_prompts_and_seeds(work, adapter, pictures):
    """LoRA and textual inversion were compared on the same start noise and like prompts."""
    lora = [p for p in pictures if p.exercise == work.number and p.unet == adapter.model.label]
    token = [p for p in pictures if p.unet != adapter.model.label and p.prompt_ids & work.new_token_ids]
    token = [p for p in token if p.exercise == work.number] or token  # pictures of exercise 3 may serve again
    require_same_subjects(lora, token)
