"""Declares the mistakes and variants of exercise 4: watching the latents."""

from assay.proof import Edit, Mistake, Variant

TEN = "both-samplers-walk-ten-steps"
NOISE = "both-walks-begin-from-the-same-noise"
STEPS = "ddims-steps-are-the-schedulers"
SMOOTH = "every-latent-of-ddim-was-decoded"
JITTERY = "every-latent-of-ddpm-was-decoded"
SCALE = "the-decoder-gets-unscaled-latents"
ALL = {TEN, NOISE, STEPS, SMOOTH, JITTERY, SCALE}

UNSCALED = "latents / pipe.vae.config.scaling_factor"
KEPT = 'passed.append(given["latents"].clone())'
SECOND = "jittery = watch(DDPMScheduler, watched_steps, prompt, seeded(34))"
ROWS = "[decode(latents) for latents in passed]"
BOTH = "for passed in (smooth, jittery)"
RETURN = "callback_on_step_end=keep)\n    return passed"
WATCH = """    def keep(pipeline, index, timestep, given):
        passed.append(given["latents"].clone())
        return given

    sample(sampler, steps, prompt, generator, callback_on_step_end=keep)
"""
BY_HAND = """    pipe.scheduler = sampler.from_config(settings)
    pipe.scheduler.set_timesteps(steps)
    z = torch.randn((1, 4, SIDE // 8, SIDE // 8), generator=generator, device=device)
    with torch.no_grad():
        words, nothing = pipe.encode_prompt(prompt, device, 1, True)
        for t in pipe.scheduler.timesteps:
            u, c = pipe.unet(torch.cat([z, z]), t, encoder_hidden_states=torch.cat([nothing, words])).sample.chunk(2)
            z = pipe.scheduler.step(u + 7.5 * (c - u), t, z, generator=generator).prev_sample
            passed.append(z)
"""


def _wrong(name: str, *edits: Edit, caught_by: set[str]) -> Mistake:
    return Mistake(name, 4, edits, frozenset(caught_by))


def _right(name: str, *edits: Edit) -> Variant:
    return Variant(name, 4, edits)


MISTAKES: tuple[Mistake, ...] = (
    _wrong("DDPM does not walk", Edit(SECOND, "jittery = smooth"), caught_by=ALL),
    _wrong("twenty steps", Edit("watched_steps = 10", "watched_steps = 20"), caught_by=ALL),
    _wrong("another seed for DDPM", Edit(SECOND, SECOND.replace("34", "35")), caught_by={NOISE}),
    _wrong("another prompt for DDPM", Edit(SECOND, SECOND.replace("prompt", '"a street"')), caught_by={NOISE}),
    _wrong(
        "the watcher meddles",
        Edit(KEPT, 'given["latents"] = 0.9 * given["latents"]\n        ' + KEPT),
        caught_by={STEPS},
    ),
    _wrong("the last latents ten times", Edit(RETURN, RETURN + "[-1:] * steps"), caught_by={SMOOTH, JITTERY}),
    _wrong("every other step", Edit(ROWS, ROWS.replace("passed", "passed[::2]")), caught_by={SMOOTH, JITTERY}),
    _wrong("DDIM's row twice", Edit(BOTH, "for passed in (smooth, smooth)"), caught_by={JITTERY}),
    _wrong("DDPM's row twice", Edit(BOTH, "for passed in (jittery, jittery)"), caught_by={SMOOTH}),
    _wrong("the scaling factor is forgotten", Edit(UNSCALED, "latents"), caught_by={SCALE}),
    _wrong(
        "multiplied by the scaling factor",
        Edit(UNSCALED, UNSCALED.replace("/", "*")),
        caught_by={SMOOTH, JITTERY, SCALE},
    ),
)

VARIANTS: tuple[Variant, ...] = (
    _right("the steps written by hand", Edit(WATCH, BY_HAND)),
    _right("kept without a copy", Edit(KEPT, 'passed.append(given["latents"])')),
    _right("kept on the CPU", Edit(KEPT, 'passed.append(given["latents"].detach().cpu())')),
    _right("DDPM first", Edit(BOTH, "for passed in (jittery, smooth)")),
)
