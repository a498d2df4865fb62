"""Declares the mistakes and variants of exercise 4: one prompt and one seed at five guidance scales."""

from assay.proof import Edit, Mistake, Variant

SCALES = "a-picture-was-generated-at-each-scale"
PROMPT = "all-scales-share-the-prompt"
NOISE = "all-scales-begin-from-the-same-noise"
ONLY = "nothing-but-the-scale-differs"

LIST = "scales = [1, 3, 7.5, 12, 20]"
LOOP = "for scale in scales:\n"
GENERATOR = "generator = torch.Generator(device).manual_seed(11)"
CALL = "pipe(prompt, guidance_scale=scale, num_inference_steps=15, generator=generator)"
LOAD = 'StableDiffusionPipeline.from_pretrained("nota-ai/bk-sdm-small", torch_dtype=torch.float16)'
FEWER = "num_inference_steps=15"


def _wrong(name: str, *edits: Edit, caught_by: set[str], undetermined: set[str] | None = None) -> Mistake:
    return Mistake(name, 4, edits, frozenset(caught_by), frozenset(undetermined or ()))


def _right(name: str, *edits: Edit) -> Variant:
    return Variant(name, 4, edits)


MISTAKES = (
    _wrong(
        "the generator goes on from picture to picture",
        Edit(LOOP, GENERATOR + "\n" + LOOP),
        Edit("    " + GENERATOR + "\n", ""),
        caught_by={NOISE},
    ),
    _wrong("no generator", Edit(", generator=generator", ""), caught_by={NOISE}),
    _wrong("another seed for each scale", Edit("manual_seed(11)", "manual_seed(int(scale))"), caught_by={NOISE}),
    _wrong("a seed of the day", Edit("manual_seed(11)", "manual_seed(np.random.randint(2**31))"), caught_by={NOISE}),
    _wrong(
        "a last picture from another seed",
        Edit("manual_seed(11)", "manual_seed(11 if scale < 20 else 12)"),
        caught_by={NOISE},
    ),
    _wrong("three scales", Edit(LIST, "scales = [1, 7.5, 20]"), caught_by={SCALES}),
    _wrong("other scales", Edit(LIST, "scales = [1, 2, 3, 4, 5]"), caught_by={SCALES}),
    _wrong(
        "the scale is never handed over",
        Edit("guidance_scale=scale, ", ""),
        caught_by={SCALES, PROMPT, NOISE, ONLY},
    ),
    _wrong(
        "one picture",
        Edit(LIST, "scales = [7.5]"),
        caught_by={SCALES, PROMPT, NOISE, ONLY},
    ),
    _wrong(
        "nothing is generated",
        Edit(f"images.append({CALL}.images[0])", "pass"),
        Edit("figure, axes = plt.subplots(1, len(images), figsize=(4 * len(images), 4))", "axes = []"),
        caught_by={SCALES, PROMPT, NOISE, ONLY},
    ),
    _wrong(
        "the scale is in the prompt",
        Edit(CALL, CALL.replace("prompt,", 'f"{prompt}, guidance {scale}",')),
        caught_by={PROMPT},
    ),
    _wrong(
        "another subject at the largest scale",
        Edit(CALL, CALL.replace("prompt,", '(prompt if scale < 20 else "a red bicycle"),')),
        caught_by={PROMPT},
    ),
    _wrong("more steps for larger scales", Edit(FEWER, "num_inference_steps=5 + int(scale)"), caught_by={ONLY}),
    _wrong(
        "a negative prompt at large scales",
        Edit(CALL, CALL.replace("prompt,", 'prompt, negative_prompt="" if scale < 10 else "blurry",')),
        caught_by={ONLY},
    ),
    _wrong(
        "smaller pictures at large scales",
        Edit(CALL, CALL.replace("prompt,", "prompt, **({} if scale < 10 else dict(height=256, width=256)),")),
        caught_by={ONLY, NOISE},
    ),
)

VARIANTS = (
    _right("the full model", Edit("nota-ai/bk-sdm-small", "stable-diffusion-v1-5/stable-diffusion-v1-5")),
    _right(
        "the pipeline is chosen by the library",
        Edit("StableDiffusionPipeline.from_pretrained", "__import__('diffusers').DiffusionPipeline.from_pretrained"),
    ),
    _right(
        "the default scale is left out",
        Edit(
            CALL,
            "pipe(prompt, " + FEWER + ", generator=generator,\n"
            "        **({} if scale == 7.5 else {'guidance_scale': scale}))",
        ),
    ),
    _right(
        "a function draws",
        Edit(
            LOOP,
            "def draw(text, w, seed=5):\n"
            "    seeded = torch.Generator(device).manual_seed(seed)\n"
            "    return pipe(text, guidance_scale=w, num_inference_steps=10, generator=seeded).images[0]\n\n\n" + LOOP,
        ),
        Edit(CALL + ".images[0]", "draw(prompt, scale)"),
    ),
    _right(
        "the start noise is handed over",
        Edit(LIST, LIST + "\nstart = torch.randn(1, 4, 64, 64).half().to(device)"),
        Edit("generator=generator", "latents=start.clone()"),
    ),
    _right(
        "the seed is set for everything", Edit(GENERATOR, "torch.manual_seed(11)"), Edit(", generator=generator", "")
    ),
    _right(
        "more scales than asked for",
        Edit(LIST, "scales = [0, 1, 2, 3, 5, 7.5, 12, 20]"),
        Edit(FEWER, "num_inference_steps=8"),
    ),
    _right(
        "another scheduler",
        Edit(
            LIST,
            LIST + "\nfrom diffusers import DDIMScheduler\n"
            "pipe.scheduler = DDIMScheduler.from_config(pipe.scheduler.config)",
        ),
    ),
    _right(
        "the prompt by name, two pictures a call",
        Edit(CALL, CALL.replace("prompt,", "prompt=[prompt] * 2,")),
        Edit("manual_seed(11)", "manual_seed(3)"),
    ),
    _right("a fixed negative prompt", Edit(CALL, CALL.replace("prompt,", 'prompt, negative_prompt="blurry",'))),
    _right(
        "each call written out",
        Edit(LOOP, "for scale in ():\n"),
        Edit(
            "scales = [1, 3, 7.5, 12, 20]",
            "scales = [1, 3, 7.5, 12, 20]\n\n\n"
            "def at(w):\n    seeded = torch.Generator(device).manual_seed(9)\n"
            "    return pipe(prompt=prompt, num_inference_steps=8, guidance_scale=w, generator=seeded).images[0]\n",
        ),
        Edit("images = []", "images = [at(1), at(3), at(7.5), at(12), at(20)]"),
    ),
)
