"""Declares the mistakes and variants of exercise 1: one model, three samplers."""

from assay.proof import Edit, Mistake, Variant

STEPS = "each-sampler-ran-its-steps"
NOISE = "all-samplers-begin-from-the-same-noise"
ALIKE = "nothing-but-the-sampler-differs"
WEIGHTS = "the-same-weights-drew-all"

LOOP = "for sampler, steps in plans:\n"
DRAW = "    picture = sample(sampler, steps, prompt, seeded(8))\n"
DDPM = "(DDPMScheduler, 999), "
CALL = """    pipe.scheduler = sampler.from_config(settings)
    picture = pipe(
        prompt,
        num_inference_steps=steps,
        guidance_scale=GUIDANCE,
        height=SIDE,
        width=SIDE,
        generator=seeded(8),
    ).images[0]
"""
LATENTS = "start = torch.randn((1, 4, SIDE // 8, SIDE // 8), generator=seeded(8), device=device)\n"


def _wrong(name: str, *edits: Edit, caught_by: set[str]) -> Mistake:
    return Mistake(name, 1, edits, frozenset(caught_by))


def _right(name: str, *edits: Edit) -> Variant:
    return Variant(name, 1, edits)


def _draw(new: str) -> Edit:
    return Edit(DRAW, new)


MISTAKES: tuple[Mistake, ...] = (
    _wrong(
        "the scheduler is never replaced",
        _draw(DRAW.replace("sample(sampler", "sample(DDIMScheduler")),
        caught_by={STEPS, NOISE, ALIKE},
    ),
    _wrong("fifty steps for each", _draw(DRAW.replace("steps, ", "50, ")), caught_by={STEPS, NOISE, ALIKE}),
    _wrong("DDPM is left out", Edit(DDPM, ""), caught_by={STEPS, NOISE, ALIKE}),
    _wrong("DDPM in a hundred steps", Edit(DDPM, "(DDPMScheduler, 100), "), caught_by={STEPS, NOISE, ALIKE}),
    _wrong(
        "one generator for all",
        Edit(LOOP, "generator = seeded(8)\n" + LOOP),
        _draw(DRAW.replace("seeded(8)", "generator")),
        caught_by={NOISE},
    ),
    _wrong("another seed for each", _draw(DRAW.replace("seeded(8)", "seeded(steps)")), caught_by={NOISE}),
    _wrong("no generator", _draw(DRAW.replace("seeded(8)", "None")), caught_by={NOISE}),
    _wrong("another prompt for each", _draw(DRAW.replace("prompt", "f'{prompt}, {steps}'")), caught_by={ALIKE}),
    _wrong(
        "another guidance for each", _draw(CALL.replace("GUIDANCE", "7.5 if steps > 20 else 2.0")), caught_by={ALIKE}
    ),
    _wrong(
        "a weight is changed on the way",
        _draw(DRAW + "    pipe.unet.conv_out.weight.data.mul_(1.01)\n"),
        caught_by={WEIGHTS},
    ),
)

VARIANTS: tuple[Variant, ...] = (
    _right("written out", _draw(CALL.replace("GUIDANCE", "5.0"))),
    _right(
        "the start latents are handed over",
        Edit(LOOP, LATENTS + LOOP),
        _draw(CALL.replace("GUIDANCE", "7.5").replace("generator=seeded(8)", "latents=start.clone()")),
    ),
    _right(
        "a thousand steps that begin at the last timestep",
        Edit("999", "1000"),
        _draw(CALL.replace("settings", 'settings, timestep_spacing="trailing"').replace("GUIDANCE", "7.5")),
    ),
    _right("the fastest first", Edit(LOOP, LOOP.replace("plans", "reversed(plans)"))),
)
