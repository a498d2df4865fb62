"""The recipe's machinery: trainings that go on where they were stopped, alone or together, from starts that work."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from assay.failure import Fault
from assay.kit.torchvision_operators import define_missing_operators

define_missing_operators()

from assay.kit.learned import models  # noqa: E402
from assay.kit.learned.shipped import read_weights  # noqa: E402
from assay.kit.recipe import denoiser, latents, ship  # noqa: E402
from assay.kit.recipe.beginning import start_as_wide_reduction  # noqa: E402
from assay.kit.recipe.work import Training, Work  # noqa: E402
from assay.kit.starts import fit_last_convolution  # noqa: E402
from assay.kit.world import Scene, draw_scene  # noqa: E402

STEPS = 8


def work_in(folder: Path) -> Work:
    return Work(folder, lambda what, share, figure: None)


def started(work: Work) -> tuple[torch.nn.Module, Training]:
    torch.manual_seed(0)
    model = torch.nn.Linear(3, 1)
    return model, Training("line", work, model, STEPS, 1e-2, decay=0.9)


def taken(model: torch.nn.Module, training: Training) -> Iterator[int]:
    for step in training.run():
        inputs = torch.randn(4, 3)
        training.descend(F.mse_loss(model(inputs), inputs.sum(1, keepdim=True)))
        yield step


def test_a_training_that_was_stopped_goes_on_as_if_it_had_not_been(tmp_path: Path) -> None:
    whole, training = started(work_in(tmp_path / "whole"))
    assert list(taken(whole, training)) == list(range(STEPS))
    stopped, training = started(work_in(tmp_path / "parts"))
    for step in taken(stopped, training):
        if step == 3:
            training.step += 1  # as after the step
            training._save()
            break
    resumed, training = started(work_in(tmp_path / "parts"))
    assert list(taken(resumed, training)) == list(range(4, STEPS))
    assert all(torch.equal(a, b) for a, b in zip(whole.parameters(), resumed.parameters(), strict=True))


TWO = """
import sys
from pathlib import Path
import torch
from assay.kit.recipe.together import average_gradients, join, rank
join(Path(sys.argv[1]), sys.argv[2])
model = torch.nn.Linear(3, 1)
with torch.no_grad():
    model.weight.fill_(1.0)
inputs = torch.arange(12.0).reshape(4, 3)[2 * rank() : 2 * rank() + 2]
model(inputs).mean().backward()
average_gradients(model)
torch.save(model.weight.grad, f"{sys.argv[1]}/{rank()}.pt")
"""


def test_two_processes_take_the_step_that_one_would(tmp_path: Path) -> None:
    command = [sys.executable, "-c", TWO, str(tmp_path)]
    both = [subprocess.Popen([*command, f"{number}/2"]) for number in range(2)]
    assert [process.wait(timeout=120) for process in both] == [0, 0]
    wanted = torch.arange(12.0).reshape(4, 3).mean(0, keepdim=True)
    for number in range(2):
        assert torch.allclose(torch.load(tmp_path / f"{number}.pt", weights_only=True), wanted)


def test_the_autoencoder_starts_with_every_colour() -> None:
    torch.manual_seed(1)
    model, rng = models.autoencoder().eval(), np.random.default_rng(5)
    scenes = [Scene(name, colour, "photo", "day") for name, colour in (("car", "red"), ("star", "green"))]
    drawn = torch.stack([torch.from_numpy(np.array(draw_scene(scene, rng, 256))) for scene in scenes])
    pictures = drawn.permute(0, 3, 1, 2).float() / 127.5 - 1
    start_as_wide_reduction(model)
    fit_last_convolution(model, pictures[:1])
    with torch.no_grad():
        made = model.decode(model.encode(pictures).latent_dist.mean).sample
    # The second picture took no part in the fit: whoever loses a colour or the brightness has 20 dB and less.
    assert 10 * float(torch.log10(4 / F.mse_loss(made[1], pictures[1]))) > 23


def test_dropped_captions_are_the_empty_one(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = torch.arange(4.0)[:, None, None].expand(4, 77, 48)
    world = latents.World(torch.zeros(3, 4, 64, 64), texts)
    monkeypatch.setattr(latents, "DROPPED", 1.0)
    clean, said = world.batch(5, denoiser.MIDDLE)
    assert clean.shape == (5, 4, denoiser.MIDDLE, denoiser.MIDDLE)
    assert (said == 3).all()
    monkeypatch.setattr(latents, "DROPPED", 0.0)
    assert (world.batch(5, 64)[1] < 3).all()


def test_some_captions_of_the_last_training_say_no_style(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(latents, "PICTURES", 15)
    monkeypatch.setattr(latents.autoencoder, "train", lambda work: models.autoencoder().eval())
    said = {unsaid: latents._encoded(work_in(tmp_path), 16, 0, 0.0, unsaid)["captions"] for unsaid in (False, True)}
    assert len(said[True]) == 2  # of 15 pictures, the share of one process
    assert said[True][1] == said[False][1]  # picture 8
    assert said[True][0] != said[False][0] and said[True][0] in said[False][0]  # picture 0


def test_attention_is_computed_in_float32_within_bfloat16() -> None:
    query, key, value = (torch.randn(1, 2, 5, 4) for _ in range(3))
    exact = F.scaled_dot_product_attention(query, key, value)
    with torch.autocast("cpu", torch.bfloat16), denoiser._Float32Attention():
        assert torch.equal(F.scaled_dot_product_attention(query, key, value), exact)
        half = F.scaled_dot_product_attention(query.bfloat16(), key.bfloat16(), value.bfloat16())
        assert torch.nn.functional.linear(query, torch.ones(3, 4)).dtype is torch.bfloat16
    assert half.dtype is torch.bfloat16
    assert torch.allclose(half.float(), exact, atol=0.05)


def test_a_training_may_go_on_from_what_is_shipped_and_replaces_nothing(tmp_path: Path) -> None:
    work = work_in(tmp_path)
    work.save("judge.pt", {"mine": torch.ones(2)})
    ship.unship(work)
    assert list(work.load("judge.pt") or ()) == ["mine"]
    for name, part in (("autoencoder", "autoencoder"), ("clip", "clip"), ("vision", "clip"), ("denoiser", "denoiser")):
        state, shipped = work.load(f"{name}.pt") or {}, read_weights(part)
        assert state.keys() == shipped.keys()
        assert all(torch.equal(state[key], shipped[key]) for key in shipped)
    assert work.load("styles.pt") is None  # the training that goes on


def test_what_was_not_trained_is_not_packed(tmp_path: Path) -> None:
    with pytest.raises(Fault, match=r"autoencoder\.training\.pt is missing: run the recipe first"):
        ship.ship(work_in(tmp_path))
