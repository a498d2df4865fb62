"""What honest notebooks do in passing goes on working behind every tier's walls."""

from __future__ import annotations

import pytest
from engine import run_sections, text_of

from assay.sandbox.probe import missing
from assay.sandbox.tiers import TIERS

HABITS = {
    "a DataLoader with workers": """
import torch
from torch.utils.data import DataLoader, TensorDataset
data = TensorDataset(torch.arange(8.))
loader = DataLoader(data, 4, num_workers=2, persistent_workers=True, prefetch_factor=2, pin_memory=False)
print([batch[0].tolist() for batch in loader], [b[0].numel() for b in DataLoader(data, 4, False, None, None, 2)])
""",
    "copies of files": """
import os, pathlib, shutil
pathlib.Path("a").write_text("x")
shutil.copy("a", "b"); shutil.copy2("a", "c"); os.makedirs("d", exist_ok=True)
shutil.copytree("d", "e", dirs_exist_ok=True)
shutil.move("c", "f"); pathlib.Path("f").touch(); pathlib.Path("f").chmod(0o600)
print(sorted(os.listdir()))
""",
    "temporary files": """
import pathlib, tempfile
with tempfile.TemporaryDirectory() as folder:
    pathlib.Path(folder, "x").write_text("x")
with tempfile.NamedTemporaryFile("w+") as file:
    file.write("y"); file.flush(); print(pathlib.Path(file.name).read_text())
""",
    "programs": """
import subprocess, sys
code = "import json; print(json.dumps(1))"
print(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout)
!echo from the shell | tr a-z A-Z
!ls -la > /dev/null && echo listed
""",
    "processes that share work": """
import multiprocessing
with multiprocessing.get_context("fork").Pool(2) as pool:
    print(pool.map(abs, [-1, -2]))
""",
    "threads": """
from concurrent.futures import ThreadPoolExecutor
with ThreadPoolExecutor(2) as pool:
    print(list(pool.map(abs, [-1, -2])))
""",
    "an event loop": """
import asyncio
async def one():
    await asyncio.sleep(0)
    return 1
print(asyncio.get_event_loop_policy() is not None, await one())
""",
    "saved work": """
import numpy, sqlite3, torch, zipfile
torch.save({"a": torch.ones(2)}, "a.pt"); numpy.savez("a.npz", a=numpy.ones(2))
with zipfile.ZipFile("a.zip", "w") as archive: archive.write("a.pt")
with zipfile.ZipFile("a.zip") as archive: archive.extractall("out")
sqlite3.connect("a.db").execute("create table t (x)")
print(torch.load("out/a.pt")["a"].sum().item())
""",
    "a saved model": """
from transformers import CLIPTextModel
model = CLIPTextModel.from_pretrained("openai/clip-vit-large-patch14")
model.save_pretrained("mine")
again = CLIPTextModel.from_pretrained("mine")
print(type(again).__name__)
""",
    "figures": """
import matplotlib.pyplot as plt
plt.plot([1, 2]); plt.title("$\\\\alpha$"); plt.savefig("a.png"); plt.close()
print(open("a.png", "rb").read(4))
""",
    "a data set and its derived table": """
from datasets import load_dataset
found = load_dataset("lambdalabs/naruto-blip-captions", split="train")
print(len(found.select(range(4)).map(lambda row: {"n": len(row["text"])})["n"]))
""",
    "questions about the machine": """
import getpass, os, platform, joblib, psutil, torch
print(joblib.cpu_count() > 0, os.cpu_count() > 0, psutil.virtual_memory().total > 0, getpass.getuser())
print(platform.machine() != "", platform.node() != "")
print(os.path.expanduser("~") == os.environ["HOME"], torch.get_num_threads())
""",
}  # fmt: skip


@pytest.mark.parametrize("tier", TIERS)
def test_habits_give_the_same_at_every_tier(warm, kit, tmp_path, tier):
    if (why := missing(tier)) is not None:
        pytest.skip(f"this machine does not offer {tier}: {why}")
    sections = [[], *([source] for source in HABITS.values())]
    runs = {t: run_sections(warm, kit.folder, tmp_path / t, sections, tier=t) for t in {tier, TIERS[0]}}
    for number, name in enumerate(HABITS, 1):
        run = runs[tier]
        assert run.execution.endings[number].state == "completed", f"{name}: {run.execution.endings[number].reason}"
        assert text_of(run, number - 1) == text_of(runs[TIERS[0]], number - 1) != "", name
