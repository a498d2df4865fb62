"""What a picture was drawn with is read off the U-Net, merged or not; loading and merging are noticed."""

from __future__ import annotations

import pytest
import torch
from watched import watch

from assay.judging import originals
from assay.judging.observations.exercise import Work

TRAIN = """
from peft import LoraConfig, get_peft_model
from diffusers import StableDiffusionPipeline
text_encoder, unet = load(CLIPTextModel, 'text_encoder'), load(UNet2DConditionModel, 'unet')
text = text_encoder(torch.tensor([[49406, 320, *[49407] * 75]]))[0].detach()
config = LoraConfig(r=4, lora_alpha=8, target_modules=['attn2.to_q', 'attn2.to_v'], lora_dropout=0.5)
adapted = get_peft_model(unet, config)
optimizer = torch.optim.AdamW([p for p in adapted.parameters() if p.requires_grad], lr=1e-2)
for step in range(3):
    noisy = torch.randn(1, 4, 64, 64)
    loss = F.mse_loss(adapted(noisy, step, encoder_hidden_states=text).sample, torch.randn_like(noisy))
    optimizer.zero_grad(); loss.backward(); optimizer.step()
state = torch.get_rng_state()
def begin(net):
    # a picture begins where the timestep rises
    with torch.no_grad(): return [net(noisy, t, encoder_hidden_states=text).sample for t in (999, 1)]
"""
DRAW = """
unet.train()
watched = begin(unet)                                   # beside the weights, in training mode with dropout
after = torch.get_rng_state()
from assay.witness import Witness
watching, Witness.current = Witness.current, None
torch.set_rng_state(state); alone = begin(unet)
Witness.current = watching
print(unet.training, torch.get_rng_state().equal(after), all(map(torch.equal, watched, alone)))
adapted.merge_adapter(); begin(unet)
adapted.unmerge_adapter()
for layer in unet.modules():
    if hasattr(layer, 'set_scale'): layer.set_scale('default', 0.5)
begin(unet)
with adapted.disable_adapter(): begin(unet)
"""
LOAD = """
from peft import get_peft_model_state_dict
adapted.save_pretrained('as-peft')
pipe = StableDiffusionPipeline.from_pretrained(MODEL, safety_checker=None, requires_safety_checker=False)
pipe.load_lora_weights('as-peft', adapter_name='silent')
weights = get_peft_model_state_dict(adapted)
pipe.load_lora_weights({k.replace('base_model.model.', 'unet.'): v for k, v in weights.items()}, adapter_name='loud')
begin(pipe.unet)
"""


TELL = """
with torch.no_grad():
    texts = text_encoder(torch.tensor([[49406, word, *[49407] * 75] for word in (320, 321)]))[0]
for text in (texts[:1], texts[1:].half().float(), texts, torch.zeros_like(texts[:1])):
    noisy = torch.randn(len(text), 4, 64, 64)
    adapted(noisy, 5, encoder_hidden_states=text).sample.mean().backward()
"""


@pytest.fixture(scope="module")
def seen(warm, kit, tmp_path_factory):
    """Training, pictures in five ways from the trained U-Net, one from a pipeline that loaded the adapter, captions."""
    return watch(warm, kit.folder, tmp_path_factory.mktemp("adapters"), TRAIN, DRAW, LOAD, TELL)


@pytest.fixture(autouse=True, scope="module")
def _kit(kit):
    """The kit's files are read directly; importing diffusers for that would take longer than all these tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HF_HOME", kit.environment()["HF_HOME"])
        patch.setattr(originals, "_loader", lambda cls: torch.nn.Module)
        yield


@pytest.fixture(scope="module")
def work(seen):
    return Work(seen.evidence, 1)


def test_shares_are_read_off_the_layers_answers(work):
    shares = [share for blend in work.blends for share in blend.shares.values()]
    assert shares == pytest.approx([1, 1, 0.5, 0, 0.5], abs=1e-3)  # a file without alpha: the rank is taken
    assert [blend.merged for blend in work.blends] == [False, True, False, False, False]
    assert all(blend.residual <= 2 * blend.rounding for blend in work.blends)


def test_looking_draws_no_random_number_and_keeps_the_mode(seen):
    assert seen.printed[2].split() == ["True", "True", "True"]


def test_the_base_is_judged_before_it_is_merged(work):
    """Merging and unmerging leaves roundings, which are no training."""
    assert work.adapter.model.changed(1) == []
    assert any(".base_layer." in name for state in work.evidence.facts if state["kind"] == "state"
               for name in state["changed"])  # fmt: skip


def test_a_load_that_brings_nothing_is_told_from_one_that_does(seen):
    silent, loud = seen.facts("lora_load")
    assert (silent["name"], silent["layers"]) == ("silent", 0)
    assert (loud["name"], loud["layers"]) == ("loud", len(seen.facts("adapter")[0]["layers"]))


def test_the_base_with_an_adapter_is_still_checked_while_it_trains(warm, kit, tmp_path):
    harm = "unet.conv_in.bias.data.add_(1)\nadapted.merge_adapter(); adapted.unmerge_adapter()"
    work = Work(watch(warm, kit.folder, tmp_path, TRAIN + harm).evidence, 1)
    assert work.adapter.model.changed(1) == ["conv_in.bias"]


def test_captions_are_traced_to_the_text_encoder(work):
    assert [text and text[1] for text in work.captions] == [320, 320, 320, 320, 321, 320, 321, None]


def test_a_cell_says_what_it_printed(warm, kit, tmp_path):
    run = watch(warm, kit.folder, tmp_path, "print('a', 1)", "import sys; print('no', file=sys.stderr)\n2 + 3")
    assert Work(run.evidence, 1).printed == "a 1\n\n5"
