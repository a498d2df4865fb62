"""What is noted beside a run is what happened in it, and no replay's; and claims are tried on it from end to end."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from assay.command.course_sizes import with_sizes
from assay.command.session import Session
from assay.coursework.claims import claims
from assay.coursework.memory import gpu_memory
from assay.coursework.page import Page
from assay.coursework.placing import place
from assay.coursework.rules import load_rules
from assay.coursework.runs import Runs
from assay.coursework.shown import Shown
from assay.coursework.stand_in import property_names
from tests.coursework import MODEL, of, page_of, run_page

EXERCISE = "## Exercise 1: Something [Guided]"
WORDS = f"""
from transformers import CLIPTextModel, CLIPTokenizer
tokenizer = CLIPTokenizer.from_pretrained({MODEL}, subfolder='tokenizer')
encoder = CLIPTextModel.from_pretrained({MODEL}, subfolder='text_encoder')
word = tokenizer.convert_tokens_to_ids('cat')
right = tokenizer.convert_tokens_to_ids('cat</w>')
tokenizer.add_tokens(['<mine>'])
encoder.resize_token_embeddings(len(tokenizer))
print('These are random values.')
"""
FIGURE = """
import matplotlib.pyplot as plt
import numpy as np
fig, (one, other) = plt.subplots(1, 2)
for s, x in ((0.1, 1), (0.5, 400), (0.9, 800)):
    one.annotate(f's={s}', (x, 0))
one.set_xlim(0, 1000)
table = np.zeros((4, 32))
table[::2] = 1
other.imshow(table)
plt.show()
print('Low strength = near the right.')
print('Low dimensions (right) change slowly.')
"""
INPAINT = f"""
import torch
from PIL import Image
from diffusers import StableDiffusionInpaintPipeline
picture = Image.new('RGB', (64, 64), (200, 30, 90))
mask = Image.new('L', (64, 64), 0)
mask.paste(255, (0, 0, 64, 20))
pipe = StableDiffusionInpaintPipeline.from_pretrained({MODEL}, safety_checker=None)
made = pipe(prompt='a cat', image=picture, mask_image=mask, num_inference_steps=2, height=64, width=64,
            generator=torch.Generator().manual_seed(3)).images[0]
print('The rest is preserved exactly.')
"""


@pytest.fixture(scope="module")
def page() -> Page:
    """A notebook whose three cells are wrong about words, figures and pictures."""
    return page_of("import torch", EXERCISE, WORDS, FIGURE, INPAINT)


@pytest.fixture(scope="module")
def runs(session: Session, page: Page, tmp_path_factory: pytest.TempPathFactory) -> Runs:
    """What executing it showed."""
    return run_page(session, page, tmp_path_factory.mktemp("page") / "runs")


def solved(runs: Runs) -> Shown:
    """The run with the solutions, which must have met no error."""
    assert runs.solved is not None
    assert not runs.solved.errors
    return runs.solved


def test_lookups_and_new_rows(runs: Runs):
    looked = {line["token"]: line for line in solved(runs).of("lookup", 3)}
    assert looked["cat"]["id"] != looked["cat"]["pieces"][0]
    assert looked["cat</w>"]["id"] == looked["cat"]["pieces"][0]
    (row,) = solved(runs).of("new-row", 3)
    assert row["away"] < 0.01 * row["typical"]


def test_figures(runs: Runs):
    (line,) = solved(runs).of("figures", 4)
    one, other = line["axes"]
    assert [mark["text"] for mark in one["marks"]] == ["s=0.1", "s=0.5", "s=0.9"]
    assert other["tables"] == [{"shape": [4, 32], "changes": [1.0] * 32}]


def test_pipelines_and_names(runs: Runs):
    (line,) = solved(runs).of("pipeline", 5)
    assert (line["cls"], line["seed"], line["adapters"]) == ("StableDiffusionInpaintPipeline", 3, {})
    assert line["outside"]["pixels"] == 44 * 64
    assert line["outside"]["changed"] > 0.5, "the autoencoder is lossy"
    names = {name: value for found in solved(runs).of("names", 5) for name, value in found["names"].items()}
    assert names["made"]["picture"] == line["made"][0]
    assert names["picture"]["size"] == [64, 64]


def test_claims_from_end_to_end(page: Page, runs: Runs):
    told = sorted((finding.cell or 0, finding.message.split()[0]) for finding in claims(page, runs))
    assert told == [(3, "A"), (3, "The"), (4, "The"), (4, "The"), (5, "What")]


def test_memory_from_end_to_end(page: Page, runs: Runs):
    sized = with_sizes(page, runs)
    assert not sized.missing
    (finding,) = gpu_memory(page, sized, load_rules())
    assert finding.exercise == 1
    assert "UNet2DConditionModel" in finding.evidence
    tight = replace(load_rules(), gpu_memory_gib=1)
    (finding,) = gpu_memory(page, sized, tight)
    assert finding.severity == "error"


def test_a_replay_leaves_no_lines(session: Session, tmp_path: Path):
    """The reference's exercises are replayed with other inputs; what those did is not what the notebook does."""
    from assay.intake import read_notebook

    path = session.lessons["img2img-and-inpainting"].files.reference
    whole = Page(read_notebook(path.read_bytes(), str(path)))
    shown = solved(run_page(session, whole, tmp_path / "runs"))
    facts = list(shown.known("pipeline"))
    assert len(list(shown.of("pipeline"))) == len(facts)
    assert len(facts) > 3


def test_the_stand_in_has_the_attributes_of_the_real_object():
    names = property_names()
    assert {"name", "total_memory", "major", "minor", "multi_processor_count"} <= names
    assert "total_mem" not in names


def test_nothing_is_said_of_what_was_not_executed(page: Page):
    assert not list(claims(page, Runs(place(page))))
    assert not of("gpu-memory", list(gpu_memory(page, Runs(place(page)), load_rules())))
