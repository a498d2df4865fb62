"""Declares the mistakes and variants of exercise 3 where the inpainting loop is written by hand, without a pipeline."""

from assay.proof import Edit, Mistake, Variant

MASKS = "a-tight-and-a-generous-mask"
SIDES = "white-is-edited-and-black-is-kept"
SHARP = "the-mask-decides-and-does-not-blend"
NEW = "the-edited-region-is-new"
KEPT = "the-kept-region-is-the-picture"
LEVEL = "the-kept-region-has-each-steps-noise-level"
EMPTY = "an-empty-mask-returns-the-picture"
FULL = "a-full-mask-is-text-to-image"
SHARED = "both-masks-share-prompt-and-noise"

LOAD = "pipe = load_pipeline(StableDiffusionInpaintPipeline, DPMSolverMultistepScheduler)\n"
CALL = """    return pipe(
        prompt=sky,
        image=photo,
        mask_image=mask,
        height=SIDE,
        width=SIDE,
        guidance_scale=7.5,
        num_inference_steps=5,
        generator=seeded(5),
    ).images[0]
"""
PARTS = """vae = AutoencoderKL.from_pretrained(MODEL, subfolder="vae").to(device)
unet = UNet2DConditionModel.from_pretrained(MODEL, subfolder="unet").to(device)
text_encoder = CLIPTextModel.from_pretrained(MODEL, subfolder="text_encoder").to(device)
tokenizer = CLIPTokenizer.from_pretrained(MODEL, subfolder="tokenizer")
scheduler = DDIMScheduler.from_pretrained(MODEL, subfolder="scheduler")
scale = vae.config.scaling_factor
pixels = transforms.functional.to_tensor(photo)[None].to(device) * 2 - 1
with torch.no_grad():
    z0 = vae.encode(pixels).latent_dist.mode() * scale


def embed(text):
    ids = tokenizer(text, padding="max_length", max_length=77, return_tensors="pt").input_ids
    return text_encoder(ids.to(device))[0]
"""
BODY = """    with torch.no_grad():
        context = torch.cat([embed(""), embed(sky)])
        scheduler.set_timesteps(5)
        times = scheduler.timesteps
        small = mask.resize((SIDE // 8, SIDE // 8), Image.NEAREST)
        m = torch.from_numpy(np.array(small)).float().to(device)[None, None] / 255
        noise = torch.randn(z0.shape, generator=seeded(5), device=device)
        z = noise
        for i, t in enumerate(times):
            without, with_prompt = unet(torch.cat([z, z]), t, encoder_hidden_states=context).sample.chunk(2)
            z = scheduler.step(without + 7.5 * (with_prompt - without), t, z).prev_sample
            is_last = i + 1 == len(times)
            kept = z0 if is_last else scheduler.add_noise(z0, noise, times[i + 1])
            z = m * z + (1 - m) * kept
        decoded = vae.decode(z / scale).sample[0]
    values = ((decoded + 1) / 2).clamp(0, 1).permute(1, 2, 0).cpu().numpy()
    return Image.fromarray((values * 255).round().astype("uint8"))
"""
KEPT_NOW = "kept = z0 if is_last else scheduler.add_noise(z0, noise, times[i + 1])"
BLEND = "z = m * z + (1 - m) * kept"
RESIZE = "mask.resize((SIDE // 8, SIDE // 8), Image.NEAREST)"
GUIDED = "without + 7.5 * (with_prompt - without)"
PLANE = "torch.from_numpy(np.array(small)).float().to(device)[None, None] / 255"
WHOLE = "torch.from_numpy(np.array(mask)).float().to(device)[None, None] / 255"


def _loop(*changes: tuple[str, str]) -> tuple[Edit, ...]:
    """The edits that put the loop in the place of the pipeline, with `changes` made in it."""
    code = PARTS + BODY
    for find, replace in changes:
        assert code.count(find) == 1, find
        code = code.replace(find, replace)
    parts, body = (
        code[: code.index("    with torch.no_grad():\n        context")],
        code[code.index("    with torch.no_grad():\n        context") :],
    )
    return Edit(LOAD, parts + "\npipe = None\n"), Edit(CALL, body)


def _wrong(name: str, *changes: tuple[str, str], caught_by: set[str], undetermined: set[str] | None = None) -> Mistake:
    return Mistake(f"by hand: {name}", 3, _loop(*changes), frozenset(caught_by), frozenset(undetermined or ()))


def _right(name: str, *changes: tuple[str, str]) -> Variant:
    return Variant(f"by hand: {name}", 3, _loop(*changes))


MISTAKES: tuple[Mistake, ...] = (
    _wrong(
        "the mask is inverted", (BLEND, "z = (1 - m) * z + m * kept"), caught_by={SIDES, NEW, KEPT, LEVEL, EMPTY, FULL}
    ),
    _wrong(
        "the last blend is noisy",
        (KEPT_NOW, "kept = scheduler.add_noise(z0, noise, times[-1] if is_last else times[i + 1])"),
        caught_by={SHARP, KEPT, EMPTY},
    ),
    _wrong(
        "the last blend is left out",
        (BLEND, "z = z if is_last else m * z + (1 - m) * kept"),
        caught_by={SIDES, KEPT, EMPTY},
    ),
    _wrong(
        "noised to the step that is done",
        (KEPT_NOW, "kept = scheduler.add_noise(z0, noise, t)"),
        caught_by={SHARP, KEPT, LEVEL, EMPTY},
    ),
    _wrong(
        "nothing is put back",
        (KEPT_NOW, "kept = torch.zeros_like(z0)"),
        caught_by={SIDES, SHARP, KEPT, LEVEL, EMPTY},
    ),
    _wrong(
        "the last blend is as noisy as the first",
        (KEPT_NOW, "kept = scheduler.add_noise(z0, noise, times[0] if is_last else times[i + 1])"),
        caught_by={SIDES, SHARP, KEPT, EMPTY},
    ),
    _wrong("the clean picture at every step", (KEPT_NOW, "kept = z0"), caught_by={LEVEL}),
    _wrong("cut and paste after the loop", (BLEND, "z = m * z + (1 - m) * z0 if is_last else z"), caught_by={LEVEL}),
    _wrong(
        "blended in the first step only",
        (BLEND, "z = m * z + (1 - m) * kept if i == 0 else z"),
        caught_by={SIDES, KEPT, LEVEL, EMPTY},
        undetermined={SHARP, MASKS, NEW},
    ),
    _wrong(
        "no scaling factor",
        ("latent_dist.mode() * scale", "latent_dist.mode()"),
        caught_by={KEPT, LEVEL, EMPTY},
        undetermined={SHARP, NEW},
    ),
    _wrong(
        "a mask from 0 to 255",
        (PLANE, PLANE.removesuffix(" / 255")),
        caught_by={SIDES, SHARP, KEPT, LEVEL, EMPTY, FULL},
        undetermined={MASKS, SHARED, NEW},
    ),
    _wrong(
        "the mask is transposed",
        (PLANE, PLANE.replace("np.array(small)", "np.array(small).T.copy()")),
        caught_by={SIDES, KEPT, LEVEL, EMPTY},
        undetermined={FULL, NEW},
    ),
    _wrong("the mask's edge is blurred", (RESIZE, RESIZE.replace("NEAREST", "BILINEAR")), caught_by={SHARP}),
    _wrong(
        "the mask is averaged over the cells",
        (PLANE, f"torch.nn.functional.avg_pool2d({WHOLE}, 8)"),
        caught_by={SHARP},
    ),
    _wrong(
        "alphas instead of alphas_cumprod",
        (
            KEPT_NOW,
            "a = scheduler.alphas[times[min(i + 1, len(times) - 1)]]\n"
            "            kept = z0 if is_last else a.sqrt() * z0 + (1 - a).sqrt() * noise",
        ),
        caught_by={LEVEL},
    ),
    _wrong(
        "no square roots",
        (
            KEPT_NOW,
            "a = scheduler.alphas_cumprod[times[min(i + 1, len(times) - 1)]]\n"
            "            kept = z0 if is_last else a * z0 + (1 - a) * noise",
        ),
        caught_by={LEVEL},
    ),
    _wrong("no guidance inside the mask", (GUIDED, "with_prompt"), caught_by={FULL}),
    _wrong(
        "the steps stop halfway",
        ("times = scheduler.timesteps\n", "times = scheduler.timesteps[:3]\n"),
        caught_by={FULL},
    ),
    _wrong("another seed for every mask", ("seeded(5)", "seeded(int(np.array(mask).mean()))"), caught_by={SHARED}),
)

VARIANTS: tuple[Variant, ...] = (
    _right("one noise for the start and the picture"),
    _right("fresh noise at every step", ("add_noise(z0, noise,", "add_noise(z0, torch.randn_like(z0),")),
    _right("the mask's greater half", (PLANE, f"(torch.nn.functional.avg_pool2d({WHOLE}, 8) > 0.5).float()")),
    _right("whatever the mask touches", (PLANE, f"torch.nn.functional.max_pool2d({WHOLE}, 8)")),
    _right("a drawn latent", ("latent_dist.mode()", "latent_dist.sample()")),
    _right("the picture in the start", ("z = noise\n", "z = scheduler.add_noise(z0, noise, times[:1])\n")),
    _right(
        "the last four of five steps",
        ("times = scheduler.timesteps\n", "times = scheduler.timesteps[1:]\n"),
        ("z = noise\n", "z = scheduler.add_noise(z0, noise, times[:1])\n"),
    ),
    _right(
        "a solver of second order",
        ("DDIMScheduler.from_pretrained", "DPMSolverMultistepScheduler.from_pretrained"),
        ("times[i + 1])", "times[i + 1 : i + 2])"),
    ),
    _right("blended before the step", (BLEND, "z = torch.where(m > 0.5, z, kept)")),
)
