"""`%check` in a real kernel: it changes nothing there, it breaks nothing, and it says what it cannot know."""

from __future__ import annotations

import json
import re
import time

import psutil
import pytest
from kernels import run_cells

pytestmark = pytest.mark.filterwarnings("ignore:Kernel is running over TCP")

LOAD = """
import gc, random, weakref
import numpy as np
import torch
import torch.nn.functional as F
from diffusers import UNet2DConditionModel
from transformers import CLIPTextModel, CLIPTokenizer
MODEL = 'stable-diffusion-v1-5/stable-diffusion-v1-5'
random.seed(1); np.random.seed(2); torch.manual_seed(3)
tokenizer = CLIPTokenizer.from_pretrained(MODEL, subfolder='tokenizer')
text_encoder = CLIPTextModel.from_pretrained(MODEL, subfolder='text_encoder').requires_grad_(False)
unet = UNet2DConditionModel.from_pretrained(MODEL, subfolder='unet').requires_grad_(False)
"""
TRAIN = """
tokenizer.add_tokens(['<mine>'])
table = text_encoder.resize_token_embeddings(len(tokenizer)).weight.requires_grad_(True)
optimizer = torch.optim.AdamW([table], lr=1e-2)
ids = tokenizer('a photo of <mine>', padding='max_length', return_tensors='pt').input_ids
losses = []
for step in range(3):
    noise = torch.randn(1, 4, 8, 8)
    loss = F.mse_loss(unet(noise, step * 300, encoder_hidden_states=text_encoder(ids)[0]).sample, noise)
    optimizer.zero_grad(); loss.backward(); optimizer.step()
    losses.append(loss.item())
print(losses)
"""
DIE = """
gone = UNet2DConditionModel.from_pretrained(MODEL, subfolder='unet')
gone.conv_in.weight.data.add_(1)
reference, storage = weakref.ref(gone), weakref.ref(gone.conv_in.weight)
del gone; gc.collect()
print(reference() is None, storage() is None)
"""
# Whatever a student could find out about the state of this kernel, as text.
STATE = """
import hashlib as _hashlib, pickle as _pickle
def _digest(thing): return _hashlib.sha256(_pickle.dumps(thing)).hexdigest()[:16]
print(_digest(random.getstate()), _digest(np.random.get_state()), _digest(torch.get_rng_state().numpy().tobytes()))
for _model in (text_encoder, unet):
    _all = list(_model.named_parameters())
    print(_digest([(n, p.requires_grad, p.detach().numpy().tobytes()) for n, p in _all]))
    print(_digest([(n, p.grad.numpy().tobytes()) for n, p in _all if p.grad is not None]), len(_model._forward_hooks))
print(_digest([float(v.float().sum()) for state in optimizer.state.values() for v in state.values()]))
print(sorted(name for name in globals() if not name.startswith('_')), sorted(vars(text_encoder)), sorted(vars(unet)))
print(torch.is_grad_enabled(), torch.get_default_dtype(), torch.get_num_threads(), len(gc.get_referrers(table)) > 0)
"""
TITLE = "# Textual Inversion\n"


def notebook(path, *exercises):
    """A saved notebook of the lesson with a code cell for each exercise, numbered from 1."""
    cells = [{"cell_type": "markdown", "metadata": {}, "source": TITLE}]
    for number, source in enumerate(exercises, 1):
        cells += [
            {"cell_type": "markdown", "metadata": {}, "source": f"## Exercise {number}: Something [Guided]"},
            {"cell_type": "code", "metadata": {}, "source": source, "outputs": [], "execution_count": None},
        ]
    path.write_text(json.dumps({"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": cells}), encoding="utf-8")
    return path


def criteria(folder, number, file="view.json"):
    """State and what was seen of each criterion of an exercise, as `%check --json` wrote them."""
    view = json.loads((folder / "work" / file).read_text(encoding="utf-8"))
    return {
        c["id"]: (c["state"], c["seen"])
        for e in view["exercises"] if e["number"] == number for c in e["criteria"]
    }  # fmt: skip


@pytest.mark.slow
def test_a_kernel_that_is_checked_is_as_one_that_is_not(kit, tmp_path):
    file = notebook(tmp_path / "mine.ipynb", LOAD, TRAIN)
    ask = f"%check --lesson textual-inversion --notebook {file}"
    watched = run_cells(kit, tmp_path / "a", ["%load_ext assay", LOAD, TRAIN, ask, DIE, ask, TRAIN, STATE])
    alone = run_cells(kit, tmp_path / "b", ["pass", LOAD, TRAIN, "pass", DIE, "pass", TRAIN, STATE])
    assert [watched.displayed[place][0].keys() for place in (3, 5)] == [{"text/plain", "text/html"}] * 2
    assert watched.printed[4] == alone.printed[4] == "True True\n"  # nothing lives longer, not even until its cell ends
    for place in (1, 2, 6, 7):
        assert watched.printed[place] == alone.printed[place]
    assert len(watched.printed[7].splitlines()) == 8


@pytest.mark.slow
def test_the_import_of_the_libraries_draws_no_number_and_binds_no_name(kit, tmp_path):
    state = (
        "import random, numpy, torch\n"
        "numbers = numpy.random.get_state()[1].tolist(), torch.get_rng_state().tolist()\n"
        "now = (random.getstate(), numbers, set(globals()))"
    )
    told = run_cells(
        kit, tmp_path, [state, "before = now", "%load_ext assay", state, "print(before[:2] == now[:2])",
                        "print(sorted(n for n in now[2] - before[2] if n[0] != '_'))"], prepared=False,
    )  # fmt: skip
    assert told.printed[4:] == ["True\n", "['before', 'now']\n"]


@pytest.mark.slow
def test_a_model_that_dies_inside_a_cell_is_seen_to_the_last(kit, tmp_path):
    spoil = LOAD + TRAIN + "\nunet.conv_in.weight.data.add_(1)\ndel unet; gc.collect()"
    file = notebook(tmp_path / "mine.ipynb", "1", spoil)
    run_cells(kit, tmp_path, ["%load_ext assay", spoil, f"%check --notebook {file} --json view.json"])
    state, seen = criteria(tmp_path, 2)["clip-unet-and-vae-are-unchanged"]
    assert state == "failed"
    assert "1 tensors of the U-Net changed; the first is conv_in.weight" in seen


@pytest.mark.slow
def test_what_was_loaded_before_is_named_and_not_held_against_anybody(kit, tmp_path):
    file = notebook(tmp_path / "mine.ipynb", "1", TRAIN)
    ran = run_cells(kit, tmp_path, [LOAD, "%load_ext assay", TRAIN, f"%check 2 --notebook {file} --json view.json"])
    told = criteria(tmp_path, 2)
    assert not [name for name, (state, _) in told.items() if state == "failed"]
    doubts = [seen for state, seen in told.values() if state == "unchecked"]
    assert doubts
    assert all("CLIPTextModel 'text_encoder'" in seen and "before %load_ext assay" in seen for seen in doubts)
    assert "before %load_ext assay" in " ".join(ran.displayed[3][0]["text/plain"].split())


@pytest.mark.slow
def test_the_last_run_of_a_cell_counts(kit, tmp_path):
    wrong = TRAIN.replace("F.mse_loss(unet(noise", "F.l1_loss(unet(noise * 0")
    file = notebook(tmp_path / "mine.ipynb", LOAD, TRAIN)
    ask = f"%check 2 --notebook {file} --json "
    cells = ["%load_ext assay", LOAD, wrong, ask + "wrong.json", LOAD, TRAIN, ask + "again.json"]
    run_cells(kit, tmp_path, cells)
    run_cells(kit, tmp_path / "once", ["%load_ext assay", LOAD, TRAIN + ask + "view.json"])  # at the end of its cell
    once = criteria(tmp_path / "once", 2)
    assert criteria(tmp_path, 2, "again.json") == once
    assert criteria(tmp_path, 2, "wrong.json") != once
    assert "passed" in {state for state, _ in once.values()}


@pytest.mark.slow
def test_a_failure_of_ours_is_one_sentence_and_the_session_goes_on(kit, tmp_path):
    ran = run_cells(kit, tmp_path, [
        "%load_ext assay",
        "print(1)",
        "%check",
        "%check --lesson textual-invasion",
        "%check two",
        "%check --notebook nowhere.ipynb",
        "%check 9 --lesson clip",
        "import assay.live.extension as _e, shutil\n_k = next(iter(_e._kernels.values()))\n"
            "folder = _k._watching.folder\nprint(folder.is_dir())",
        "shutil.rmtree(folder)\nprint(2)",
        "%check --lesson clip",
        "%load_ext assay",
        "%check --help",
        "%unload_ext assay",
        "print(3, folder.exists())",
    ])  # fmt: skip
    sentences = [ran.printed[place] for place in (2, 3, 4, 5, 6, 9)]
    for sentence in sentences:
        assert sentence.startswith("%check") and sentence.count("\n") == 1
        assert "Traceback" not in sentence
    assert "--lesson SLUG" in sentences[0]
    assert [ran.printed[place] for place in (1, 7, 8, 13)] == ["1\n", "True\n", "2\n", "3 False\n"]
    assert "%check 2" in ran.printed[11]


@pytest.mark.slow
def test_nothing_is_left_when_the_kernel_ends(kit, tmp_path):
    ran = run_cells(kit, tmp_path, [
        "%load_ext assay", "print('hello')", "%check --lesson clip",
        "import assay.live.extension as _e, os\n_k = next(iter(_e._kernels.values()))\n"
        "print(_k._judge._warm._process.pid)",
    ])  # fmt: skip
    (pid,) = map(int, re.findall(r"\d+", ran.printed[3]))
    until = time.monotonic() + 10
    while _runs(pid) and time.monotonic() < until:
        time.sleep(0.1)
    assert not _runs(pid)
    assert list((tmp_path / "tmp").glob("assay-*")) == []


def _runs(pid):
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
