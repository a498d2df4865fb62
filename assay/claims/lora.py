"""What must hold of a LoRA adapter: where it sits, how it starts, that it alone learns."""

from __future__ import annotations

import torch

from assay.failure import Failure
from assay.judging.observations import Work
from assay.judging.observations.adapter import Adapter
from assay.judging.observations.models import ModelHistory
from assay.judging.originals import plain_name
from assay.tensors import is_constant

PROJECTIONS = ("to_q", "to_k", "to_v", "to_out.0")


def cross_attention_projections(model: ModelHistory, exercise: int) -> dict[str, tuple[int, int]]:
    """(outputs, inputs) of the query, key, value and output projections of a U-Net's cross-attention, by layer."""
    found = {}
    for name, (_, shape, _) in model.tensors(exercise).items():
        layer = plain_name(name).removesuffix(".weight")
        if ".attn2." in layer and layer.endswith(PROJECTIONS):
            found[layer] = (shape[0], shape[1])
    return found


def require_only_lora_gradients(adapter: Adapter) -> None:
    """Fail when a parameter outside the adapter had a gradient."""
    others = adapter.others_with_gradient
    if others:
        raise Failure(
            f"{len(others)} other parameters had a gradient too; the first is {others[0]}",
            misconception="LoRA leaves the base frozen: it is a detour beside the weights, not a change of them",
            help="Check requires_grad of every part after the adapter is in place.",
        )


def require_adapter_gradients(adapter: Adapter) -> None:
    """Fail unless a backward pass reached every B matrix; A's gradient is zero as long as B is."""
    missing = adapter.without_gradient
    if missing:
        raise Failure(
            f"{len(missing)} of {len(adapter.parameters) // 2} B matrices had no gradient; the first is {missing[0]}",
            misconception="frozen does not mean cut off: the gradient passes through the frozen layers to the adapter",
            help="Was the forward pass made outside no_grad, and did backward() run on its loss?",
        )


def require_adapter_learned(adapter: Adapter) -> None:
    """Fail unless steps were made and every matrix of the adapter moved."""
    still = adapter.still
    if still:
        raise Failure(
            f"{len(still)} of {len(adapter.parameters)} LoRA matrices did not move; the first is {still[0]}",
            misconception="an optimizer built before the adapter existed does not know its parameters",
            help="Look at what the optimizer holds and how many steps it makes; A needs two, because B starts at zero.",
        )

    _require_learned_matrices(adapter)


def _require_learned_matrices(adapter: Adapter) -> None:
    """B starts at zero; where the matrices themselves were kept, they must show that it went on from there."""
    missing = [layer for layer, matrix in adapter.kept.items() if matrix is None]
    if missing:
        raise LookupError(f"{len(missing)} matrices of the adapter were not kept")
    usual = {layer: bool(torch.isfinite(b).all()) and not is_constant(b) for layer, b in adapter.kept.items()}
    if broken := [layer for layer, sound in usual.items() if not sound]:
        raise Failure(
            f"{len(broken)} of {len(usual)} B matrices hold no numbers, or the same everywhere, after training; the "
            f"first is {broken[0]}",
            help="Look at what the optimizer holds and how many steps it makes.",
        )


def require_zero_start(adapter: Adapter) -> None:
    """Fail when a B matrix was not zero before the first step."""
    nonzero = adapter.nonzero_at_start
    if nonzero:
        raise Failure(
            f"{len(nonzero)} B matrices were not zero before the first step; the first is {nonzero[0]}",
            misconception="a random start changes the model before it has learned anything",
            help="Keep the library's default initialisation of LoRA.",
        )


def require_cross_attention_targets(work: Work, adapter: Adapter) -> None:
    """Fail unless every cross-attention projection is adapted; self-attention in addition is accepted."""
    wanted = set(cross_attention_projections(adapter.model, work.number))
    targets = set(adapter.layers)
    missing = sorted(wanted - targets)
    stray = sorted(t for t in targets if ".attn1." not in t and t not in wanted)
    if missing or stray:
        raise Failure(
            f"{len(missing)} of {len(wanted)} cross-attention projections have no adapter"
            + (f", for example {missing[0]}" if missing else "")
            + (f"; an adapter sits on {stray[0]}, which is no attention projection" if stray else ""),
            misconception="text enters the U-Net through cross-attention, so that is where a style is taught",
            help="Name the four projections in the adapter's target modules.",
        )


def require_size_by_formula(adapter: Adapter) -> None:
    """Fail unless what is trained has r (in + out) numbers for each adapted layer (Hu et al. 2021, section 4.1)."""
    if adapter.trainable_size != adapter.size_by_formula or not adapter.layers:
        raise Failure(
            f"{adapter.trainable_size:,} numbers of the U-Net were trainable; its {len(adapter.layers)} adapted layers "
            f"have {adapter.size_by_formula:,}",
            misconception="adding an adapter freezes nothing by itself; what is left with a gradient is trained along",
            help="Which other parameters of the U-Net require a gradient?",
        )
