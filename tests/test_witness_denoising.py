"""What the witness keeps of denoising loops, of the pictures and masks handed to pipelines, and how much of it."""

from __future__ import annotations

import pytest
import torch
from watched import watch

from assay.witness.digest import digest

LOOP = """
from diffusers import DDIMScheduler
unet, vae = load(UNet2DConditionModel, 'unet'), load(AutoencoderKL, 'vae')
text_encoder = load(CLIPTextModel, 'text_encoder')
scheduler = DDIMScheduler.from_pretrained(MODEL, subfolder='scheduler')
with torch.no_grad():
    words = torch.tensor([[49406, *[49407] * 76], [49406, 320, *[49407] * 75]])
    context = text_encoder(words)[0]
    scheduler.set_timesteps(3)
    x = torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(1))
    first = x
    for t in scheduler.timesteps:
        u, c = unet(torch.cat([x, x]), t, encoder_hidden_states=context).sample.chunk(2)
        x = scheduler.step(u + 7.5 * (c - u), t, x).prev_sample
    vae.decode(x / 0.18215)
"""
PIPELINES = """
from diffusers import StableDiffusionInpaintPipeline, StableDiffusionPipeline
import numpy as np
from PIL import Image
photo = Image.fromarray(np.arange(64 * 64 * 3, dtype='uint8').reshape(64, 64, 3))
half = Image.new('L', (64, 64), 0); half.paste(255, (0, 0, 64, 30))
pipe = StableDiffusionInpaintPipeline.from_pretrained(MODEL, safety_checker=None)
made = pipe('a cat', photo, half, None, 64, 64, num_inference_steps=3).images[0]
"""


@pytest.fixture(scope="module")
def seen(warm, kit, tmp_path_factory):
    """One cell for each of the things that are watched."""
    return watch(
        warm, kit.folder, tmp_path_factory.mktemp("denoising"),
        LOOP,
        PIPELINES,
        "text_only = StableDiffusionPipeline(**pipe.components, requires_safety_checker=False)\n"
        "text_only('a cat', 64, 64, num_inference_steps=3)",
        "from diffusers import HeunDiscreteScheduler\n"
        "class Own(DDIMScheduler): pass\n"
        "Own.from_config(scheduler.config).set_timesteps(4)\n"
        "HeunDiscreteScheduler.from_config(scheduler.config).set_timesteps(4)",
        "plane = torch.zeros(1, 1, 16, 16); plane[..., :5, :] = 1\n"
        "both = {'a': np.full((8, 9), 255), 'b': Image.new('1', (20, 10), 1)}\n"
        "soft, small, word = torch.rand(16, 16), torch.ones(3, 3), 'mask'",
        "half.paste(255, (0, 0, 64, 50))",
        "half.paste(255, (0, 0, 64, 50))",
        "text_only('a cat', 64, 64, num_inference_steps=3, callback_on_step_end=lambda pipe, n, t, given: given)",
        "unet = tiny()\n"
        "with torch.no_grad():\n"
        "    for t in range(300):\n"
        "        unet(torch.zeros(1, 4, 8, 8), t, encoder_hidden_states=torch.zeros(1, 77, 8))",
    )  # fmt: skip


def test_a_loop_by_hand_is_kept_whole(seen):
    (told,) = seen.facts("schedule", 1)
    calls = seen.facts("unet", 1)
    assert (told["cls"], told["steps"], told["times"]) == ("DDIMScheduler", 3, [667, 334, 1])
    assert told["options"]["beta_schedule"] == "scaled_linear"
    assert [call["times"] for call in calls] == [[667], [334], [1]]
    assert {tuple(seen.tensor(call["sample"]).shape) for call in calls} == {(1, 4, 8, 8)}  # both halves were the same
    assert {tuple(seen.tensor(call["prediction"]).shape) for call in calls} == {(2, 4, 8, 8)}


def test_texts_are_known_again_by_their_digests(seen):
    (text,) = seen.facts("text", 1)
    assert all(call["conditions"] == text["outputs"] for call in seen.facts("unet", 1))
    assert len(set(text["outputs"])) == 2


def test_the_last_steps_answer_is_kept_beside_what_is_decoded(seen):
    (decoded,) = seen.facts("decode", 1)
    previous, clean = (seen.tensor(name) for name in decoded["stepped"])
    assert torch.allclose(seen.tensor(decoded["tensor"]) * 0.18215, previous, rtol=1e-5)
    assert previous.shape == clean.shape and not torch.equal(previous, clean)


def test_an_inpainting_pipeline_is_kept_with_picture_mask_and_drawn_latents(seen):
    (call,) = seen.facts("pipeline", 2)
    assert call["arguments"]["prompt"] == "a cat" and call["arguments"]["num_inference_steps"] == 3
    mask = seen.tensor(call["mask"])
    assert (tuple(mask.shape), int(mask[:30].min()), int(mask[30:].max())) == ((64, 64), 255, 0)
    pixels = torch.arange(64 * 64 * 3).to(torch.uint8).reshape(64, 64, 3)
    assert call["image"] == digest(pixels)
    drawn = seen.facts("sampled", 2)[0]
    assert seen.tensor(drawn["latents"]).shape == (1, 4, 8, 8)
    assert all("prediction" in fact for fact in seen.facts("unet", 2))
    assert len(seen.fact("pictures", 2)["digests"]) == 1


def test_of_a_text_to_image_pipeline_only_the_start_is_kept(seen):
    assert ["sample" in fact for fact in seen.facts("unet", 3)] == [True, False, False, False]


def test_steps_that_the_notebook_watches_are_kept_whole(seen):
    calls = seen.facts("unet", 8)
    assert len(calls) == 4 and all("prediction" in call for call in calls)


def test_schedulers_that_are_defined_later_are_listened_to(seen):
    told = {fact["cls"]: fact["steps"] for fact in seen.facts("schedule", 4)}
    assert told == {"Own": 4, "HeunDiscreteScheduler": 4}


def test_masks_bound_to_names_are_kept_once_and_again_when_they_change(seen):
    (named,) = seen.facts("masks", 5)
    shapes = {tuple(seen.tensor(name).shape) for name in named["tensors"]}
    assert shapes == {(64, 64), (16, 16), (8, 9), (10, 20)}
    (changed,) = seen.facts("masks", 6)
    assert len(set(changed["tensors"]) - set(named["tensors"])) == 1
    assert seen.facts("masks", 7) == []


def test_of_many_calls_a_budget_is_kept(seen):
    calls = seen.facts("unet", 9)
    assert len(calls) == 300
    assert 240 <= sum("prediction" in call for call in calls) < 256  # some were spent on the cells before
    assert seen.facts("stumble") == []
