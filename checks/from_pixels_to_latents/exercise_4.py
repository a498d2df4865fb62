"""Declares the mistakes and variants of exercise 4: from text and picture through noise and one step back to pixels."""

from assay.proof import Edit, Mistake, Variant

HEARD = "the-prompt-reached-the-unet-through-clip"
FORWARD = "the-noisy-latent-follows-the-forward-process"
STEP = "one-step-leads-to-the-next-noise-level"
DECODED = "the-result-of-the-step-was-decoded"
UNCHANGED = "unet-vae-and-clip-are-unchanged"

VAE = "vae = AutoencoderKL.from_pretrained"  # the cell of exercise 1 that loads it
SCHEDULER = 'scheduler = DDPMScheduler.from_pretrained(MODEL, subfolder="scheduler")'
TIMESTEP = "timestep = torch.tensor([500], device=device)"
TEXT = "embeddings = text_encoder(ids).last_hidden_state"
ENCODE = 'z0 = vae.encode(to_pixels(photos["lake"])).latent_dist.sample() * vae.config.scaling_factor'
NOISE = "noise = torch.randn_like(z0)"
NOISY = "zt = scheduler.add_noise(z0, noise, timestep)"
UNET = "predicted = unet(zt, timestep, encoder_hidden_states=embeddings).sample"
BACK = "z_less = scheduler.step(predicted, timestep.item(), zt).prev_sample"
DECODE = "decoded = vae.decode(z_less / vae.config.scaling_factor).sample"
SUMMARY = '"after the step": z_less, "decoded": decoded'

# what two weights of the forward process are called by hand
ALPHA = "a = scheduler.alphas_cumprod[500]"


def _wrong(name: str, *edits: Edit, caught_by: set[str], undetermined: set[str] | None = None) -> Mistake:
    return Mistake(name, 4, edits, frozenset(caught_by), frozenset(undetermined or ()), (VAE,))


def _right(name: str, *edits: Edit) -> Variant:
    return Variant(name, 4, edits, (VAE,))


def _by_hand(formula: str) -> Edit:
    return Edit(NOISY, f"{ALPHA}\n    zt = {formula}")


MISTAKES = (
    _wrong(
        "the latent is not scaled",
        Edit(ENCODE, ENCODE.replace(" * vae.config.scaling_factor", "")),
        caught_by={FORWARD},
    ),
    _wrong(
        "the latent is divided by the scaling factor",
        Edit(ENCODE, ENCODE.replace(" * vae", " / vae")),
        caught_by={FORWARD},
    ),
    _wrong(
        "decoded on the scale of diffusion", Edit(DECODE, "decoded = vae.decode(z_less).sample"), caught_by={DECODED}
    ),
    _wrong("only the noisy latent is decoded", Edit(DECODE, DECODE.replace("z_less", "zt")), caught_by={DECODED}),
    _wrong("the clean latent is decoded", Edit(DECODE, DECODE.replace("z_less", "z0")), caught_by={DECODED}),
    _wrong(
        "the step starts from another timestep",
        Edit(BACK, BACK.replace("timestep.item()", "100")),
        caught_by={STEP, DECODED},
    ),
    _wrong(
        "the step starts one timestep lower",
        Edit(BACK, BACK.replace("timestep.item()", "499")),
        caught_by={STEP},
        undetermined={DECODED},
    ),
    _wrong(
        "the U-Net hears another timestep",
        Edit(UNET, UNET.replace("timestep", "timestep // 2")),
        caught_by={FORWARD, STEP, DECODED},
    ),
    _wrong("no step is made", Edit(BACK, "z_less = zt - predicted"), caught_by={STEP, DECODED}),
    _wrong("the step gets the clean latent", Edit(BACK, BACK.replace("zt)", "z0)")), caught_by={STEP, DECODED}),
    _wrong(
        "the step gets the true noise",
        Edit(BACK, BACK.replace("predicted", "noise")),
        caught_by={STEP},
    ),
    _wrong(
        "signal and noise swapped", Edit(NOISY, "zt = scheduler.add_noise(noise, z0, timestep)"), caught_by={FORWARD}
    ),
    _wrong("the noise is added whole", Edit(NOISY, "zt = z0 + noise"), caught_by={FORWARD}),
    _wrong("no noise", Edit(NOISY, "zt = z0"), caught_by={FORWARD}),
    _wrong("pure noise, no picture", Edit(NOISY, "zt = noise"), caught_by={FORWARD}),
    _wrong("uniform noise", Edit(NOISE, "noise = torch.rand_like(z0)"), caught_by={FORWARD}),
    _wrong("square roots forgotten", _by_hand("a * z0 + (1 - a) * noise"), caught_by={FORWARD}),
    _wrong("the noise's square root forgotten", _by_hand("a**0.5 * z0 + (1 - a) * noise"), caught_by={FORWARD}),
    _wrong(
        "alpha instead of the cumulative alpha",
        Edit(NOISY, "a = scheduler.alphas[500]\n    zt = a**0.5 * z0 + (1 - a) ** 0.5 * noise"),
        caught_by={FORWARD},
    ),
    _wrong(
        "timestep 0",
        Edit(TIMESTEP, "timestep = torch.tensor([0], device=device)"),
        caught_by={FORWARD},
        undetermined={STEP, DECODED},
    ),
    _wrong(
        "the picture skips the encoder",
        Edit(ENCODE, 'z0 = torch.nn.functional.interpolate(to_pixels(photos["lake"]), (64, 64))[:, [0, 1, 2, 2]]'),
        caught_by={FORWARD},
    ),
    _wrong(
        "noise in place of the picture",
        Edit(ENCODE, "z0 = torch.randn(1, 4, 64, 64, device=device)"),
        caught_by={FORWARD},
    ),
    _wrong(
        "token embeddings without the encoder",
        Edit(TEXT, "embeddings = text_encoder.get_input_embeddings()(ids)"),
        caught_by={HEARD},
        undetermined={UNCHANGED},
    ),
    _wrong(
        "token ids as text",
        Edit(TEXT, "embeddings = ids[:, :, None].float().expand(-1, -1, unet.config.cross_attention_dim) / 49408"),
        caught_by={HEARD},
        undetermined={UNCHANGED},
    ),
    _wrong(
        "noise as text", Edit(UNET, UNET.replace("=embeddings", "=torch.randn_like(embeddings)")), caught_by={HEARD}
    ),
    _wrong("an empty prompt", Edit('prompt = "a lake between mountains at sunset"', 'prompt = ""'), caught_by={HEARD}),
    _wrong(
        "the U-Net is never asked",
        Edit(UNET, "predicted = torch.randn_like(zt)"),
        caught_by={HEARD, FORWARD, STEP, DECODED},
    ),
    _wrong(
        "a pipeline does it all",
        Edit(UNET, "predicted = noise"),
        Edit(SCHEDULER, SCHEDULER + "\nfrom diffusers import StableDiffusionPipeline"),
        Edit(
            DECODE,
            "decoded = StableDiffusionPipeline.from_pretrained(MODEL)(prompt, num_inference_steps=1, "
            'output_type="pt").images',
        ),
        caught_by={HEARD, FORWARD, STEP, DECODED},
    ),
    _wrong(
        "the U-Net learns on the way",
        Edit(TIMESTEP, TIMESTEP + "\nwith torch.no_grad():\n    unet.conv_in.bias.add_(1e-6)"),
        caught_by={UNCHANGED},
    ),
)

_LESS = "z_less = (a_less / a) ** 0.5 * zt + ((1 - a_less) ** 0.5 - (a_less * (1 - a) / a) ** 0.5) * predicted"
_MEAN = "step = 1 - a / a_less\n    z_less = (zt - step / (1 - a) ** 0.5 * predicted) / (1 - step) ** 0.5"
_ALPHAS = "a, a_less = scheduler.alphas_cumprod[500], scheduler.alphas_cumprod[499]\n    "

VARIANTS = (
    _right("the schedule is set first", Edit(SCHEDULER, SCHEDULER + "\nscheduler.set_timesteps(1000)")),
    _right(
        "fifty steps, a longer stride",
        Edit(SCHEDULER, SCHEDULER + "\nscheduler.set_timesteps(50)"),
        Edit(TIMESTEP, "timestep = torch.tensor([int(scheduler.timesteps[25])], device=device)"),
    ),
    _right("another timestep", Edit(TIMESTEP, "timestep = torch.tensor([201], device=device)")),
    _right(
        "DDIM's step",
        Edit(
            SCHEDULER,
            "from diffusers import DDIMScheduler\n\n"
            + SCHEDULER.replace("DDPM", "DDIM")
            + "\nscheduler.set_timesteps(1000)",
        ),
    ),
    _right(
        "the checkpoint's own scheduler",
        Edit(
            SCHEDULER,
            "from diffusers import PNDMScheduler\n\n"
            + SCHEDULER.replace("DDPM", "PNDM")
            + "\nscheduler.set_timesteps(100)",
        ),
        Edit(TIMESTEP, "timestep = scheduler.timesteps[40:41].to(device)"),
    ),
    _right(
        "DPM-Solver's first step",
        Edit(
            SCHEDULER,
            "from diffusers import DPMSolverMultistepScheduler\n\n"
            + SCHEDULER.replace("DDPM", "DPMSolverMultistep")
            + "\nscheduler.set_timesteps(20)",
        ),
        Edit(TIMESTEP, "timestep = scheduler.timesteps[10:11].to(device)"),
    ),
    _right("the forward process by hand", _by_hand("a**0.5 * z0 + (1 - a) ** 0.5 * noise")),
    _right("a deterministic step by hand", Edit(BACK, _ALPHAS + _LESS)),
    _right("a long deterministic step by hand", Edit(BACK, _ALPHAS.replace("499", "400") + _LESS)),
    _right("the step's mean by hand", Edit(BACK, _ALPHAS + _MEAN)),
    _right(
        "gradients are kept",
        Edit("with torch.no_grad():", "if True:"),
        Edit("to_picture(decoded)", "to_picture(decoded.detach())"),
    ),
    _right(
        "guidance on the way",
        Edit(
            TEXT,
            'blank = tokenizer("", padding="max_length", max_length=77, return_tensors="pt").input_ids.to(device)\n'
            "    embeddings = text_encoder(torch.cat([blank, ids])).last_hidden_state",
        ),
        Edit(
            UNET,
            "plain, guided = unet(torch.cat([zt, zt]), timestep, encoder_hidden_states=embeddings).sample.chunk(2)\n"
            "    predicted = plain + 7.5 * (guided - plain)",
        ),
    ),
    _right("the guess of the clean latent is decoded", Edit(BACK, BACK.replace("prev_sample", "pred_original_sample"))),
    _right(
        "the noisy latent is decoded as well",
        Edit(DECODE, DECODE + "\n    before = vae.decode(zt / vae.config.scaling_factor).sample"),
    ),
    _right(
        "everything by name and as tuples",
        Edit(
            UNET,
            "predicted = unet(sample=zt, timestep=timestep, encoder_hidden_states=embeddings, return_dict=False)[0]",
        ),
        Edit(
            BACK,
            "z_less = scheduler.step(model_output=predicted, timestep=timestep.item(), sample=zt).prev_sample",
        ),
        Edit(TEXT, "embeddings = text_encoder(input_ids=ids)[0]"),
    ),
    _right(
        "the whole way down from there",
        Edit(SCHEDULER, SCHEDULER + "\nscheduler.set_timesteps(20)"),
        Edit(TIMESTEP, "timestep = scheduler.timesteps[16:17].to(device)"),
        Edit(
            UNET,
            "z_less = zt\n    for now in scheduler.timesteps[16:]:\n"
            "        predicted = unet(z_less, now, encoder_hidden_states=embeddings).sample\n"
            "        z_less = scheduler.step(predicted, now, z_less).prev_sample",
        ),
        Edit("    " + BACK + "\n", ""),
    ),
)
