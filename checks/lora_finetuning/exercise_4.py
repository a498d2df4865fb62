"""Declares the mistakes and variants of exercise 4: two adapters, alone and together."""

from assay.proof import Edit, Mistake, Variant

FORWARD = "the-noisy-latent-follows-the-forward-process"
RANGE = "the-pictures-lie-between-minus-one-and-one"
TARGET = "the-loss-target-is-the-noise"
TIMESTEPS = "timesteps-vary"
STEPS = "every-step-is-a-fresh-gradient-step"
LEARNED = "the-adapter-learned"
LORA_ONLY = "only-lora-parameters-had-gradients"
TARGETS = "targets-cover-cross-attention"
BASE = "base-unet-is-unchanged"
LOADED = "both-adapters-are-really-loaded"
EACH = "each-adapter-and-both-drew"
SUM = "adapters-add-up-on-weights"
NOISE = "base-and-blends-share-noise-and-prompt"

# The cells of exercise 3 that exercise 4 draws on: models and pictures, the first adapter, its file, the pipeline.
NEEDS = (
    "style_set = load_dataset(",
    "as_tensor = transforms.Compose(",
    "lora_config = LoraConfig(",
    "num_steps = 300",
    "def save_adapter(",
    "def pipeline_with(",
)
MODULES = '["to_q", "to_k", "to_v", "to_out.0"]'
RANK = "r=8, lora_alpha=8"
WRAP = "second_unet = get_peft_model(second_base, second_config)"
TIMESTEP = "when = torch.randint(0, scheduler.config.num_train_timesteps, (1,), device=device)"
LOSS = "error = F.mse_loss(guess, added)"
ZERO_GRAD = "    second_optimizer.zero_grad()\n"
STEP = "    second_optimizer.step()"
SAVE = 'save_adapter(second_unet, "second")'
LOAD_SECOND = 'blended.load_lora_weights(str(FOLDER / "second"), adapter_name="second")'
BASE_PICTURE = 'drawn = {"base": draw(blended, prompt, seed=8)}'
DISABLE = "blended.disable_lora()\n"
STYLE_ALONE = """blended.set_adapters(["style"], adapter_weights=[1.0])
drawn["style alone"] = draw(blended, prompt, seed=8)
"""
LOOP = """for weights in ([1.0, 1.0], [0.8, 0.3]):
    blended.set_adapters(["style", "second"], adapter_weights=weights)
    drawn[f"both {weights}"] = draw(blended, prompt, seed=8)
"""
BOTH = '    drawn[f"both {weights}"] = draw(blended, prompt, seed=8)\n'
AVERAGED_FACTORS = """from safetensors.torch import load_file
factors = [load_file(FOLDER / name / "pytorch_lora_weights.safetensors") for name in ("style", "second")]
mixed = {key: (factors[0][key] + factors[1][key]) / 2 for key in factors[0]}
blended.load_lora_weights(mixed, adapter_name="mixed")
blended.set_adapters(["mixed"], adapter_weights=[1.0])
drawn["both"] = draw(blended, prompt, seed=8)
"""


def _wrong(name: str, *edits: Edit, caught_by: set[str], undetermined: set[str] | None = None) -> Mistake:
    return Mistake(name, 4, edits, frozenset(caught_by), frozenset(undetermined or ()), NEEDS)


def _right(name: str, *edits: Edit) -> Variant:
    return Variant(name, 4, edits, NEEDS)


_TRAINING = (
    _wrong("no scaling factor", Edit(" * vae.config.scaling_factor", ""), caught_by={FORWARD, TARGET}),
    _wrong(
        "pictures from 0 to 1",
        Edit("vae.encode(pixels)", "vae.encode(pixels / 2 + 0.5)"),
        caught_by={RANGE},
    ),
    _wrong("the target is the clean latent", Edit(LOSS, "error = F.mse_loss(guess, latent)"), caught_by={TARGET}),
    _wrong("only timestep 500", Edit(TIMESTEP, "when = torch.tensor([500], device=device)"), caught_by={TIMESTEPS}),
    _wrong("gradients pile up", Edit(ZERO_GRAD, ""), caught_by={STEPS}),
    _wrong("half of the steps", Edit("in range(second_steps)", "in range(second_steps // 2)"), caught_by={STEPS}),
    _wrong("no optimizer step", Edit(STEP, "    pass"), caught_by={STEPS, LEARNED, LOADED, EACH, SUM}),
    _wrong(
        "everything unfrozen after the adapter came",
        Edit(WRAP, WRAP + "\nsecond_unet.requires_grad_(True)"),
        caught_by={BASE, LORA_ONLY},
    ),
    _wrong("queries and values only", Edit(MODULES, '["to_q", "to_v"]'), caught_by={TARGETS}),
)

_COMPOSING = (
    _wrong(
        "a file that the pipeline does not understand",
        Edit(SAVE, 'second_unet.save_pretrained(FOLDER / "second")'),
        caught_by={LOADED, EACH, SUM},
        undetermined={NOISE},
    ),
    _wrong(
        "the first adapter under two names",
        Edit(LOAD_SECOND, LOAD_SECOND.replace('/ "second"', '/ "style"')),
        caught_by={LOADED, EACH, SUM},
    ),
    _wrong("one adapter never draws alone", Edit(STYLE_ALONE, ""), caught_by={EACH}),
    _wrong(
        "both never draw together", Edit("([1.0, 1.0], [0.8, 0.3])", "([1.0, 0.0], [0.0, 0.5])"), caught_by={EACH, SUM}
    ),
    _wrong(
        "the mean of two pictures",
        Edit(
            LOOP,
            'from PIL import Image\ndrawn["both"] = Image.blend(drawn["style alone"], drawn["second alone"], 0.5)\n',
        ),
        caught_by={EACH, SUM},
    ),
    _wrong("the mean of the factors", Edit(RANK, "r=4, lora_alpha=4"), Edit(LOOP, AVERAGED_FACTORS), caught_by={SUM}),
    _wrong("another seed for both", Edit(BOTH, BOTH.replace("seed=8", "seed=9")), caught_by={NOISE}),
    _wrong("another prompt for both", Edit(BOTH, BOTH.replace("prompt", '"a quiet harbour"')), caught_by={NOISE}),
)

MISTAKES = (*_TRAINING, *_COMPOSING)

VARIANTS = (
    _right("no picture of the base, which nobody asks for", Edit(BASE_PICTURE, "drawn = {}")),
    _right("cross-attention only", Edit(MODULES, '["attn2.to_q", "attn2.to_k", "attn2.to_v", "attn2.to_out.0"]')),
    _right("equal ranks", Edit(RANK, "r=4, lora_alpha=4")),
    _right("one style is taken away", Edit("([1.0, 1.0], [0.8, 0.3])", "([1.0, -0.5],)")),
    _right(
        "the base from a pipeline of its own",
        Edit(DISABLE, ""),
        Edit(BASE_PICTURE, BASE_PICTURE.replace("blended", 'pipeline_with(component(UNet2DConditionModel, "unet"))')),
        Edit("blended.enable_lora()\n", ""),
    ),
    _right(
        "both are fused",
        Edit(
            LOOP,
            'blended.set_adapters(["style", "second"], adapter_weights=[0.7, 0.7])\n'
            "blended.fuse_lora()\n"
            'drawn["both"] = draw(blended, prompt, seed=8)\n',
        ),
    ),
    _right(
        "the weights are added by hand",
        Edit(
            LOOP,
            'blended.set_adapters(["style", "second"], adapter_weights=[1.0, 1.0])\n'
            "sums = {}\n"
            "for name, layer in blended.unet.named_modules():\n"
            '    if hasattr(layer, "lora_A"):\n'
            "        sums[name] = sum(layer.get_delta_weight(adapter) for adapter in layer.active_adapters)\n"
            'by_hand = pipeline_with(component(UNet2DConditionModel, "unet"))\n'
            "with torch.no_grad():\n"
            "    for name, change in sums.items():\n"
            "        by_hand.unet.get_submodule(name).weight += 0.5 * change\n"
            'drawn["both"] = draw(by_hand, prompt, seed=8)\n',
        ),
    ),
)
