"""Claims that several lessons make: each function passes in silence or raises `Failure`."""

from assay.claims.attention import (
    attention_slips,
    attention_weights,
    output_and_weights,
    require_attention,
    require_distributions,
    slipped_weights,
)
from assay.claims.cosines import (
    require_cosines_of_rows,
)
from assay.claims.denoising import (
    is_full,
    require_by_hand,
    require_decode_scaling,
    require_forward_start,
    require_guidance,
    require_picture_forgotten,
    require_reference_transitions,
    require_steps_by_strength,
    require_steps_of_schedule,
    require_text_to_image,
    require_unit_start_noise,
)
from assay.claims.inpainting import (
    require_binary_effect,
    require_edited_cells,
    require_effective_mask,
    require_empty_mask,
    require_full_mask,
    require_kept_cells,
    require_mask,
    require_noise_level,
    require_partial_masks,
    require_sampled_cells,
)
from assay.claims.lora import (
    require_adapter_learned,
    require_cross_attention_targets,
    require_only_lora_gradients,
    require_size_by_formula,
    require_zero_start,
)
from assay.claims.modulation import (
    explain,
    groups,
)
from assay.claims.networks import (
    require_same_convolutions,
    steps_with,
)
from assay.claims.rows import (
    require_learned,
    require_new_tokens,
    require_row_gradients,
    require_unchanged_rows,
)
from assay.claims.strength import (
    require_continuation,
    require_farther_with_strength,
    require_from_pictures,
    require_one_schedule,
    require_same_picture_and_prompt,
    require_same_start_noise,
    require_some_strength,
    strength_of,
)
from assay.claims.timesteps import (
    require_sinusoids,
    require_two_layers,
)
from assay.claims.training import (
    require_forward_process,
    require_fresh_steps,
    require_noise_target,
    require_training,
    require_varied_timesteps,
)
from assay.claims.weights import (
    require_unchanged,
)

__all__ = [
    "attention_slips",
    "attention_weights",
    "explain",
    "groups",
    "is_full",
    "output_and_weights",
    "require_adapter_learned",
    "require_attention",
    "require_binary_effect",
    "require_by_hand",
    "require_continuation",
    "require_cosines_of_rows",
    "require_cross_attention_targets",
    "require_decode_scaling",
    "require_distributions",
    "require_edited_cells",
    "require_effective_mask",
    "require_empty_mask",
    "require_farther_with_strength",
    "require_forward_process",
    "require_forward_start",
    "require_fresh_steps",
    "require_from_pictures",
    "require_full_mask",
    "require_guidance",
    "require_kept_cells",
    "require_learned",
    "require_mask",
    "require_new_tokens",
    "require_noise_level",
    "require_noise_target",
    "require_one_schedule",
    "require_only_lora_gradients",
    "require_partial_masks",
    "require_picture_forgotten",
    "require_reference_transitions",
    "require_row_gradients",
    "require_same_convolutions",
    "require_same_picture_and_prompt",
    "require_same_start_noise",
    "require_sampled_cells",
    "require_sinusoids",
    "require_size_by_formula",
    "require_some_strength",
    "require_steps_by_strength",
    "require_steps_of_schedule",
    "require_text_to_image",
    "require_training",
    "require_two_layers",
    "require_unchanged",
    "require_unchanged_rows",
    "require_unit_start_noise",
    "require_varied_timesteps",
    "require_zero_start",
    "slipped_weights",
    "steps_with",
    "strength_of",
]
