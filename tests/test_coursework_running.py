"""What only execution finds: skeletons that break, solutions that fail, earn too little, or change nothing."""

from __future__ import annotations

from pathlib import Path

from assay.command.session import Session
from tests.coursework import MODEL, found, of, page_of, solution

EXERCISE = "## Exercise 1: Something [Supported]"
SETUP = "import torch\ndevice = 'cuda' if torch.cuda.is_available() else 'cpu'"


def test_a_skeleton_may_stop_where_a_todo_is_if_it_says_so(session: Session, tmp_path: Path):
    page = page_of("x = 1", EXERCISE, "# TODO: y\ny = None  # TODO\nprint(y + 1)", solution("y = 2"))
    (finding,) = of("skeleton-unhelpful", found(session, page, tmp_path / "a"))
    assert (finding.cell, finding.exercise, finding.severity) == (3, 1, "warning")
    assert "TypeError" in finding.evidence
    helpful = "# TODO: y\ny = None  # TODO\nif y is None:\n    raise ValueError('fill in TODO: y')\nprint(y + 1)"
    page = page_of("x = 1", EXERCISE, helpful, solution("y = 2"))
    assert not of("skeleton-unhelpful", found(session, page, tmp_path / "b"))


def test_a_cell_with_nothing_to_fill_in_must_run(session: Session, tmp_path: Path):
    findings = found(session, page_of("x = 1 / 0", EXERCISE, "y = 1"), tmp_path)
    (finding,) = of("skeleton-breaks", findings)
    assert (finding.cell, finding.exercise, finding.severity) == (1, None, "error")
    assert finding.evidence == "ZeroDivisionError: division by zero"
    assert not of("cell-fails", findings), "told once"


def test_a_given_cell_that_fails_behind_a_solution(session: Session, tmp_path: Path):
    relu = "h = torch.nn.functional.relu(torch.ones(2, requires_grad=True) * y)\n"
    cells = ("import torch", EXERCISE, "# TODO: y\ny = None  # TODO", solution("y = 2"))
    (finding,) = of("cell-fails", found(session, page_of(*cells, f"{relu}h += 1\nh.sum().backward()"), tmp_path / "a"))
    assert finding.cell == 5
    assert "inplace operation" in finding.evidence
    page = page_of(*cells, f"{relu}h = h + 1\nh.sum().backward()")
    assert not of("cell-fails", found(session, page, tmp_path / "b"))


def test_what_exists_only_on_a_gpu_is_tried(session: Session, tmp_path: Path):
    wrong = f"{SETUP}\nif device == 'cuda':\n    print(torch.cuda.get_device_properties(0).total_mem)"
    (finding,) = of("gpu-only-failure", found(session, page_of(wrong, EXERCISE, "y = 1"), tmp_path / "a"))
    assert finding.cell == 1
    assert "no attribute 'total_mem'" in finding.evidence
    right = wrong.replace("total_mem)", "total_memory)")
    assert not of("gpu-only-failure", found(session, page_of(right, EXERCISE, "y = 1"), tmp_path / "b"))


def test_a_picture_of_another_width_than_the_model_is_refused_as_a_gpu_does(session: Session, tmp_path: Path):
    load = (
        f"{SETUP}\nfrom diffusers import AutoencoderKL\nwidth = torch.float16 if device == 'cuda' else torch.float32\n"
        f"vae = AutoencoderKL.from_pretrained({MODEL}, subfolder='vae', torch_dtype=width).to(device)"
    )
    encode = "with torch.no_grad():\n    vae.encode(torch.zeros(1, 3, 64, 64){0})"
    page = page_of(load, EXERCISE, encode.format(""))
    (finding,) = of("gpu-only-failure", found(session, page, tmp_path / "a"))
    assert "torch.float32" in finding.evidence
    page = page_of(load, EXERCISE, encode.format(".to(width)"))
    assert not of("gpu-only-failure", found(session, page, tmp_path / "b"))


def test_a_solution_must_run(session: Session, tmp_path: Path):
    cells = ("x = 1", EXERCISE, "# TODO: y\ny = None  # TODO\n")
    (finding,) = of("solution-fails", found(session, page_of(*cells, solution("y = z")), tmp_path / "a"))
    assert finding.cell == 4
    assert finding.evidence == "in its place, cell 3: NameError: name 'z' is not defined"
    assert not of("solution-fails", found(session, page_of(*cells, solution("y = x")), tmp_path / "b"))


def test_a_solution_must_earn_full_marks(session: Session, tmp_path: Path):
    findings = found(session, page_of("x = 1", EXERCISE, "# YOUR CODE HERE", solution("y = x")), tmp_path)
    (finding,) = [f for f in of("solution-loses-points", findings) if f.exercise == 1]
    assert (finding.cell, finding.severity) == (4, "error")
    assert " of " in finding.message
    assert "Seen:" in finding.evidence


def test_the_reference_earns_full_marks(session: Session, tmp_path: Path):
    """The right variant: a whole lesson, as this project's own reference has it."""
    from assay.coursework.page import Page
    from assay.intake import read_notebook

    path = session.lessons["from-pixels-to-latents"].files.reference
    findings = found(session, Page(read_notebook(path.read_bytes(), str(path))), tmp_path)
    assert not of("solution-loses-points", findings)
    assert not of("cell-fails", findings)


LORA = f"""
import torch
from diffusers import StableDiffusionPipeline, UNet2DConditionModel
from peft import LoraConfig, get_peft_model
torch.manual_seed(0)
unet = UNet2DConditionModel.from_pretrained({MODEL}, subfolder='unet')
config = LoraConfig(r=2, lora_alpha=2, target_modules=['to_q', 'to_v'], init_lora_weights=False)
"""
RIGHT_SAVE = """
from peft.utils import get_peft_model_state_dict
unet.add_adapter(config)
StableDiffusionPipeline.save_lora_weights('adapter', unet_lora_layers=get_peft_model_state_dict(unet))
"""
DRAW = f"""
pipe = StableDiffusionPipeline.from_pretrained({MODEL}, safety_checker=None)
pipe.load_lora_weights('adapter', adapter_name='one')
"""


def test_an_adapter_that_loads_nothing(session: Session, tmp_path: Path):
    wrong = f"{LORA}get_peft_model(unet, config).save_pretrained('adapter')\n{DRAW}"
    page = page_of("x = 1", EXERCISE, "# YOUR CODE HERE", solution(wrong))
    (finding,) = of("solution-without-effect", found(session, page, tmp_path / "a"))
    assert "0 layers" in finding.evidence
    page = page_of("x = 1", EXERCISE, "# YOUR CODE HERE", solution(LORA + RIGHT_SAVE + DRAW))
    assert not of("solution-without-effect", found(session, page, tmp_path / "b"))


def test_a_loop_that_trains_nothing(session: Session, tmp_path: Path):
    loop = """
import torch
layer = torch.nn.Linear(2, 1)
optimizer = torch.optim.SGD(layer.parameters(), lr={rate})
for step in range(3):
    optimizer.zero_grad()
    layer(torch.ones(1, 2)).sum().backward()
    optimizer.step()
"""
    page = page_of("x = 1", EXERCISE, "# YOUR CODE HERE", solution(loop.format(rate=0.0)))
    (finding,) = of("solution-without-effect", found(session, page, tmp_path / "a"))
    assert "bits are as before" in finding.evidence
    page = page_of("x = 1", EXERCISE, "# YOUR CODE HERE", solution(loop.format(rate=0.1)))
    assert not of("solution-without-effect", found(session, page, tmp_path / "b"))


def test_pictures_that_are_compared_and_equal(session: Session, tmp_path: Path):
    draw = f"""
import torch
from diffusers import StableDiffusionPipeline
pipe = StableDiffusionPipeline.from_pretrained({MODEL}, safety_checker=None)
for steps in (2, 3):
    g = torch.Generator().manual_seed(0)
    prompt = {{}}
    pipe('a cat', guidance_scale=steps, num_inference_steps=2, height=64, width=64, generator=g)
"""
    frozen = draw.replace("guidance_scale=steps", "guidance_scale=1, negative_prompt=str(steps)")
    page = page_of("x = 1", EXERCISE, "# YOUR CODE HERE", solution(frozen))
    (finding,) = of("solution-without-effect", found(session, page, tmp_path / "a"))
    assert "negative_prompt" in finding.evidence
    page = page_of("x = 1", EXERCISE, "# YOUR CODE HERE", solution(draw))
    assert not of("solution-without-effect", found(session, page, tmp_path / "b"))


LOAD = f"""
import torch
from diffusers import AutoencoderKL, StableDiffusionPipeline, UNet2DConditionModel
device = 'cuda' if torch.cuda.is_available() else 'cpu'
dtype = torch.float16 if device == 'cuda' else torch.float32
MODEL = {MODEL}
"""


def test_noise_that_stands_for_a_picture(session: Session, tmp_path: Path):
    encode = (
        f"{LOAD}vae = AutoencoderKL.from_pretrained(MODEL, subfolder='vae')\n"
        "picture = {0}\nwith torch.no_grad():\n    vae.encode(picture)"
    )
    page = page_of("x = 1", EXERCISE, encode.format("torch.randn(1, 3, 64, 64)"))
    (finding,) = of("noise-as-data", found(session, page, tmp_path / "a"))
    assert (finding.cell, finding.severity) == (3, "warning")
    assert "correlation" in finding.evidence
    slope = "torch.linspace(-1, 1, 64).expand(1, 3, 64, 64)"
    assert not of("noise-as-data", found(session, page_of("x = 1", EXERCISE, encode.format(slope)), tmp_path / "b"))


def test_training_on_noise_is_an_error(session: Session, tmp_path: Path):
    train = f"""{LOAD}
vae = AutoencoderKL.from_pretrained(MODEL, subfolder='vae')
layer = torch.nn.Linear(64, 1)
optimizer = torch.optim.SGD(layer.parameters(), lr=0.1)
for step in range(6):
    with torch.no_grad():
        latent = vae.encode(torch.randn(1, 3, 64, 64)).latent_dist.mode()
    optimizer.zero_grad()
    layer(latent.flatten()[:64]).sum().backward()
    optimizer.step()
"""
    (finding,) = of("noise-as-data", found(session, page_of("x = 1", EXERCISE, train), tmp_path))
    assert finding.severity == "error"


def test_a_model_that_is_loaded_again(session: Session, tmp_path: Path):
    again = f"{LOAD}a = UNet2DConditionModel.from_pretrained(MODEL, subfolder='unet')\n{{0}}" \
        "b = UNet2DConditionModel.from_pretrained(MODEL, subfolder='unet')"  # fmt: skip
    page = page_of("x = 1", EXERCISE, again.format(""))
    (finding,) = of("loaded-twice", found(session, page, tmp_path / "a"))
    assert "UNet2DConditionModel" in finding.evidence
    page = page_of("x = 1", EXERCISE, again.format("del a\n"))
    assert not of("loaded-twice", found(session, page, tmp_path / "b"))


def test_two_pipelines_and_pictures_in_float32(session: Session, tmp_path: Path):
    two = f"""{LOAD}
pipe = StableDiffusionPipeline.from_pretrained(MODEL, torch_dtype={{0}}, safety_checker=None)
{{1}}
other = StableDiffusionPipeline.from_pretrained(MODEL, torch_dtype={{0}}, safety_checker=None)
other('a cat', num_inference_steps=1, height=64, width=64, generator=torch.Generator().manual_seed(0))
"""
    findings = found(session, page_of("x = 1", EXERCISE, two.format("torch.float32", "")), tmp_path / "a")
    assert len(of("two-pipelines", findings)) == 1
    assert len(of("wide-precision", findings)) == 1
    findings = found(session, page_of("x = 1", EXERCISE, two.format("dtype", "del pipe")), tmp_path / "b")
    assert not of("two-pipelines", findings)
    assert not of("wide-precision", findings)


def test_pictures_that_are_compared_without_a_seed(session: Session, tmp_path: Path):
    draw = f"""{LOAD}
pipe = StableDiffusionPipeline.from_pretrained(MODEL, safety_checker=None)
for scale in (2.0, 4.0):
    pipe('a cat', guidance_scale=scale, num_inference_steps=1, height=64, width=64{{0}})
"""
    page = page_of("x = 1", EXERCISE, draw.format(""))
    (finding,) = of("unseeded-comparison", found(session, page, tmp_path / "a"))
    assert finding.evidence.startswith("2 of 2")
    page = page_of("x = 1", EXERCISE, draw.format(", generator=torch.Generator().manual_seed(0)"))
    assert not of("unseeded-comparison", found(session, page, tmp_path / "b"))


def test_what_the_kit_does_not_have_is_nobodys_fault(session: Session, tmp_path: Path):
    load = "from diffusers import AutoencoderKL\nvae = AutoencoderKL.from_pretrained('nobody/no-such-model')"
    page = page_of("x = 1", EXERCISE, "# YOUR CODE HERE", solution(load))
    findings = found(session, page, tmp_path / "a")
    (finding,) = of("not-run", findings)
    assert (finding.cell, finding.severity) == (4, "warning")
    assert not [f for f in findings if f.severity == "error" and f.exercise == 1]
    broken = page_of("x = 1", EXERCISE, "# YOUR CODE HERE", solution("open('no such file')"))
    assert of("solution-fails", found(session, broken, tmp_path / "b")), "a missing file is the notebook's own"
