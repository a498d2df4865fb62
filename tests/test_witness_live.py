"""In a kernel that goes on living: which casts of a model are written down as keeping every value."""

from __future__ import annotations

import json

import pytest
import torch

from assay.witness.digest import digest
from assay.witness.live import LiveModels
from assay.witness.recorder import Recorder


class CLIP(torch.nn.Module):
    """Watched as the library's class of this name is."""

    def __init__(self, dtype: torch.dtype) -> None:
        super().__init__()
        self.scale = torch.nn.Parameter(torch.tensor([0.1, 0.2], dtype=dtype))


@pytest.mark.parametrize(
    ("loaded", "cast", "spoil", "is_told"),
    [
        (torch.float16, torch.float32, 0.0, True),
        (torch.bfloat16, torch.float64, 0.0, True),
        (torch.float16, torch.float32, 1e-6, False),  # less than half precision can tell
        (torch.float16, torch.float32, 1.0, False),
        (torch.float32, torch.float16, 0.0, False),  # rounded, so that a small change could not be seen
        (torch.float32, torch.float32, 1.0, False),
    ],
)
def test_a_cast_is_told_when_it_kept_every_bit_of_every_value(tmp_path, loaded, cast, spoil, is_told):
    recorder = Recorder(tmp_path)
    models, model = LiveModels(recorder), CLIP(loaded)
    models.watch(model, "somebody/else", None)
    before = digest(model.scale)
    with torch.no_grad():
        model.to(cast).scale.add_(spoil)
    models.end_cell()
    facts = map(json.loads, (tmp_path / "facts.jsonl").read_text().splitlines())
    told = [fact["tensors"] for fact in facts if fact["kind"] == "cast"]
    wanted = {"scale": [before, [str(cast), [2], digest(model.scale)]]}
    assert told == ([wanted] if is_told else [])
