"""Assertions are contradicted by what was seen, and by nothing else: each with a sentence that holds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from assay.coursework.claims import claims
from assay.coursework.figures import schedules_asked, stated_figures
from assay.coursework.finding import Finding
from assay.coursework.full_size import answer
from assay.coursework.page import Page
from assay.coursework.placing import place
from assay.coursework.runs import Runs
from assay.coursework.shown import Shown
from assay.coursework.sums import sums
from tests.coursework import Text, page_of

GUIDED = "## Exercise 1: Something [Guided]"
CELL = 2  # title, heading, code


def page(code: str = "x = 1", text: str = "") -> Page:
    """An exercise of one cell, with a text behind it."""
    return page_of(GUIDED, code, *([Text(text)] if text else []))


def seen(*lines: Mapping[str, Any], printed: str = "", facts: tuple[dict[str, Any], ...] = ()) -> Shown:
    """An execution in whose cell these lines were written, and this was printed."""
    return Shown(printed={CELL: printed}, seen=tuple({"cell": CELL, **line} for line in lines), facts=facts)


def contradicted(shown: Shown, of: Page | None = None) -> list[Finding]:
    """What is found in an exercise of one cell that showed this."""
    looked = of or page()
    return list(claims(looked, Runs(place(looked), solved=shown)))


def test_a_word_that_is_looked_up_as_a_piece():
    inside = {"e": "lookup", "token": "cat", "id": 1481, "pieces": [2368], "unknown": 49407}
    (finding,) = contradicted(seen(inside))
    assert "gave 1481, and the tokenizer reads 'cat' as [2368]" in finding.evidence
    (finding,) = contradicted(seen(inside | {"id": 49407}))
    assert "not in the vocabulary" in finding.message
    assert not contradicted(seen(inside | {"id": 2368}))
    assert not contradicted(seen(inside | {"token": "cat</w>", "id": 2368, "pieces": [2368, 27]}))


def test_a_row_that_is_called_random():
    row = {"e": "new-row", "away": 6e-5, "typical": 2.2, "cosine": 0.99998}
    (finding,) = contradicted(seen(row, printed="These are random values."))
    assert "6e-05 from the mean" in finding.evidence
    assert not contradicted(seen(row | {"away": 2.1}, printed="These are random values."))
    assert not contradicted(seen(row, printed="It begins as the mean of all others."))


def marked(*places: float) -> dict[str, Any]:
    """A figure with marks for the strengths .1, .2, ... at these places."""
    marks = [{"text": f"s=0.{number}\nmore", "x": x, "y": 0.0} for number, x in enumerate(places, 1)]
    return {"e": "figures", "axes": [{"xlim": [0, 1000], "marks": marks, "tables": []}]}


def test_the_side_on_which_something_lies():
    said = "Low strength = start near the right (high alpha-bar)."
    (finding,) = contradicted(seen(marked(1, 400, 800), printed=said))
    assert (finding.severity, finding.cell) == ("error", CELL)
    assert "strength 0.1 at x=1" in finding.evidence
    assert not contradicted(seen(marked(800, 400, 1), printed=said))
    assert not contradicted(seen(marked(1, 800, 400), printed=said)), "in no order, so nothing is shown"
    assert not contradicted(seen(marked(1, 400, 800), printed="Low noise = on the right.")), "of something else"


def table(changes: list[float]) -> dict[str, Any]:
    """A figure with a table whose columns change so much."""
    shown = {"shape": [10, len(changes)], "changes": changes}
    return {"e": "figures", "axes": [{"xlim": [0, 1], "marks": [], "tables": [shown]}]}


def test_the_half_that_changes_slowly():
    said = "Low-frequency dimensions (right) change slowly across timesteps."
    (finding,) = contradicted(seen(table([0.1, 0.0] * 16), printed=said))
    assert "left half changes by 0.0500 and the right half by 0.0500" in finding.evidence
    assert not contradicted(seen(table([0.1] * 16 + [0.01] * 16), printed=said))
    assert not contradicted(seen(table([0.1] * 32), printed="Left: the whole. It changes slowly.")), "no half is named"


def test_where_an_adapter_sits():
    def trained(*names: str) -> tuple[dict[str, Any], ...]:
        return ({"kind": "trainable", "exercise": 1, "cell": CELL, "parameters": {name: {} for name in names}},)

    said = "PEFT applied LoRA to exactly\nthe cross-attention projections."
    both = trained("a.attn1.to_q.lora_A.default.weight", "a.attn2.to_q.lora_A.default.weight")
    (finding,) = contradicted(seen(printed=said, facts=both))
    assert finding.evidence.startswith("1 of 2 LoRA factors are elsewhere, such as a.attn1")
    assert not contradicted(seen(printed=said, facts=trained("a.attn2.to_q.lora_A.default.weight")))
    assert not contradicted(seen(printed="LoRA sits in the attention.", facts=both))


def test_what_lies_outside_of_a_mask():
    drawn: dict[str, Any] = {"e": "pipeline", "given": {}, "thumbs": [], "made": []}
    changed = drawn | {"outside": {"changed": 0.99, "most": 145.0, "pixels": 1000}}
    (finding,) = contradicted(seen(changed, printed="The lake is preserved exactly as it was."))
    assert "99.0% of the 1,000 pixels" in finding.evidence
    same = drawn | {"outside": {"changed": 0.0, "most": 0.0, "pixels": 1000}}
    assert not contradicted(seen(same, printed="The lake is preserved exactly as it was."))
    assert not contradicted(seen(changed, printed="The lake is preserved."))


def test_a_picture_that_is_to_match_a_pipelines():
    heading = Text(
        "## Exercise 2: By hand [Guided]\n\nThe output matches Exercise 1's pipeline output at strength=0.7."
    )
    two = page_of(GUIDED, "x = 1", heading, "y = 1")

    def shown(thumb: int) -> Shown:
        plain = {"e": "pipeline", "cell": 2, "outside": None}
        drawn = [
            plain | {"given": {"strength": strength}, "thumbs": [[level] * 48]}
            for strength, level in ((0.7, 100), (0.9, 200))
        ]
        made = {"e": "names", "cell": 4, "names": {"mine": {"picture": "a", "thumb": [thumb] * 48}}}
        return Shown(seen=(*drawn, made))

    (finding,) = contradicted(shown(200), two)
    assert (finding.cell, finding.exercise) == (3, 2)
    assert "100 of 255 away" in finding.evidence
    assert not contradicted(shown(101), two)


def stated(text: str, code: str = "x = 1") -> list[Finding]:
    """What is found of the figures in a text, with what the models take at full size."""
    looked = page(code, text)
    runs = Runs(place(looked))
    asked = json.loads(json.dumps({"schedules": schedules_asked(looked, runs)}))
    return list(stated_figures(looked, Runs(place(looked), full=answer(asked))))


DDIM = "s = DDIMScheduler()\npipe(x, num_inference_steps=30)"


def test_timesteps_are_the_schedulers():
    (finding,) = stated("The steps are [981, 961, ..., 1] for 30 steps.", DDIM)
    assert "DDIMScheduler with 30 steps begins 958, 925 and ends 1" in finding.evidence
    assert not stated("The steps are [958, 925, ..., 1] for 30 steps.", DDIM)
    assert not stated("The steps are [981, 961, ..., 1] for 50 steps.", DDIM)
    assert not stated("The steps are [981, 961, ..., 1] for 30 steps."), "of no scheduler that is known"


def test_the_part_of_signal_for_a_strength():
    (finding,) = stated("At strength=0.1, alpha-bar is high (~0.98).", DDIM)
    assert "alpha-bar 0.933 for strength 0.1" in finding.evidence
    assert not stated("At strength=0.1, alpha-bar is high (~0.93). At strength=0.9, alpha-bar is low (~0.02).", DDIM)


def test_shares_resolutions_and_counts():
    (finding,) = stated("A rank-4 LoRA on all cross-attention projections adds roughly 0.1\u20130.3% of the U-Net.")
    assert "adds 397,824 parameters, 0.046 % of 859,520,964" in finding.evidence
    assert not stated("A rank-4 LoRA on all cross-attention projections adds roughly 0.04\u20130.1% of the U-Net.")
    (finding,) = stated("Cross-attention occurs at attention resolutions 16\u00d716 and 32\u00d732.")
    assert "64x64, 32x32, 16x16, 8x8" in finding.evidence
    assert not stated("Images of resolutions 16x16 and 32x32.")
    (finding,) = stated("The VAE has ~150M parameters.")
    assert "83,653,863" in finding.evidence
    assert not stated("CLIP has ~123M, the U-Net (~860M), the VAE ~84M parameters.")


def reckoned(text: str) -> list[Finding]:
    """What is found of the sums in a text."""
    looked = page(text=text)
    return list(sums(looked, Runs(place(looked))))


def test_products_and_quotients():
    (finding,) = reckoned("The ratio is 786,432 / 16,384 = 64x.")
    assert finding.evidence == "786,432 / 16,384 = 64 is 48"
    (finding,) = reckoned("That is 512 x 512 x 3 = 768,432 values.")
    assert "786,432" in finding.evidence
    (finding,) = reckoned("Right are 128 of them, 128/200 = 46.0%.")
    assert "is 64" in finding.evidence


@pytest.mark.parametrize(
    "right",
    [
        "786,432 / 16,384 = 48.0x",
        "512\u00d7512\u00d73 = 786,432",
        "64 * 64 = 4,096",
        "1000 / 30 = 33",
        "2 / 3 = 0.67",
        "over 50 steps 64 x 50 = 3200x",
        "4 + 2 * 3 = 10",
        "w = 1 / 2",
        "PE(2i/d) = 3",
        "512 / 8 = 64, 4 channels",
        "128/200 = 64.0%",
        "2 * 3 = 6 * 1",
    ],
)
def test_sums_that_come_to_what_they_say(right: str):
    assert not reckoned(right)


def test_shapes_in_comments():
    code = "a = torch.ones(6, 2)  # [6, 256]\nprint(f'{b.shape}')  # (16, 6)"
    lines = {"e": "names", "names": {"a": {"shape": [6, 2]}, "b": {"shape": [16, 6]}}}
    looked = page(code)
    (finding,) = sums(looked, Runs(place(looked), solved=seen(lines)))
    assert finding.evidence == "a has the shape [6, 2], and the comment says [6, 256]"
    loaded = {"e": "loaded", "cls": "UNet2DConditionModel", "number": 1, "alive": []}
    assert not list(sums(looked, Runs(place(looked), solved=seen(loaded, lines)))), "the kit's networks are smaller"
    values = page("a = torch.arange(4)  # [0, 1, 2, 3]")
    lines = {"e": "names", "names": {"a": {"shape": [4], "first": [0.0, 1.0, 2.0, 3.0]}}}
    assert not list(sums(values, Runs(place(values), solved=seen(lines)))), "these are its values"
    lines = {"e": "names", "names": {"a": {"shape": [6, 2]}, "b": {"shape": [16, 6]}}}
    right = page(code.replace("256", "2"))
    assert not list(sums(right, Runs(place(right), solved=seen(lines))))


def test_a_count_that_is_printed_is_the_kits_own():
    looked = page("print('x')")
    full = answer({})
    assert not list(stated_figures(looked, Runs(place(looked), solved=seen(printed="The U-Net has ~2M."), full=full)))
    commented = page("x = 1  # the U-Net has ~2M")
    (finding,) = stated_figures(commented, Runs(place(commented), full=full))
    assert finding.cell == CELL
