"""Claims that several lessons make: each function passes in silence or raises `Failure`."""

from assay.claims.cosines import require_cosines_of_rows
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
    start_noise,
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
    require_sampled_cells,
)
from assay.claims.lora import (
    require_adapter_learned,
    require_cross_attention_targets,
    require_only_lora_gradients,
    require_size_by_formula,
    require_zero_start,
)
from assay.claims.rows import require_learned, require_new_tokens, require_row_gradients, require_unchanged_rows
from assay.claims.training import (
    require_forward_process,
    require_fresh_steps,
    require_noise_target,
    require_training,
    require_varied_timesteps,
)
from assay.claims.weights import require_unchanged

__all__ = [
    "is_full",
    "require_adapter_learned",
    "require_binary_effect",
    "require_by_hand",
    "require_cosines_of_rows",
    "require_cross_attention_targets",
    "require_decode_scaling",
    "require_edited_cells",
    "require_effective_mask",
    "require_empty_mask",
    "require_forward_process",
    "require_forward_start",
    "require_fresh_steps",
    "require_full_mask",
    "require_guidance",
    "require_kept_cells",
    "require_learned",
    "require_mask",
    "require_new_tokens",
    "require_noise_level",
    "require_noise_target",
    "require_only_lora_gradients",
    "require_picture_forgotten",
    "require_reference_transitions",
    "require_row_gradients",
    "require_sampled_cells",
    "require_size_by_formula",
    "require_steps_by_strength",
    "require_steps_of_schedule",
    "require_text_to_image",
    "require_training",
    "require_unchanged",
    "require_unchanged_rows",
    "require_unit_start_noise",
    "require_varied_timesteps",
    "require_zero_start",
    "start_noise",
]
