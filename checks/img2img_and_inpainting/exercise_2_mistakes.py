"""Declares the mistakes of exercise 2: img2img without a pipeline."""

from assay.proof import Edit, Mistake

LAST = "the-loop-runs-the-last-steps-of-the-schedule"
NUMBER = "the-number-of-steps-follows-the-strength"
START = "the-start-follows-the-forward-process"
RANGE = "the-pictures-lie-between-minus-one-and-one"
NOISE = "the-noise-in-the-start-is-unit-noise"
STEP = "every-step-is-the-schedulers-with-guidance"
DECODE = "the-decoder-gets-the-unscaled-latents"
FORGET = "full-strength-forgets-the-picture"
TEXT = "full-strength-is-text-to-image"

ENCODE = "vae.encode(pixels).latent_dist.mode() * scale"
TO_RUN = "steps_to_run = int(num_steps * strength)"
TIMESTEPS = "timesteps = scheduler.timesteps[num_steps - steps_to_run :]"
T_START = "t_start = timesteps[0]"
ALPHA = "alpha_bar = scheduler.alphas_cumprod[t_start]"
FORWARD = "z = alpha_bar.sqrt() * z0 + (1 - alpha_bar).sqrt() * noise"
GUIDED = "guided = without + guidance_scale * (with_prompt - without)"
CALL = "scheduler.step(guided, t, z).prev_sample"
DECODED = "vae.decode(z / scale)"
BY_HAND = """previous = t - 1000 // num_steps
        now = scheduler.alphas_cumprod[t]
        then = scheduler.alphas_cumprod[previous] if previous >= 0 else scheduler.final_alpha_cumprod
        clean = (z - (1 - now).sqrt() * guided) / now.sqrt()
        z = then.sqrt() * clean + (1 - then).sqrt() * guided"""
SCHEDULER = 'DDIMScheduler.from_pretrained(MODEL, subfolder="scheduler")'
DRAWN = "torch.randn(z0.shape, generator=seeded(3), device=device)"
PIXELS = "pixels = to_tensor(photo)[None].to(device)"


def _wrong(name: str, *edits: Edit, caught_by: set[str], undetermined: set[str] | None = None) -> Mistake:
    return Mistake(name, 2, edits, frozenset(caught_by), frozenset(undetermined or ()))


_START = (
    _wrong("no scaling factor", Edit(ENCODE, ENCODE.removesuffix(" * scale")), caught_by={START, NOISE, FORGET}),
    _wrong(
        "a picture from 0 to 1",
        Edit(PIXELS, "pixels = transforms.functional.to_tensor(photo)[None].to(device)"),
        caught_by={RANGE},
    ),
    _wrong(
        "a picture from 0 to 255",
        Edit(PIXELS, PIXELS.removesuffix(".to(device)") + ".to(device) * 127.5 + 127.5"),
        caught_by={RANGE},
    ),
    _wrong("divided by the scaling factor", Edit(ENCODE, ENCODE.replace("*", "/")), caught_by={START, NOISE, FORGET}),
    _wrong(
        "the timestep is the strength times a thousand",
        Edit(ALPHA, ALPHA.replace("t_start", "min(999, int(1000 * strength))")),
        caught_by={START, FORGET},
        undetermined={NOISE},
    ),
    _wrong(
        "noise of the next timestep",
        Edit(T_START, "t_start = timesteps[1]"),
        caught_by={START, FORGET},
        undetermined={NOISE},
    ),
    _wrong(
        "alphas instead of alphas_cumprod",
        Edit(ALPHA, ALPHA.replace("alphas_cumprod", "alphas")),
        caught_by={START, NOISE, FORGET},
    ),
    _wrong("no square roots", Edit(FORWARD, FORWARD.replace(".sqrt()", "")), caught_by={START, NOISE, FORGET}),
    _wrong(
        "no square root over the signal",
        Edit(FORWARD, FORWARD.replace("alpha_bar.sqrt()", "alpha_bar")),
        caught_by={START, FORGET},
        undetermined={NOISE},
    ),
    _wrong(
        "no square root over the noise",
        Edit(FORWARD, FORWARD.replace("(1 - alpha_bar).sqrt()", "(1 - alpha_bar)")),
        caught_by={NOISE},
    ),
    _wrong(
        "the weights are swapped",
        Edit(FORWARD, "z = (1 - alpha_bar).sqrt() * z0 + alpha_bar.sqrt() * noise"),
        caught_by={START, NOISE, FORGET},
    ),
    _wrong("no noise", Edit(FORWARD, "z = z0.clone()"), caught_by={START, NOISE, FORGET}),
    _wrong("picture plus noise", Edit(FORWARD, "z = z0 + noise"), caught_by={START, NOISE, FORGET}),
    _wrong("pure noise at every strength", Edit(FORWARD, "z = noise"), caught_by={START, NOISE}),
    _wrong(
        "mixed with the strength as weight",
        Edit(FORWARD, "z = (1 - strength) * z0 + strength * noise"),
        caught_by={START, NOISE},
    ),
    _wrong("uniform noise", Edit(DRAWN, DRAWN.replace("randn", "rand")), caught_by={NOISE}, undetermined={START}),
    _wrong(
        "the scheduler's defaults",
        Edit(SCHEDULER, "DDIMScheduler()"),
        caught_by={LAST, START, FORGET, TEXT, STEP},
        undetermined={NOISE, DECODE},
    ),
)

_STEPS = (
    _wrong(
        "one step too late",
        Edit(TIMESTEPS, TIMESTEPS.replace("steps_to_run :", "steps_to_run + 1 :")),
        caught_by={NUMBER, FORGET, TEXT},
    ),
    _wrong(
        "one step too early",
        Edit(TIMESTEPS, "timesteps = scheduler.timesteps[max(0, num_steps - steps_to_run - 1) :]"),
        caught_by={NUMBER},
    ),
    _wrong(
        "the strength the wrong way round",
        Edit(TO_RUN, "steps_to_run = max(1, num_steps - int(num_steps * strength))"),
        caught_by={NUMBER, FORGET, TEXT},
    ),
    _wrong("a strength above 1", Edit("strength = 0.7\nnum_steps", "strength = 1.15\nnum_steps"), caught_by={NUMBER}),
    _wrong(
        "all steps run",
        Edit("for t in timesteps:", "for t in scheduler.timesteps:"),
        caught_by={NUMBER, START, NOISE},
    ),
    _wrong(
        "timesteps in reverse",
        Edit("for t in timesteps:", "for t in timesteps.flip(0):"),
        caught_by={LAST, START, FORGET, TEXT},
        undetermined={NOISE},
    ),
    _wrong(
        "the first steps instead of the last",
        Edit(TIMESTEPS, "timesteps = scheduler.timesteps[:steps_to_run]"),
        caught_by={LAST},
    ),
    _wrong(
        "every other step of the schedule",
        Edit(TIMESTEPS, "timesteps = scheduler.timesteps[num_steps - steps_to_run :: 2]"),
        caught_by={LAST, NUMBER, FORGET, TEXT},
        undetermined={STEP},
    ),
    _wrong(
        "the pipeline does it",
        Edit("guidance_scale = 7.5\n", "pipe = load_pipeline(StableDiffusionImg2ImgPipeline, DDIMScheduler)\n"),
        Edit(
            "with torch.no_grad():\n    for t in timesteps:\n"
            "        without, with_prompt = unet(torch.cat([z, z]), t, encoder_hidden_states=context).sample.chunk(2)\n"
            f"        {GUIDED}\n        z = {CALL}",
            "z = pipe(prompt, photo, strength, num_steps, output_type='latent').images",
        ),
        caught_by={LAST, NUMBER, START, NOISE, STEP, DECODE, FORGET, TEXT},
    ),
)

_DENOISING = (
    _wrong(
        "guidance the wrong way round",
        Edit(GUIDED, GUIDED.replace("(with_prompt - without)", "(without - with_prompt)")),
        caught_by={STEP, TEXT},
    ),
    _wrong(
        "the halves are swapped",
        Edit("without, with_prompt = unet", "with_prompt, without = unet"),
        caught_by={STEP, TEXT},
    ),
    _wrong(
        "guidance from the prompt", Edit(GUIDED, GUIDED.replace("= without", "= with_prompt")), caught_by={STEP, TEXT}
    ),
    _wrong("no guidance", Edit(GUIDED, "guided = with_prompt"), caught_by={STEP, TEXT}),
    _wrong("the prompt is ignored", Edit(GUIDED, "guided = without"), caught_by={STEP, TEXT}),
    _wrong(
        "the direction alone", Edit(GUIDED, "guided = guidance_scale * (with_prompt - without)"), caught_by={STEP, TEXT}
    ),
    _wrong(
        "the step is told another timestep",
        Edit(CALL, "scheduler.step(guided, t_start, z).prev_sample"),
        caught_by={STEP, TEXT},
        undetermined={DECODE},
    ),
    _wrong(
        "the guess of the clean latent is kept",
        Edit(CALL, CALL.replace("prev_sample", "pred_original_sample")),
        caught_by={STEP, TEXT},
    ),
    _wrong("random steps", Edit(CALL, CALL.replace("t, z)", "t, z, eta=1.0)")), caught_by={STEP, TEXT}),
    _wrong("the noise is subtracted", Edit(CALL, "z - guided"), caught_by={STEP, TEXT}, undetermined={DECODE}),
    _wrong(
        "each step from the start",
        Edit("z = scheduler.step(guided, t, z)", "z = scheduler.step(guided, t, noise)"),
        caught_by={STEP, TEXT},
    ),
    _wrong("decoded without the scaling factor", Edit(DECODED, "vae.decode(z)"), caught_by={DECODE}),
    _wrong("decoded times the scaling factor", Edit(DECODED, "vae.decode(z * scale)"), caught_by={DECODE}),
    _wrong("the picture is decoded again", Edit(DECODED, "vae.decode(z0 / scale)"), caught_by={DECODE}),
    _wrong(
        "a blend with the picture is decoded",
        Edit(DECODED, "vae.decode((strength * z + (1 - strength) * z0) / scale)"),
        caught_by={DECODE},
    ),
    _wrong(
        "the step by hand, decoded without the scaling factor",  # no scheduler's step is seen: the reference decides
        Edit(f"z = {CALL}", BY_HAND),
        Edit(DECODED, "vae.decode(z)"),
        caught_by={DECODE},
    ),
    _wrong("the latents are not decoded", Edit(DECODED + ".sample[0]", "z[0, :3]"), caught_by={DECODE}),
)

MISTAKES: tuple[Mistake, ...] = _START + _STEPS + _DENOISING
