"""Runs cells in the forked engine and gives what they printed and what the witness wrote, for the witness's tests."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from engine import run_sections, states, text_of

from assay.execution.parent import WarmParent
from assay.judging.evidence import Evidence

IMPORTS = """
import copy, gc, weakref
import torch
import torch.nn.functional as F
from diffusers import AutoencoderKL, UNet2DConditionModel
from transformers import CLIPTextModel, CLIPTokenizer
MODEL = 'stable-diffusion-v1-5/stable-diffusion-v1-5'
def load(kind, part): return kind.from_pretrained(MODEL, subfolder=part)
def tiny():
    blocks = dict(down_block_types=('DownBlock2D',), up_block_types=('UpBlock2D',), block_out_channels=(8,))
    return UNet2DConditionModel(sample_size=8, layers_per_block=1, norm_num_groups=4, cross_attention_dim=8, **blocks)
"""


@dataclass(frozen=True)
class Watched:
    """One run: what each cell printed, and its evidence. Cell 0 holds the imports."""

    folder: Path
    evidence: Evidence
    printed: dict[int, str]

    def facts(self, kind: str, cell: int | None = None) -> list[dict[str, Any]]:
        """Facts of one kind, of one cell or of all."""
        return [f for f in self.evidence.facts if f["kind"] == kind and cell in (None, f["cell"])]

    def fact(self, kind: str, cell: int | None = None) -> dict[str, Any]:
        """The only fact of its kind."""
        (found,) = self.facts(kind, cell)
        return found

    def tensor(self, name: str) -> torch.Tensor:
        """A tensor that must have been kept."""
        found = self.evidence.tensor(name)
        assert found is not None
        return found


def watch(warm: WarmParent, kit: Path, folder: Path, *cells: str, values: tuple[str, ...] = ()) -> Watched:
    """Run the cells, numbered from 1, as the one exercise of a notebook; every one of them must end well."""
    run = run_sections(warm, kit, folder, [[IMPORTS], cells], values=values)
    assert set(states(run).values()) == {"completed"}, run.execution.endings
    printed = {number: text_of(run, number) for number in range(len(cells) + 1)}
    return Watched(folder, Evidence(folder / "evidence"), printed)
