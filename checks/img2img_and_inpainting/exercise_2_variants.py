"""Declares correct but unusual solutions of exercise 2: img2img without a pipeline."""

from assay.proof import Edit, Variant

SETUP = """strength = 0.7
num_steps = 10
scheduler.set_timesteps(num_steps)
steps_to_run = int(num_steps * strength)
timesteps = scheduler.timesteps[num_steps - steps_to_run :]
t_start = timesteps[0]
noise = torch.randn(z0.shape, generator=seeded(3), device=device)
alpha_bar = scheduler.alphas_cumprod[t_start]
z = alpha_bar.sqrt() * z0 + (1 - alpha_bar).sqrt() * noise
print(f"{steps_to_run} of {num_steps} steps, beginning at t = {int(t_start)} with alpha-bar {alpha_bar:.3f}")"""
FORWARD = "z = alpha_bar.sqrt() * z0 + (1 - alpha_bar).sqrt() * noise"
TO_RUN = "steps_to_run = int(num_steps * strength)"
CONTEXT = 'context = torch.cat([embed(""), embed(prompt)])'
LOOP = """with torch.no_grad():
    for t in timesteps:
        without, with_prompt = unet(torch.cat([z, z]), t, encoder_hidden_states=context).sample.chunk(2)
        guided = without + guidance_scale * (with_prompt - without)
        z = scheduler.step(guided, t, z).prev_sample"""
CALL = "without, with_prompt = unet(torch.cat([z, z]), t, encoder_hidden_states=context).sample.chunk(2)"
GUIDED = "guided = without + guidance_scale * (with_prompt - without)"
STEP = "scheduler.step(guided, t, z).prev_sample"
MODE = ".latent_dist.mode()"
SCHEDULER = 'DDIMScheduler.from_pretrained(MODEL, subfolder="scheduler")'
DECODE = """with torch.no_grad():
    decoded = vae.decode(z / scale).sample[0]
values ="""
BY_HAND = """previous = t - 1000 // num_steps
        now = scheduler.alphas_cumprod[t]
        then = scheduler.alphas_cumprod[previous] if previous >= 0 else scheduler.final_alpha_cumprod
        clean = (z - (1 - now).sqrt() * guided) / now.sqrt()
        z = then.sqrt() * clean + (1 - then).sqrt() * guided"""
FUNCTION = '''

@torch.no_grad()
def img2img(start, strength=0.7, steps=10, guidance=7.5):
    """Latents of `start`, changed by `strength`."""
    scheduler.set_timesteps(steps)
    times = scheduler.timesteps[steps - round(steps * strength) :]
    noise = torch.randn(start.shape, generator=seeded(3), device=device)
    z = scheduler.add_noise(start, noise, times[:1])
    for t in times:
        without, with_prompt = unet(torch.cat([z, z]), t, context, return_dict=False)[0].chunk(2)
        z = scheduler.step(torch.lerp(without, with_prompt, guidance), t, z, return_dict=False)[0]
    return z


z = img2img(z0)'''

BOTH = """def walk(z, timesteps):
    with torch.no_grad():
        for t in timesteps:
            without, with_prompt = unet(torch.cat([z, z]), t, encoder_hidden_states=context).sample.chunk(2)
            z = scheduler.step(without + guidance_scale * (with_prompt - without), t, z).prev_sample
    return z


from_noise = walk(noise, scheduler.timesteps)
z = walk(z, timesteps)"""


def _right(name: str, *edits: Edit) -> Variant:
    return Variant(name, 2, edits)


VARIANTS: tuple[Variant, ...] = (
    _right("the library's add_noise", Edit(FORWARD, "z = scheduler.add_noise(z0, noise, t_start)")),
    _right(
        "two calls of the U-Net",
        Edit(
            CALL,
            "without = unet(z, t, encoder_hidden_states=context[:1]).sample\n"
            "        with_prompt = unet(z, t, encoder_hidden_states=context[1:]).sample",
        ),
    ),
    _right(
        "the prompt first",
        Edit(CONTEXT, 'context = torch.cat([embed(prompt), embed("")])'),
        Edit("without, with_prompt = unet", "with_prompt, without = unet"),
    ),
    _right("a drawn latent", Edit(MODE, ".latent_dist.sample()")),
    _right("a latent drawn from the seed", Edit(MODE, ".latent_dist.sample(generator=seeded(3))")),
    _right("pure noise at strength one", Edit(FORWARD, FORWARD + "\nif strength == 1.0:\n    z = noise")),
    _right("rounded steps", Edit(TO_RUN, "steps_to_run = round(num_steps * strength)")),
    _right(
        "guidance in another form",
        Edit(GUIDED, "guided = (1 - guidance_scale) * without + guidance_scale * with_prompt"),
    ),
    _right("the scheduler's step by hand", Edit(f"z = {STEP}", BY_HAND)),
    _right(
        "a function with its parameters",
        Edit(SETUP, "strength = 0.7"),
        Edit(f"guidance_scale = 7.5\n{LOOP}", FUNCTION.strip("\n")),
    ),
    _right(
        "a negative prompt",
        Edit(CONTEXT, 'context = torch.cat([embed("blurry, dark"), embed(prompt)])'),
    ),
    _right("weaker guidance", Edit("guidance_scale = 7.5", "guidance_scale = 4.0")),
    _right(
        "a solver of second order",
        Edit(SCHEDULER, SCHEDULER.replace("DDIM", "DPMSolverMultistep")),
    ),
    _right(
        "pictures on the way",
        Edit(f"z = {STEP}", f"z = {STEP}\n        if int(t) % 200 == 1:\n            vae.decode(z / scale)"),
    ),
    _right(
        "trailing timesteps",
        Edit(SCHEDULER, 'DDIMScheduler.from_pretrained(MODEL, subfolder="scheduler", timestep_spacing="trailing")'),
    ),
    _right(
        "the strength under another name",
        Edit("strength = 0.7\nnum_steps", "denoising_strength = 0.7\nnum_steps"),
        Edit(TO_RUN, TO_RUN.replace("strength", "denoising_strength")),
        Edit("by hand, strength {strength}", "by hand"),
    ),
    _right(
        "the picture as numbers from 0 to 1",
        Edit('by_hand = Image.fromarray((values * 255).round().astype("uint8"))\n', ""),
        Edit('show([photo, by_hand], ["photo", f"by hand, strength {strength}"])', "plt.imshow(values)\nplt.show()"),
    ),
    _right(
        "both pictures in one",
        Edit(
            'show([photo, by_hand], ["photo", f"by hand, strength {strength}"])',
            "plt.imshow(by_hand)\nplt.show()\nplt.imshow(np.hstack([np.array(photo), np.array(by_hand)]))\nplt.show()",
        ),
    ),
    _right("text-to-image beside it", Edit(LOOP, BOTH)),
)
