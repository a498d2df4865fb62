"""What one step back must be: the scheduler's own, at the timestep that the U-Net was told, and what is decoded."""

from __future__ import annotations

from assay.failure import Failure
from assay.judging.observations.reversal import Reversal
from assay.tensors import is_constant


def require_reverse_step(reversals: list[Reversal]) -> None:
    """Fail unless one of the steps leads from the U-Net's input and answer to slightly less noisy latents."""
    strange = [(r, t) for r in reversals for t in r.times if t != r.step.timestep]
    if strange and len({id(r) for r, _ in strange}) == len(reversals):
        one, time = strange[0]
        raise Failure(
            f"the scheduler stepped from timestep {time}, but the U-Net was asked about timestep {one.step.timestep}",
            misconception="the prediction belongs to one noise level; the step has to start from that very level",
            help="Follow your timestep through add_noise, the U-Net and the scheduler's step.",
        )
    if not any(one.used_its_own_prediction for one in reversals):
        raise Failure(
            "the noise that the scheduler was given is not what the U-Net answered",
            misconception="when a picture is made, nobody knows the noise in it: the step lives on a prediction",
            help="Which tensor holds the U-Net's answer?",
        )
    if not any(one.leads_to(result) for one in reversals for result in one.results):
        raise Failure(
            f"no latents were seen that a scheduler's step makes of the U-Net's answer at timestep "
            f"{reversals[0].step.timestep}",
            misconception="predicting the noise removes none of it: the reverse process has a step of its own",
            help="Which method of the scheduler takes the prediction, and what of its answer do you go on with?",
        )


def require_decoded_result(reversals: list[Reversal]) -> None:
    """Fail unless what a step led to was decoded, divided by the scaling factor."""
    decoded = [(one, latents, factor) for one in reversals for latents, factor in one.decoded]
    if not decoded:
        raise Failure("nothing was decoded after the U-Net's call", help="Which part leads back to pixels?")
    decoded = [(one, z, factor) for one, z, factor in decoded if not is_constant(z)]
    if not decoded:
        raise Failure("what was decoded holds the same number everywhere", help="Decode the latent after the step.")
    if any(one.leads_to(z * factor) or one.is_clean_guess(z * factor) for one, z, factor in decoded):
        return
    if any(one.leads_to(z) or one.is_clean_guess(z) for one, z, factor in decoded):
        raise Failure(
            "the step's result went into the decoder on the scale of diffusion",
            misconception="the decoder knows latents as the encoder gave them, before they were scaled for the U-Net",
            help="Undo before decoding what was done after encoding.",
        )
    raise Failure(
        f"{len(decoded)} latents were decoded, none of them the step's result",
        misconception="the noisy latent decodes to a noisy picture; what shows the denoising is the latent after it",
        help="Which tensor holds the latents after the step?",
    )
