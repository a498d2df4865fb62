"""Declares the mistakes and variants of exercise 3: how many steps are enough."""

from assay.proof import Edit, Mistake, Variant

COUNT = "the-solver-drew-a-picture-at-each-count"
NOISE = "all-counts-begin-from-the-same-noise"
ALIKE = "nothing-but-the-count-differs"
TIME = "the-time-was-drawn-against-the-steps"

COUNTS = "step_counts = [5, 10, 20, 50, 100, 200]"
LOOP = "for count in step_counts:\n    began"
DRAW = "    picture = sample(DPMSolverMultistepScheduler, count, prompt, seeded(13))\n"
CALL = """    pipe.scheduler = DPMSolverMultistepScheduler.from_config(settings)
    picture = pipe(
        prompt,
        num_inference_steps=count,
        guidance_scale=GUIDANCE,
        height=SIDE,
        width=SIDE,
        generator=seeded(13),
    ).images[0]
"""
CURVE = 'plt.plot(step_counts, times, "o-")'
TAKEN = "times.append(time.perf_counter() - began)"
START = "start = torch.randn((1, 4, SIDE // 8, SIDE // 8), generator=seeded(13), device=device)\n"


def _wrong(name: str, *edits: Edit, caught_by: set[str], undetermined: set[str] | None = None) -> Mistake:
    return Mistake(name, 3, edits, frozenset(caught_by), frozenset(undetermined or ()))


def _right(name: str, *edits: Edit) -> Variant:
    return Variant(name, 3, edits)


MISTAKES: tuple[Mistake, ...] = (
    _wrong(
        "the count is not handed on",
        Edit(DRAW, DRAW.replace("count", "20")),
        caught_by={COUNT},
        undetermined={TIME},  # six times of equal work: which is longest is chance
    ),
    _wrong(
        "DDIM in place of the solver",
        Edit(DRAW, DRAW.replace("DPMSolverMultistepScheduler", "DDIMScheduler")),
        caught_by={COUNT, NOISE, ALIKE},
    ),
    _wrong("four counts only", Edit(COUNTS, "step_counts = [5, 10, 20, 50]"), caught_by={COUNT, TIME}),
    _wrong(
        "one generator for all counts",
        Edit(LOOP, "generator = seeded(13)\n" + LOOP),
        Edit(DRAW, DRAW.replace("seeded(13)", "generator")),
        caught_by={NOISE},
    ),
    _wrong("another seed for each count", Edit(DRAW, DRAW.replace("13", "count")), caught_by={NOISE}),
    _wrong("another prompt for each count", Edit(DRAW, DRAW.replace("prompt", "prompt * count")), caught_by={ALIKE}),
    _wrong(
        "guidance grows with the count", Edit(DRAW, CALL.replace("GUIDANCE", "1.5 + count / 20")), caught_by={ALIKE}
    ),
    _wrong("the times alone are plotted", Edit(CURVE, 'plt.plot(times, "o-")'), caught_by={TIME}),
    _wrong("the axes are swapped", Edit(CURVE, 'plt.plot(times, step_counts, "o-")'), caught_by={TIME}),
    _wrong("nothing is plotted", Edit(CURVE, "pass"), caught_by={TIME}),
    _wrong("the time is not taken", Edit(TAKEN, "times.append(1.0)"), caught_by={TIME}),
)

VARIANTS: tuple[Variant, ...] = (
    _right("written out, with other guidance", Edit(DRAW, CALL.replace("GUIDANCE", "4.0"))),
    _right("the most steps first", Edit(COUNTS, "step_counts = [200, 100, 50, 20, 10, 5]")),
    _right(
        "the start latents are handed over",
        Edit(LOOP, START + LOOP),
        Edit(DRAW, CALL.replace("GUIDANCE", "7.5").replace("generator=seeded(13)", "latents=start.clone()")),
    ),
    _right("milliseconds, as an array", Edit(CURVE, "plt.plot(np.array(step_counts), 1000 * np.array(times))")),
)
