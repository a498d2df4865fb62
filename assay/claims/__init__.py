"""Claims that several lessons make: each function passes in silence or raises `Failure`."""

from assay.claims.cosines import require_cosines_of_rows
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
    "require_adapter_learned",
    "require_cosines_of_rows",
    "require_cross_attention_targets",
    "require_forward_process",
    "require_fresh_steps",
    "require_learned",
    "require_new_tokens",
    "require_noise_target",
    "require_only_lora_gradients",
    "require_row_gradients",
    "require_size_by_formula",
    "require_training",
    "require_unchanged",
    "require_unchanged_rows",
    "require_varied_timesteps",
    "require_zero_start",
]
