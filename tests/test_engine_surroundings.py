"""What a notebook finds: no network, no GPU, no pip, a /tmp of its own, and figures that are kept."""

from __future__ import annotations

import base64

import pytest
from engine import run_sections, states, text_of


@pytest.fixture(scope="module")
def say(warm, kit, tmp_path_factory):
    """Runs one cell and gives what it printed; fails when the cell did."""

    def run(source: str) -> str:
        made = run_sections(warm, kit.folder, tmp_path_factory.mktemp("run"), [[source]])
        assert states(made) == {0: "completed"}, made.execution.outputs
        return text_of(made, 0)

    return run


def test_pip_does_nothing_and_says_so(say):
    assert say("!pip install -q a-package-that-does-not-exist") == say("%pip install x").replace("%", "!")
    assert "pip does nothing" in say("!pip3 install x")


def test_other_shell_commands_run(say):
    assert say("name = 'world'\n!echo hello {name} $name") == "hello world world\n"


def test_a_picture_stands_in_for_a_download(say):
    code = "import io, requests\nfrom PIL import Image\nprint(Image.open(io.BytesIO(requests.get('https://example.org/{}').content)).size)"
    assert say(code.format("a.jpg")) == "(512, 512)\n"
    get = "import hashlib, requests; print(hashlib.md5(requests.get('https://example.org/{}').content).hexdigest())"
    assert say(get.format("a")) == say(get.format("a")) != say(get.format("b"))


def test_a_download_that_is_no_picture_says_why_it_fails(warm, kit, tmp_path):
    run = run_sections(warm, kit.folder, tmp_path, [["import requests; requests.get('https://example.org/x.json')"]])
    assert "There is no network while a notebook is graded" in (run.execution.endings[0].reason or "")


def test_input_cannot_wait(warm, kit, tmp_path):
    run = run_sections(warm, kit.folder, tmp_path, [["name = input('name? ')"]])
    assert "input() cannot be answered" in (run.execution.endings[0].reason or "")


def test_cuda_named_without_a_gpu_is_the_cpu(say):
    code = """
import torch
model = torch.nn.Linear(2, 2).to('cuda').cuda()
x = torch.randn(1, 2, device=torch.device('cuda:0'), generator=torch.Generator('cuda').manual_seed(1))
with torch.autocast('cuda', dtype=torch.float16):
    y = model(x.to('cuda', torch.float32)).cuda()
torch.cuda.synchronize(); torch.cuda.empty_cache()
print(y.device, torch.cuda.memory_allocated(), isinstance(torch.Generator(), torch.Generator))
"""
    if say("import torch; print(torch.cuda.is_available())") == "True\n":
        pytest.skip("this machine has a GPU")
    assert say(code) == "cpu 0 True\n"


def test_figures_are_kept_as_pictures(warm, kit, tmp_path):
    plot = "import matplotlib.pyplot as plt\nplt.plot([1, 2]); plt.show()"
    run = run_sections(warm, kit.folder, tmp_path, [[plot, "fig, ax = plt.subplots()"]])
    pictures = [o["data"]["image/png"] for n in (0, 1) for o in run.execution.outputs[n] if "data" in o]
    assert [base64.b64decode(p)[:4] for p in pictures] == [b"\x89PNG"] * 2


def test_the_last_expression_and_prints_come_in_order(warm, kit, tmp_path):
    run = run_sections(warm, kit.folder, tmp_path, [["print('a')\ndisplay('b')\nprint('c')\n40 + 2"]])
    kinds = [o["output_type"] for o in run.execution.outputs[0]]
    assert kinds == ["stream", "display_data", "stream", "execute_result"]
    assert run.execution.outputs[0][3]["data"]["text/plain"] == "42"


def test_what_c_code_prints_is_kept(say):
    assert say("import ctypes; libc = ctypes.CDLL(None); libc.puts(b'from C'); libc.fflush(None)") == "from C\n"


def test_top_level_await_runs(say):
    assert say("import asyncio\nawait asyncio.sleep(0)\nprint('waited')") == "waited\n"


def test_paths_in_tmp_are_not_shared(warm, kit, tmp_path):
    look = "import os; print(os.path.exists('/tmp/shared_adapter')); open('/tmp/shared_adapter', 'w').write('mine')"
    first = run_sections(warm, kit.folder, tmp_path / "a", [[look]])
    second = run_sections(warm, kit.folder, tmp_path / "b", [[look]])
    if not first.execution.private_tmp:
        pytest.skip("this machine allows no mount namespace")
    assert (text_of(first, 0), text_of(second, 0)) == ("False\n", "False\n")


def test_environment_and_home_are_not_the_callers(monkeypatch, say):
    monkeypatch.setenv("GRADER_TOKEN", "secret")
    assert say("import os; print('GRADER_TOKEN' in os.environ, os.listdir(os.path.expanduser('~')), os.listdir())") == (
        "False [] []\n"
    )


def test_unseeded_notebooks_draw_the_same_numbers_twice(say):
    draw = "import random, numpy, torch; print(random.random(), numpy.random.rand(), torch.rand(1).item())"
    assert say(draw) == say(draw)


def test_half_precision_computes_wider_without_changing_the_weights(say):
    code = """
import torch
from diffusers import UNet2DConditionModel
unet = UNet2DConditionModel.from_pretrained('stable-diffusion-v1-5/stable-diffusion-v1-5', subfolder='unet')
x, text = torch.randn(1, 4, 16, 16), torch.randn(1, 77, unet.config.cross_attention_dim)
with torch.no_grad():
    wide = unet(x, 500, encoder_hidden_states=text).sample
    unet.half()
    narrow = unet(x.half(), 500, encoder_hidden_states=text.half()).sample
print(narrow.dtype, {p.dtype for p in unet.parameters()}, float((wide - narrow.float()).norm() / wide.norm()) < 5e-3)
"""
    assert say(code).splitlines()[-1] == "torch.float16 {torch.float16} True"
