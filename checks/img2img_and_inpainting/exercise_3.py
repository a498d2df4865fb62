"""Declares the mistakes and variants of exercise 3 where a pipeline inpaints."""

from assay.proof import Edit, Mistake, Variant

MASKS = "a-tight-and-a-generous-mask"
SHARED = "both-masks-share-prompt-and-noise"
SIDES = "white-is-edited-and-black-is-kept"
SHARP = "the-mask-decides-and-does-not-blend"
NEW = "the-edited-region-is-new"
KEPT = "the-kept-region-is-the-picture"
LEVEL = "the-kept-region-has-each-steps-noise-level"
EMPTY = "an-empty-mask-returns-the-picture"
FULL = "a-full-mask-is-text-to-image"
ALL = {MASKS, SHARED, SIDES, SHARP, NEW, KEPT, LEVEL, EMPTY, FULL}

DRAW_TIGHT = "ImageDraw.Draw(tight_mask).rectangle([0, 0, SIDE, 100], fill=255)"
DRAW_GENEROUS = "ImageDraw.Draw(generous_mask).rectangle([0, 0, SIDE, 130], fill=255)"
NEW_GENEROUS = 'generous_mask = Image.new("L", (SIDE, SIDE), 0)'
LOAD = "load_pipeline(StableDiffusionInpaintPipeline, DPMSolverMultistepScheduler)"
PROMPT = "prompt=sky,"
MASK = "mask_image=mask,"
GENERATOR = "generator=seeded(5),"
IMAGE = "image=photo,"
DEFINE = "def inpaint(mask):\n"
CALLS = "tight_result = inpaint(tight_mask)\ngenerous_result = inpaint(generous_mask)\n"


def _wrong(name: str, *edits: Edit, caught_by: set[str], undetermined: set[str] | None = None) -> Mistake:
    return Mistake(name, 3, edits, frozenset(caught_by), frozenset(undetermined or ()))


def _right(name: str, *edits: Edit) -> Variant:
    return Variant(name, 3, edits)


MISTAKES: tuple[Mistake, ...] = (
    _wrong(
        "the generous mask lies elsewhere",
        Edit(DRAW_GENEROUS, DRAW_GENEROUS.replace("[0, 0, SIDE, 130]", "[0, 60, SIDE, SIDE]")),
        caught_by={MASKS},
    ),
    _wrong("both masks are the same", Edit(DRAW_GENEROUS, DRAW_GENEROUS.replace("130", "100")), caught_by={MASKS}),
    _wrong("the tight mask is used twice", Edit("inpaint(generous_mask)", "inpaint(tight_mask)"), caught_by={MASKS}),
    _wrong(
        "only one mask is used",
        Edit("generous_result = inpaint(generous_mask)", "generous_result = tight_result"),
        caught_by={MASKS, SHARED},
    ),
    _wrong(
        "one generator for both calls",
        Edit(DEFINE, "generator = seeded(5)\n\n\n" + DEFINE),
        Edit(GENERATOR, "generator=generator,"),
        caught_by={SHARED},
    ),
    _wrong("no generator", Edit(GENERATOR, ""), caught_by={SHARED}),
    _wrong(
        "another prompt for each mask", Edit(PROMPT, "prompt=sky + str(np.array(mask).mean()),"), caught_by={SHARED}
    ),
    _wrong(
        "the masks are full",
        Edit(DRAW_TIGHT, DRAW_TIGHT.replace("100", "SIDE")),
        Edit(DRAW_GENEROUS, DRAW_GENEROUS.replace("130", "SIDE")),
        caught_by=ALL - {FULL},
    ),
    _wrong(
        "the masks are empty",
        Edit(DRAW_TIGHT, "pass"),
        Edit(DRAW_GENEROUS, "pass"),
        caught_by=ALL - {FULL},
    ),
    _wrong(
        "img2img instead of inpainting",
        Edit(LOAD, LOAD.replace("Inpaint", "Img2Img")),
        Edit(MASK, "strength=0.9,"),
        Edit("        height=SIDE,\n        width=SIDE,\n", ""),
        caught_by=ALL,
    ),
    _wrong(
        "the mask is handed over inverted by a callback",
        Edit(
            GENERATOR,
            GENERATOR
            + "\n        callback_on_step_end=lambda p, i, t, k: {'mask': 1 - k['mask'] if i == 0 else k['mask']},"
            "\n        callback_on_step_end_tensor_inputs=['mask'],",
        ),
        caught_by={SIDES, NEW, KEPT, LEVEL, EMPTY, FULL},
    ),
    _wrong(
        "the last latents are swapped for others",
        Edit(
            GENERATOR,
            GENERATOR + "\n        callback_on_step_end=lambda p, i, t, k: {'latents': k['latents'] * 0.9},",
        ),
        caught_by={SIDES, SHARP, KEPT, LEVEL, EMPTY, FULL},
        undetermined={NEW},
    ),
)

VARIANTS: tuple[Variant, ...] = (
    _right(
        "each call written out",
        Edit(
            CALLS,
            "size = {'height': SIDE, 'width': SIDE, 'num_inference_steps': 5}\n"
            "tight_result = pipe(sky, photo, tight_mask, generator=seeded(5), **size).images[0]\n"
            "generous_result = pipe(sky, photo, generous_mask, generator=seeded(5), **size).images[0]\n",
        ),
    ),
    _right("masks as arrays", Edit(MASK, "mask_image=np.array(mask, dtype='float32') / 255,")),
    _right(
        "a mask in colour",
        Edit(MASK, "mask_image=mask.convert('RGB'),"),
    ),
    _right("another scheduler", Edit(LOAD, LOAD.replace("DPMSolverMultistep", "DDIM"))),
    _right(
        "Euler's scheduler",
        Edit(
            f"pipe = {LOAD}",
            "from diffusers import EulerDiscreteScheduler\n\npipe = "
            + LOAD.replace("DPMSolverMultistep", "EulerDiscrete"),
        ),
    ),
    _right("less than full strength", Edit(GENERATOR, "strength=0.8,\n        " + GENERATOR)),
    _right(
        "a generous mask that is larger all around",
        Edit(DRAW_TIGHT, DRAW_TIGHT.replace("[0, 0, SIDE, 100]", "[60, 60, 180, 150]")),
        Edit(DRAW_GENEROUS, DRAW_GENEROUS.replace("[0, 0, SIDE, 130]", "[40, 40, 200, 170]")),
    ),
    _right("no full mask", Edit("everything_new = inpaint(full_mask)", "everything_new = generous_result")),
)
