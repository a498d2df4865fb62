"""Declares the mistakes and variants of exercise 1: one picture at five strengths."""

from assay.proof import Edit, Mistake, Variant

FIVE = "one-picture-at-five-strengths"
STEPS = "each-run-makes-strength-times-n-steps"
NOISE = "all-runs-begin-from-the-same-noise"
FARTHER = "more-strength-moves-farther-from-the-picture"
SCHEDULE = "one-deterministic-schedule"

LOOP = "for strength in strengths:\n"
STRENGTH = "strength=strength,"
IMAGE = "image=photo,"
COUNT = "num_inference_steps=num_steps,"
GENERATOR = "generator=seeded(3),"
LOAD = "load_pipeline(StableDiffusionImg2ImgPipeline, DDIMScheduler)"
CALL = """    picture = pipe(
        prompt=prompt,
        image=photo,
        strength=strength,
        guidance_scale=7.5,
        num_inference_steps=num_steps,
        generator=seeded(3),
    ).images[0]
"""
STRENGTHS = "strengths = [0.1, 0.3, 0.5, 0.7, 0.9]"
BACKWARDS = "for s in reversed(strengths):\n    strength = round(1 - s, 1)\n"


def _wrong(name: str, *edits: Edit, caught_by: set[str], undetermined: set[str] | None = None) -> Mistake:
    return Mistake(name, 1, edits, frozenset(caught_by), frozenset(undetermined or ()))


def _right(name: str, *edits: Edit) -> Variant:
    return Variant(name, 1, edits)


MISTAKES: tuple[Mistake, ...] = (
    _wrong(
        "one generator for all runs",
        Edit(LOOP, "generator = seeded(3)\n" + LOOP),
        Edit(GENERATOR, "generator=generator,"),
        caught_by={NOISE},
    ),
    _wrong("no generator", Edit(GENERATOR, ""), caught_by={NOISE}),
    _wrong(
        "another seed for every strength", Edit(GENERATOR, "generator=seeded(int(10 * strength)),"), caught_by={NOISE}
    ),
    _wrong("the strength is not passed on", Edit(STRENGTH, "strength=0.5,"), caught_by={FIVE, FARTHER}),
    _wrong("only three strengths", Edit(STRENGTHS, "strengths = [0.1, 0.5, 0.9]"), caught_by={FIVE}),
    _wrong(
        "another prompt for every strength",
        Edit("prompt=prompt,", "prompt=f'{prompt}, {strength}',"),
        caught_by={FIVE},
    ),
    _wrong(
        "each run gets the result of the one before",
        Edit(LOOP, "picture = photo\n" + LOOP),
        Edit(IMAGE, "image=picture,"),
        caught_by={FIVE},
        undetermined={FARTHER, NOISE},
    ),
    _wrong(
        "the scheduler is not replaced", Edit(LOAD, LOAD.replace("DDIM", "DPMSolverMultistep")), caught_by={SCHEDULE}
    ),
    _wrong(
        "another number of steps for every strength",
        Edit(COUNT, "num_inference_steps=num_steps * len(by_strength) + num_steps,"),
        caught_by={SCHEDULE},
        undetermined={FARTHER},
    ),
    _wrong(
        "the steps are fewer by the strength once more",
        Edit(COUNT, "num_inference_steps=round(5 / strength),"),
        caught_by={SCHEDULE},
        undetermined={NOISE},
    ),
    _wrong(
        "the picture is replaced by noise",
        Edit(IMAGE, "image=Image.fromarray(np.random.randint(0, 255, (SIDE, SIDE, 3), dtype='uint8')),"),
        caught_by={FIVE},
        undetermined={FARTHER},
    ),
    _wrong(
        "the schedule is cut to its beginning",
        Edit(
            LOOP,
            "pipe.get_timesteps = lambda n, s, device: (pipe.scheduler.timesteps[: int(n * s)], int(n * s))\n" + LOOP,
        ),
        caught_by={STEPS},
        undetermined={NOISE, FARTHER},
    ),
)

VARIANTS: tuple[Variant, ...] = (
    _right("strengths from strong to weak", Edit(STRENGTHS, "strengths = [0.9, 0.7, 0.5, 0.3, 0.1]")),
    _right("two strengths close together", Edit(STRENGTHS, "strengths = [0.1, 0.5, 0.55, 0.7, 0.9]")),
    _right("seven strengths", Edit(STRENGTHS, "strengths = [0.1, 0.2, 0.3, 0.5, 0.6, 0.7, 0.9]")),
    _right(
        "one list of prompts, pictures as arrays",
        Edit(
            CALL,
            CALL.replace("generator=", "output_type='np', generator=").replace(
                ".images[0]", ".images[0]\n    picture = Image.fromarray((picture * 255).round().astype('uint8'))"
            ),
        ),
    ),
    _right(
        "a function with positional arguments",
        Edit(
            LOOP + CALL,
            "def at(strength):\n"
            "    made = pipe(prompt, photo, strength, num_steps, guidance_scale=7.5, generator=seeded(3))\n"
            "    return made.images[0]\n\n\n" + LOOP + "    picture = at(strength)\n",
        ),
    ),
)
