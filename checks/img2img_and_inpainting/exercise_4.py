"""Declares the mistakes and variants of exercise 4: img2img, then inpainting."""

from assay.proof import Edit, Mistake, Variant

STRENGTH = "img2img-ran-at-a-high-strength"
CHAIN = "inpainting-edits-the-img2img-result"
PART = "the-mask-covers-a-part"
NEW = "the-edited-region-is-new"
KEPT = "the-kept-region-is-the-picture"

LOAD_FIRST = "load_pipeline(StableDiffusionImg2ImgPipeline, DPMSolverMultistepScheduler)"
LOAD_SECOND = "load_pipeline(StableDiffusionInpaintPipeline, DPMSolverMultistepScheduler)"
DRAW = "ImageDraw.Draw(sky_mask).rectangle([0, 0, SIDE, 108], fill=255)"
SET = "strength=0.75,"
IMAGE = "image=scene,"
NOISE = "Image.fromarray(np.random.randint(0, 255, (SIDE, SIDE, 3), dtype='uint8'))"
GENERATOR = "num_inference_steps=5,\n    generator=seeded(8),"


def _wrong(name: str, *edits: Edit, caught_by: set[str], undetermined: set[str] | None = None) -> Mistake:
    return Mistake(name, 4, edits, frozenset(caught_by), frozenset(undetermined or ()))


def _scheduler(cls: str) -> Edit:
    """Img2img with another scheduler of the library."""
    load = LOAD_FIRST.replace("DPMSolverMultistepScheduler", cls)
    return Edit(f"pipe = {LOAD_FIRST}", f"from diffusers import {cls}\n\npipe = {load}")


def _right(name: str, *edits: Edit) -> Variant:
    return Variant(name, 4, edits)


MISTAKES: tuple[Mistake, ...] = (
    _wrong("too weak", Edit(SET, "strength=0.3,"), caught_by={STRENGTH}),
    _wrong("full strength", Edit(SET, "strength=1.0,"), caught_by={STRENGTH}),
    _wrong("the sketch is inpainted", Edit(IMAGE, "image=sketch,"), caught_by={CHAIN}),
    _wrong("the photo is inpainted", Edit(IMAGE, "image=photo,"), caught_by={CHAIN}),
    _wrong("a picture of noise is inpainted", Edit(IMAGE, f"image={NOISE},"), caught_by={CHAIN}),
    _wrong("the mask is empty", Edit(DRAW, "pass"), caught_by={PART, NEW, KEPT, CHAIN}),
    _wrong("the mask is full", Edit(DRAW, DRAW.replace("108", "SIDE")), caught_by={PART, NEW, KEPT, CHAIN}),
    _wrong(
        "inpainting alone",
        Edit(SET, "mask_image=Image.new('L', (SIDE, SIDE), 255),\n    height=SIDE,\n    width=SIDE,"),
        Edit(LOAD_FIRST, LOAD_FIRST.replace("Img2Img", "Inpaint")),
        caught_by={STRENGTH, CHAIN},
    ),
    _wrong(
        "img2img twice",
        Edit(LOAD_SECOND, LOAD_SECOND.replace("Inpaint", "Img2Img")),
        Edit("mask_image=sky_mask,\n    height=SIDE,\n    width=SIDE,", "strength=0.7,"),
        caught_by={CHAIN, PART, NEW, KEPT},
    ),
    _wrong(
        "the kept part is brightened before it is decoded",
        Edit(GENERATOR, GENERATOR + "\n    callback_on_step_end=lambda p, i, t, k: {'latents': k['latents'] * 1.05},"),
        caught_by={KEPT},
    ),
)

VARIANTS: tuple[Variant, ...] = (
    _right("a weaker strength that is still high", Edit(SET, "strength=0.6,")),
    _right("the photo instead of a sketch", Edit("image=sketch,", "image=photo,")),
    _right(
        "by way of a file",
        Edit(IMAGE, "image=Image.open('scene.png'),"),
        Edit('sky_mask = Image.new("L"', 'scene.save("scene.png")\nsky_mask = Image.new("L"'),
    ),
    _right(
        "by way of a compressed file",
        Edit(IMAGE, "image=Image.open('scene.jpg').convert('RGB'),"),
        Edit('sky_mask = Image.new("L"', 'scene.save("scene.jpg", quality=90)\nsky_mask = Image.new("L"'),
    ),
    _right("a drawn shape as mask", Edit(DRAW, "ImageDraw.Draw(sky_mask).ellipse([40, 30, 200, 120], fill=255)")),
    _right("the scheduler that the model comes with", _scheduler("PNDMScheduler")),
    _right("random steps", _scheduler("DDPMScheduler")),
)
