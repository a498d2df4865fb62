"""Evidence that was changed after it had been written, or that cannot be what it says, contradicts itself; honest
evidence never does, whatever a notebook does to its models."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
import torch
from engine import run_sections
from safetensors.torch import load_file, save_file

SETUP = """
import torch
from diffusers import UNet2DConditionModel
unet = UNet2DConditionModel.from_pretrained('stable-diffusion-v1-5/stable-diffusion-v1-5', subfolder='unet')
x, text = torch.randn(2, 4, 16, 16), torch.randn(2, 77, unet.config.cross_attention_dim)
def ask(model=unet, t=500, x=x, text=text):
    with torch.no_grad():
        return model(x, torch.tensor(t), encoder_hidden_states=text).sample
"""
HALVES = "halves = torch.cat([x[:1], x[:1]])\n[ask(t=t, x=halves) for t in (900, 700, 500, 300)]"
TRAIN = (
    "text.requires_grad_(True)\nunet(x, torch.tensor([7, 900]), encoder_hidden_states=text).sample.mean().backward()"
)


def contradictions(warm, folder):
    said = warm.call(
        "assay.judging.court:judge", 60.0, evidence=str(folder / "evidence"), checks="", wanted=[], exercises=[],
        replays=[],
    )  # fmt: skip
    return said["contradictions"]


@pytest.fixture(scope="module")
def honest(warm, kit, tmp_path_factory):
    """A run with calls of every kind."""
    folder = tmp_path_factory.mktemp("honest")
    run_sections(warm, kit.folder, folder, [[SETUP], ["ask()", HALVES], [TRAIN], ["import os; os._exit(3)"], ["ask()"]])
    return folder


@pytest.fixture
def copy(honest, tmp_path):
    return Path(shutil.copytree(honest, tmp_path / "run"))


def test_honest_evidence_does_not_contradict_itself(warm, honest):
    facts = [json.loads(line) for line in (honest / "evidence" / "facts.jsonl").read_text().splitlines()]
    assert [f["exercise"] for f in facts if f["kind"] == "plain"] == [1, 1, 2, 4]
    assert contradictions(warm, honest) == []


def test_answers_that_were_computed_again_are_remembered(warm, honest, tmp_path):
    def judged(known):
        return warm.call(
            "assay.judging.court:judge", 60.0, evidence=str(honest / "evidence"), checks="", wanted=[], exercises=[],
            replays=[], known=known,
        )  # fmt: skip

    digest, said = judged(None)["answers"]
    assert said == []
    assert judged([digest, ["as before"]])["contradictions"] == ["as before"]
    assert judged(["0" * 32, ["of other evidence"]])["contradictions"] == []


# What honest notebooks do so that their U-Net answers otherwise than the kit's, each in a cell of its own.
OTHERWISE = """
# trained
optimizer = torch.optim.SGD(unet.parameters(), 1.0)
unet(x, 5, text).sample.mean().backward()
optimizer.step()
ask()
# changed
with torch.no_grad():
    next(unet.parameters()).mul_(3)
ask()
# changed and put back
weight = next(unet.parameters())
old = weight.detach().clone()
weight.data.mul_(3)
ask()
weight.data.copy_(old)
# hooked
hook = unet.mid_block.register_forward_hook(lambda module, given, answer: answer * 0)
ask()
hook.remove()
# a class of its own
class Mine(UNet2DConditionModel):
    def forward(self, *given, **named):
        answer = super().forward(*given, **named)
        answer.sample = answer.sample * 2
        return answer
unet.__class__ = Mine
ask()
# a processor of its own
from diffusers.models.attention_processor import AttnProcessor
class Mine(AttnProcessor):
    def __call__(self, attn, hidden_states, *given, **named):
        return hidden_states * 0
unet.set_attn_processor(Mine())
ask()
# autocast
with torch.autocast('cpu', dtype=torch.bfloat16):
    ask()
# half
unet.half()
ask(x=x.half(), text=text.half())
# free
unet.enable_freeu(0.2, 0.9, 3.0, 4.0)
ask()
# a function of the library replaced
import torch.nn.functional as F
old = F.scaled_dot_product_attention
F.scaled_dot_product_attention = lambda *given, **named: old(*given, **named) * 0
ask()
F.scaled_dot_product_attention = old
# a method of the library replaced
from diffusers.models.attention import FeedForward
old = FeedForward.forward
FeedForward.forward = lambda self, x, *given, **named: x * 0
ask()
FeedForward.forward = old
# lora
from peft import LoraConfig, get_peft_model
model = get_peft_model(unet, LoraConfig(r=2, target_modules=['to_q']))
for name, parameter in model.named_parameters():
    if 'lora_B' in name:
        parameter.data.fill_(1)
ask(model)
# a mask
with torch.no_grad():
    unet(x, 5, text, encoder_attention_mask=torch.arange(77)[None] < torch.tensor([[3], [5]]))
# another setting
unet.mid_block.resnets[0].output_scale_factor = 7.0
ask()
# a fraction of a timestep
ask(t=500.5)
# sliced
unet.set_attention_slice(1)
ask()
# channels last
unet.to(memory_format=torch.channels_last)
ask(x=x.to(memory_format=torch.channels_last))
# built from its settings alone
unet = UNet2DConditionModel.from_config(unet.config)
ask()
# another thread
import threading
thread = threading.Thread(target=ask)
thread.start()
thread.join()
"""


def test_a_unet_that_answers_otherwise_is_no_contradiction(warm, kit, tmp_path):
    cells = dict(part.split("\n", 1) for part in OTHERWISE.strip().removeprefix("# ").split("\n# "))
    assert len(cells) == 19
    for name, cell in cells.items():
        run = run_sections(warm, kit.folder, tmp_path / name, [[SETUP], [cell]])
        assert run.execution.endings[1].state == "completed", (name, run.execution.endings[1])
        assert contradictions(warm, tmp_path / name) == [], name


ADAPTED = """
from peft import LoraConfig, get_peft_model
text.requires_grad_(True)
model = get_peft_model(unet, LoraConfig(r=2, lora_alpha=8, target_modules=['to_q', 'to_out.0']))
optimizer = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], 100.0)
for _ in range(4):
    model(x, 500, text).sample.square().mean().backward()
    optimizer.step()
ask(model)
with model.disable_adapter():
    for _ in range(3):  # the fourth call is looked at
        ask(model)
"""
LOUDER = (
    ADAPTED
    + """
from assay.witness import Witness
kept = Witness.current.recorder._pending
for name, tensor in list(kept.items()):
    if tensor.dim() == 2 and 2 in tensor.shape:
        kept[name] = tensor * 20
"""
)


def test_the_library_s_adapters_are_computed_again_with_what_they_add(warm, kit, tmp_path):
    for name, cell in (("honest", ADAPTED), ("louder", LOUDER)):
        run = run_sections(warm, kit.folder, tmp_path / name, [[SETUP], [cell]])
        assert run.execution.endings[1].state == "completed", run.execution.endings[1]
    facts = [json.loads(line) for line in (tmp_path / "honest" / "evidence" / "facts.jsonl").read_text().splitlines()]
    plain = [fact for fact in facts if fact["kind"] == "plain"]
    assert [len(fact["added"]) > 0 for fact in plain] == [True, True, True, False]
    for seed in range(8):  # whichever calls are chosen
        _sample(tmp_path / "honest", seed)
        assert contradictions(warm, tmp_path / "honest") == []
    found = []
    for seed in range(8):
        _sample(tmp_path / "louder", seed)
        found += contradictions(warm, tmp_path / "louder")
    assert any("the U-Net answered call" in sentence for sentence in found)


def _sample(folder, seed):
    """Let the judge choose other calls."""
    told = json.loads((folder / "witness.json").read_text())
    (folder / "witness.json").write_text(json.dumps(told | {"sample": str(seed)}))


def _cut(evidence: Path) -> None:
    lines = (evidence / "facts.jsonl").read_bytes().splitlines(keepends=True)
    (evidence / "facts.jsonl").write_bytes(b"".join(lines[:-4]))


def _another_number(evidence: Path) -> None:
    text = (evidence / "facts.jsonl").read_text()
    assert '"times": [500]' in text
    (evidence / "facts.jsonl").write_text(text.replace('"times": [500]', '"times": [501]', 1))


def _one_more(evidence: Path) -> None:
    with (evidence / "facts.jsonl").open("a") as file:
        file.write(json.dumps({"kind": "unet", "exercise": 1, "cell": 1}) + "\n")


def _another_run(evidence: Path) -> None:
    path = evidence / "facts.jsonl"
    lines = path.read_text().splitlines()
    nonce = json.loads(lines[0])["by"].split(".")[0]
    path.write_text("\n".join(line.replace(nonce, "0" * 16) for line in lines) + "\n")


def _zeros(evidence: Path) -> None:
    for path in evidence.glob("tensors-*.safetensors"):
        save_file({name: torch.zeros_like(tensor) for name, tensor in load_file(path).items()}, path)


def _no_tensors(evidence: Path) -> None:
    for path in evidence.glob("tensors-*.safetensors"):
        path.unlink()


def _a_pipe(evidence: Path) -> None:
    (evidence / "facts.jsonl").unlink()
    os.mkfifo(evidence / "facts.jsonl")


def _a_link(evidence: Path) -> None:
    evidence.rename(evidence.parent / "elsewhere")
    evidence.symlink_to(evidence.parent / "elsewhere")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_cut, "are missing"),
        (_another_number, "were changed after"),
        (_one_more, "1 lines were not written by the witness of this run"),
        (_another_run, "were not written by the witness"),
        (_zeros, "not what the witness wrote"),
        (_no_tensors, "not what the witness wrote"),
        (_a_pipe, "are missing"),
        (_a_link, "are missing"),
    ],
)
def test_changed_evidence_contradicts_itself(warm, copy, change, said):
    change(copy / "evidence")
    found = contradictions(warm, copy)
    assert any(said in sentence for sentence in found), found


def test_a_line_that_was_never_announced_may_be_missing(warm, copy):
    """A process that was killed takes lines with it; that is no contradiction."""
    path = copy / "evidence" / "facts.jsonl"
    facts = [json.loads(line) for line in path.read_text().splitlines()]
    nonce = facts[0]["by"].split(".")[0]
    with path.open("a") as file:
        file.write(json.dumps({"kind": "unet", "exercise": 3, "cell": 4, "by": f"{nonce}.{'a' * 8}.3"}) + '\n{"torn')
    assert contradictions(warm, copy) == []


FORGED = """
def forge(value):
    from assay.witness import Witness
    kept = Witness.current.recorder._pending
    for name, tensor in kept.items():
        if tensor.shape == value.shape and torch.equal(tensor, value):
            kept[name] = tensor * 1.5
"""


@pytest.mark.parametrize(
    "forge",
    [
        "forge(ask())",
        "text.requires_grad_(True)\nforge(unet(x, 5, encoder_hidden_states=text).sample.detach())",
        "ask()\nforge(text[0]); forge(text[1])",
        "ask(); forge(x)",
    ],
    ids=["prediction", "training", "text", "latents"],
)
def test_a_forged_tensor_does_not_fit_the_others(warm, kit, tmp_path, forge):
    run_sections(warm, kit.folder, tmp_path, [[SETUP], [FORGED + forge]])
    (said,) = contradictions(warm, tmp_path)
    assert "exercise 1: the U-Net answered call 1 otherwise" in said
