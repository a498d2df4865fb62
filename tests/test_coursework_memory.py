"""Memory at full size: counted from shapes, of what was alive, against what there is."""

from __future__ import annotations

import json
from typing import Any

import pytest

from assay.coursework.finding import Finding
from assay.coursework.full_size import answer, sizes, transient
from assay.coursework.memory import calls_asked, gpu_memory, situations
from assay.coursework.placing import place
from assay.coursework.rules import load_rules
from assay.coursework.runs import Runs
from assay.coursework.shown import Shown
from tests.coursework import page_of

UNET, VAE = "UNet2DConditionModel", "AutoencoderKL"
GIB = 2**30


def loaded(number: int, cls: str, dtype: str, alive: list[Any]) -> dict[str, Any]:
    """A line of the probe: a network was loaded while these were alive."""
    return {"e": "loaded", "cell": 2, "what": "model", "number": number, "cls": cls, "dtype": dtype, "alive": alive,
            "source": "sd", "parts": {}}  # fmt: skip


def call(kind: str, number: int, dtype: str, shape: list[int], gradient: bool = False) -> dict[str, Any]:
    """A line of the probe: a network was called."""
    return {"e": kind, "cell": 2, "number": number, "dtype": dtype, "shape": shape, "gradient": gradient}


def call_of(**more: Any) -> str:
    """A question for `full_size`."""
    plain = {"dtype": "float32", "batch": 1, "side": 64, "rank": 0, "targets": [], "through_text": False}
    return json.dumps(plain | more, sort_keys=True)


def predicted(*lines: dict[str, Any]) -> Finding:
    """The prediction for an exercise that showed these lines."""
    page = page_of("## Exercise 1: S [Guided]", "x = 1")
    runs = Runs(place(page), solved=Shown(seen=lines))
    full = {"sizes": sizes(), "transients": {asked: transient(asked) for asked in calls_asked(runs)}, "schedules": []}
    (finding,) = gpu_memory(page, Runs(place(page), solved=Shown(seen=lines), full=full), load_rules())
    return finding


def test_the_networks_have_their_published_sizes():
    """Counts that the model cards and the literature give: 860 M, 84 M and 123 M."""
    found = sizes()
    assert (found[UNET], found[VAE], found["CLIPTextModel"]) == (859_520_964, 83_653_863, 123_060_480)
    assert len(found["attn2"]) == 64


def test_half_precision_takes_half():
    wide, narrow = (
        predicted(loaded(1, UNET, dtype, []), call("unet", 1, dtype, [2, 4, 64, 64]))
        for dtype in ("torch.float32", "torch.float16")
    )
    assert wide.severity == narrow.severity == "note"
    assert "weights 3.20 GiB" in wide.evidence
    assert "weights 1.60 GiB" in narrow.evidence


def test_too_much_is_an_error():
    """Five U-Nets in float32: what an exercise has that frees nothing."""
    lines, alive = [], []
    for number in range(1, 6):
        lines.append(loaded(number, UNET, "torch.float32", list(alive)))
        alive.append([number, "torch.float32"])
    finding = predicted(*lines, call("unet", 1, "torch.float32", [2, 4, 64, 64]))
    assert finding.severity == "error"
    assert "more than the 15" in finding.message


def test_a_question_without_an_answer_takes_no_other_with_it():
    asked = {"transients": ["{}", call_of(kind="text")], "schedules": [["NoScheduler", 30], ["DDIMScheduler", 10**9],
                                                                       ["DDIMScheduler", 10]]}  # fmt: skip
    answered = answer(asked)
    assert answered["transients"]["{}"] is None
    assert answered["transients"][call_of(kind="text")] > 0
    assert [plan["steps"] for plan in answered["schedules"]] == [10]
    page = page_of("## Exercise 1: S [Guided]", "x = 1")
    shown = Shown(seen=(loaded(1, UNET, "torch.float32", []), call("unet", 1, "torch.float32", [2, 4, 64, 64])))
    full = {"sizes": sizes(), "transients": dict.fromkeys(calls_asked(Runs(place(page), solved=shown)))}
    (finding,) = gpu_memory(page, Runs(place(page), solved=shown, full=full), load_rules())
    assert (finding.kind, finding.severity) == ("not-run", "note")


def test_what_was_freed_is_not_counted():
    again = loaded(2, UNET, "torch.float32", [])
    finding = predicted(loaded(1, UNET, "torch.float32", []), again, call("unet", 2, "torch.float32", [2, 4, 64, 64]))
    assert "weights 3.20 GiB" in finding.evidence


def test_training_takes_more_than_drawing_and_more_with_a_larger_batch():
    drawing = transient(call_of(kind="unet"))
    adapter = transient(call_of(kind="train", rank=4, targets=["attn2"]))
    assert 4 * drawing < adapter < 4 * GIB
    assert 1.8 < transient(call_of(kind="unet", batch=4)) / transient(call_of(kind="unet", batch=2)) < 2.2
    states = 2 * 4 * 49_408 * 768
    assert transient(call_of(kind="train", through_text=True)) > adapter - GIB // 4 + states


@pytest.mark.parametrize(
    ("parameters", "trained"),
    [
        ({"x.attn2.to_q.lora_A.default.weight": {"shape": [4, 320]}}, {"rank": 4, "targets": ["attn2"]}),
        ({}, {"rank": 0, "through_text": True}),
        ({"conv_in.weight": {"shape": [320, 4, 3, 3]}}, {"rank": 0, "through_text": False}),
    ],
)
def test_a_training_call_is_told_by_what_has_a_gradient(parameters: dict[str, Any], trained: dict[str, Any]):
    """An adapter's factors, nothing of the U-Net (so it is the table before it), or the U-Net itself."""
    shown = Shown(
        seen=(loaded(1, UNET, "torch.float32", []), call("unet", 1, "torch.float32", [1, 4, 64, 64], gradient=True)),
        facts=({"kind": "trainable", "cell": 2, "exercise": 1, "parameters": parameters},),
    )
    (one,) = situations(shown)
    asked = json.loads(one.question)
    assert asked["kind"] == "train"
    assert {name: asked[name] for name in trained} == trained
