"""Replays: functions called, classes built and exercises run again, on inputs that only the judge knew before."""

from __future__ import annotations

import dataclasses

import pytest
import torch
from engine import GENEROUS, run_sections, states, text_of

from assay.failure import Failure
from assay.judging.evidence import Evidence
from assay.judging.observations import Work

SETUP = "import torch, time, sys\nfrom torch import nn\nleft = {'times': 0}"
CALL = {
    "name": "hidden_sums", "call": "total",
    "with": [
        {"a": {"draw": "normal", "shape": [3, 4]}, "b": 2},
        {"a": {"draw": "integers", "low": 5, "high": 9, "shape": [2]}, "b": 3},
    ],
}  # fmt: skip
BUILD = {
    "name": "hidden_layer", "build": "Scale", "arguments": {"width": 4},
    "with": [{"x": {"draw": "normal", "shape": [2, 4]}}],
    "train": {"steps": 5, "target": {"draw": "normal", "shape": [2, 4]}},
}  # fmt: skip
SCALE = """
class Scale(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.factor = nn.Parameter(torch.full((width,), 2.0))
    def forward(self, x):
        return self.factor * x
"""


@pytest.fixture
def replayed(warm, kit, tmp_path):
    """The replays of exercise 1, whose only cell is given."""

    def run(cell, *specs, setup=SETUP, allowance=GENEROUS):
        result = run_sections(
            warm, kit.folder, tmp_path, [[setup], [cell], ["print('next', left)"]], allowance, {1: specs}
        )
        endings = [{"name": n, "exercise": 1, **dataclasses.asdict(e)} for n, e in result.execution.replays.items()]
        work = Work(Evidence(tmp_path / "evidence"), 1, endings)
        return result, work.replays

    return run


def test_a_function_is_called_with_inputs_that_the_judge_knows(replayed):
    _, replays = replayed("def total(a, b):\n    return a.sum() * b", CALL)
    done = replays["hidden_sums"]
    expected = [given["a"].sum() * given["b"] for given in done.inputs]
    assert [given["b"] for given in done.inputs] == [2, 3]
    assert all(torch.equal(answer, value) for answer, value in zip(done.outputs, expected, strict=True))


def test_parameters_of_other_names_are_filled_by_position(replayed):
    _, replays = replayed("def total(first, second):\n    return first.sum(), second", CALL)
    done = replays["hidden_sums"]
    assert [float(answer[1]) for answer in done.outputs] == [2, 3]


def test_a_class_is_built_and_trained(replayed):
    _, replays = replayed(SCALE, BUILD)
    done = replays["hidden_layer"]
    (given, target), (answer,) = done.inputs, done.outputs
    assert torch.equal(answer, 2 * given["x"])
    assert torch.equal(done.parameters["factor"], torch.full((4,), 2.0))
    assert done.losses[0] == pytest.approx(float((2 * given["x"] - target["target"]).pow(2).mean()))
    assert len(done.losses) == 5 and done.losses[-1] < done.losses[0]
    assert not torch.equal(done.trained_parameters["factor"], done.parameters["factor"])


def test_the_students_own_state_is_untouched(replayed):
    run, replays = replayed("def total(a, b):\n    left['times'] += 1\n    return a * b", CALL)
    assert replays["hidden_sums"].outputs
    assert text_of(run, 2) == "next {'times': 0}\n"


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("print('nothing')", "no function 'total' was defined"),
        ("total = 7", "no function 'total' was defined"),
        ("def total(a, b):\n    raise ValueError('no such sum')", "total raised ValueError: no such sum"),
        ("def total(a, b):\n    sys.exit(3)", "the code called SystemExit"),
        ("def total(a, b):\n    import os\n    os._exit(3)", "the process ended with exit code 3"),
    ],
)
def test_what_the_students_code_prevents_is_a_failure(replayed, cell, reason):
    run, replays = replayed(cell, CALL)
    with pytest.raises(Failure, match=reason):
        _ = replays["hidden_sums"]
    assert states(run)[2] == "completed"


@pytest.mark.parametrize("answer", ["None", "'seven'", "{'a': 1}", "torch.sparse_coo_tensor((2, 2))"])
def test_an_answer_that_is_no_tensor_is_a_failure(replayed, answer):
    _, replays = replayed(f"def total(a, b):\n    return {answer}", CALL)
    with pytest.raises(Failure, match="not a tensor"):
        _ = replays["hidden_sums"].outputs


def test_a_call_that_does_not_end_costs_nothing_else(replayed):
    short = dataclasses.replace(GENEROUS, exercise_s=2)
    run, replays = replayed("def total(a, b):\n    time.sleep(99)", CALL, allowance=short)
    with pytest.raises(Failure, match="still running after 2 seconds"):
        _ = replays["hidden_sums"]
    assert states(run) == {0: "completed", 1: "completed", 2: "completed"}


def test_inputs_are_not_dealt_before_the_cells_have_ended(replayed, tmp_path):
    cell = """
import os, json
def kind(n):
    try:
        return os.readlink(f'/proc/self/fd/{n}')
    except OSError:
        return ''
channel = max(int(n) for n in os.listdir('/proc/self/fd') if 'socket' in kind(n))
os.write(channel, b'\\x1e' + json.dumps({'e': 'replay', 'name': 'hidden_sums', 'pid': os.getpid()}).encode() + b'\\n')
os.set_blocking(channel, False)
time.sleep(0.5)
try:
    print('got', len(os.read(channel, 10)))
except BlockingIOError:
    print('got nothing')
os.set_blocking(channel, True)
def total(a, b):
    return a * b
"""
    run, replays = replayed(cell, CALL)
    assert text_of(run, 1) == "got nothing\n"
    assert len(replays["hidden_sums"].outputs) == 2


def test_the_same_key_draws_the_same_inputs(replayed):
    from assay.replay.draw import draw_inputs

    _, replays = replayed("def total(a, b):\n    return a * b", CALL)
    again, other = draw_inputs(CALL, b"a key of the tests"), draw_inputs(CALL, b"another key")
    given = replays["hidden_sums"].inputs[0]["a"]
    assert torch.equal(given, torch.from_numpy(again[0]["a"]))
    assert not torch.equal(given, torch.from_numpy(other[0]["a"]))


# Again ----------------------------------------------------------------------------------------------------------------

MODELS = """
import torch
from diffusers import AutoencoderKL, DDIMScheduler, StableDiffusionPipeline, UNet2DConditionModel
MODEL = 'stable-diffusion-v1-5/stable-diffusion-v1-5'
vae = AutoencoderKL.from_pretrained(MODEL, subfolder='vae')
unet = UNet2DConditionModel.from_pretrained(MODEL, subfolder='unet')
scheduler = DDIMScheduler.from_pretrained(MODEL, subfolder='scheduler')
strength = 0.1
"""
LOOP = """
strength = 0.5
with torch.no_grad():
    z = vae.encode(torch.zeros(1, 3, 64, 64)).latent_dist.mean
    scheduler.set_timesteps(4)
    for t in scheduler.timesteps[:1]:
        unet(torch.randn(1, 4, 8, 8) * strength, t, torch.zeros(1, 77, unet.config.cross_attention_dim))
"""


def again(**changes):
    return {"name": "changed", "again": changes}


def test_an_exercise_runs_again_with_another_picture_and_the_same_random_numbers(replayed, tmp_path):
    _, replays = replayed(LOOP, again(encode={"draw": "image", "size": 64}), setup=MODELS)
    first, work = Work(Evidence(tmp_path / "evidence"), 1), replays["changed"].work
    means = [w.evidence.tensor(w.facts("encode")[0]["mean"]) for w in (first, work)]
    starts = [w.evidence.tensor(w.facts("unet")[0]["sample"]) for w in (first, work)]
    assert means[0].shape == means[1].shape and not torch.equal(*means)
    assert torch.equal(*starts)
    assert [model.label for model in work.used("vae")] == ["vae1"]


def test_a_name_is_bound_anew_wherever_the_exercise_binds_it(replayed, tmp_path):
    _, replays = replayed(LOOP, again(names={"strength": 2.0}), setup=MODELS)
    first, work = Work(Evidence(tmp_path / "evidence"), 1), replays["changed"].work
    starts = [w.evidence.tensor(w.facts("unet")[0]["sample"]) for w in (first, work)]
    assert torch.equal(4 * starts[0], starts[1])


def test_a_name_may_be_spelt_in_several_ways(replayed, tmp_path):
    _, replays = replayed(LOOP, again(names={"power|strength": 2.0}), setup=MODELS)
    first, work = Work(Evidence(tmp_path / "evidence"), 1), replays["changed"].work
    starts = [w.evidence.tensor(w.facts("unet")[0]["sample"]) for w in (first, work)]
    assert torch.equal(4 * starts[0], starts[1])


def test_a_name_that_an_earlier_cell_left_behind_is_no_hold(replayed):
    _, replays = replayed(LOOP, again(names={"power": 2.0}), setup=MODELS + "\npower = 1.0")
    with pytest.raises(LookupError, match=r"nothing in the exercise takes names\.power"):
        _ = replays["changed"]


def test_a_schedule_is_as_long_as_the_replay_says(replayed):
    _, replays = replayed(LOOP, again(set_timesteps=10), setup=MODELS)
    assert replays["changed"].work.facts("unet")[0]["times"] == [901]


def test_a_pipeline_gets_other_arguments(replayed):
    cell = """
pipe = StableDiffusionPipeline.from_pretrained(MODEL, safety_checker=None)
def draw(text):
    return pipe(text, num_inference_steps=3, height=64, width=64)
draw('a cat')
"""
    _, replays = replayed(cell, again(pipeline={"num_inference_steps": 2, "prompt": "a dog"}), setup=MODELS)
    work = replays["changed"].work
    (fact,) = work.facts("pipeline")
    assert (fact["arguments"]["prompt"], fact["arguments"]["num_inference_steps"]) == ("a dog", 2)
    assert len(work.facts("unet")) == 3  # PNDM makes one call more than it has steps


@pytest.mark.parametrize("changes", [{"names": {"power": 2}}, {"pipeline": {"mask_image": 1}}])
def test_a_change_that_nothing_takes_is_nobodys_fault(replayed, changes):
    _, replays = replayed(LOOP, again(**changes), setup=MODELS)
    with pytest.raises(LookupError, match=r"nothing in the exercise takes (names.power|pipeline.mask_image)"):
        _ = replays["changed"]


def test_a_progress_bar_leaves_no_thread_behind_that_would_prevent_a_fork(replayed):
    cell = "from tqdm.auto import tqdm\nfor strength in tqdm([0.5]): print(strength)"
    _, replays = replayed(cell, again(names={"strength": 2.0}))
    assert replays["changed"].name == "changed"


def test_an_exercise_that_fails_when_it_runs_again_says_where(replayed):
    cell = "strength = 0.5\nassert strength < 1, 'too strong'"
    _, replays = replayed(cell, again(names={"strength": 2.0}), setup=MODELS)
    with pytest.raises(Failure, match="cell 1 raised AssertionError when the exercise ran again: too strong"):
        _ = replays["changed"]


def test_a_replay_that_a_stored_run_did_not_make_is_unchecked(tmp_path):
    endings = [{"name": "late", "exercise": 1, "state": "unchecked", "reason": "this needs a new run"}]
    with pytest.raises(LookupError, match="needs a new run"):
        _ = Work(Evidence(tmp_path), 1, endings).replays["late"]
