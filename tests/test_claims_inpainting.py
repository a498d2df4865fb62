"""Each claim about an inpainting passes a right loop and fails the wrong ones it is there for."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from loops import SHAPE, drawn, loop

from assay.claims import (
    require_binary_effect,
    require_edited_cells,
    require_effective_mask,
    require_empty_mask,
    require_kept_cells,
    require_noise_level,
    require_partial_masks,
    require_sampled_cells,
)
from assay.failure import Failure
from assay.judging.observations.denoising import Decoded
from assay.judging.observations.inpainting import Inpainting, inpaintings
from assay.judging.observations.mask import Mask
from assay.judging.originals import signal_rates

PIXELS = torch.zeros(128, 128, dtype=torch.uint8)
PIXELS[:61] = 255  # the edge lies within a row of cells
MASK = Mask.of(PIXELS, torch.Size(SHAPE[1:]))
HARD = (torch.arange(16) < 8).double()[:, None].expand(16, 16)


@pytest.fixture(autouse=True)
def _kit(kit, monkeypatch):
    monkeypatch.setenv("HF_HOME", str(kit.folder))


def inpaint(*, picture=1, plane=HARD, kept=None, blend=None, skipped=0):
    """An inpainting of the upper half; `kept` gives what is put back of step, picture, noise and alpha_bar to come."""
    signals = signal_rates("stable-diffusion-v1-5/stable-diffusion-v1-5")
    clean, noise = drawn(picture), drawn(100)

    def change(number, z, scheduler):
        times = scheduler.timesteps[skipped:]
        alpha = float(signals[int(times[number + 1])]) if number + 1 < len(times) else 1.0
        back = alpha**0.5 * clean + (1 - alpha) ** 0.5 * noise
        back = kept(number, clean, noise, alpha) if kept else back
        return blend(number, z, back) if blend else plane * z + (1 - plane) * back

    return Inpainting(loop(skipped=skipped, picture=picture, change=change), MASK)


CLAIMS = {
    "effect": require_effective_mask,
    "binary": require_binary_effect,
    "kept": require_kept_cells,
    "edited": require_edited_cells,
    "sampled": lambda edit: require_sampled_cells(edit, [7.5]),
}


def failing(edit, other):
    failed = set()
    for name, claim in {**CLAIMS, "level": lambda e: require_noise_level(e, other)}.items():
        try:
            claim(edit)
        except Failure:
            failed.add(name)
    return failed


@pytest.mark.parametrize("skipped", [0, 4])
def test_a_right_inpainting_passes(skipped):
    assert failing(inpaint(skipped=skipped), inpaint(skipped=skipped, picture=2)) == set()


SOFT = HARD.clone()
SOFT[7] = 0.5


def noisy(number, clean, noise, alpha):
    level = 0.99 if number == 9 else alpha
    return level**0.5 * clean + (1 - level) ** 0.5 * noise


def pasted(number, z, back):
    return HARD * z + (1 - HARD) * back


WRONG = {
    "inverted": ({"plane": 1 - HARD}, {"effect", "kept", "edited", "level", "sampled"}),
    "transposed": ({"plane": HARD.T}, {"effect", "kept", "level", "sampled"}),
    "noisy last blend": ({"kept": noisy}, {"binary", "kept"}),
    "no last blend": ({"blend": lambda n, z, b: z if n == 9 else pasted(n, z, b)}, {"effect", "kept"}),
    "clean all along": ({"kept": lambda n, clean, noise, alpha: clean}, {"level"}),
    "cut and paste": ({"blend": lambda n, z, b: pasted(n, z, b) if n == 9 else z}, {"level"}),
    "zeros put back": ({"kept": lambda n, clean, noise, alpha: 0 * clean}, {"effect", "binary", "kept", "level"}),
    "noise put back last": ({"kept": lambda n, z, e, a: a**0.5 * z + (1 - a) ** 0.5 * e if n < 9 else e},
                            {"effect", "binary", "kept"}),
    "another picture put back": ({"kept": lambda n, z, e, a: a**0.5 * drawn(9) + (1 - a) ** 0.5 * e},
                                 {"effect", "binary", "kept", "level"}),
    "ten times too large at last": ({"kept": lambda n, z, e, a: a**0.5 * z + (1 - a) ** 0.5 * e if n < 9 else 10 * z},
                                    {"binary", "kept"}),
    "soft": ({"plane": SOFT}, {"binary"}),
    "nothing edited": ({"plane": 0 * HARD}, {"effect", "edited", "sampled"}),
    "not a number": ({"plane": HARD * float("nan")}, {"effect", "binary", "kept", "edited", "level", "sampled"}),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_inpainting_fails_where_it_is_wrong(name):
    changes, expected = WRONG[name]
    assert failing(inpaint(**changes), inpaint(picture=2, **changes)) == expected


def test_the_guidance_inside_a_mask_is_found_without_knowing_the_mask():
    for plane in (HARD, 1 - HARD, HARD.T, torch.ones(16, 16)):
        steps = inpaint(plane=plane).loop.masked_transitions
        assert all(abs(step.prompt - 7.5) < 1e-3 for step in steps)


def test_a_loop_by_hand_gets_the_mask_that_explains_it_also_the_wrong_way_round():
    other = torch.zeros_like(PIXELS)
    other[:, 70:] = 255
    right, inverted = inpaint().loop, inpaint(plane=1 - HARD).loop
    for made in (right, inverted):
        (edit,) = inpaintings(None, [made], [other, PIXELS])
        assert edit.mask is not None and torch.equal(edit.mask.white, MASK.white)
    unfinished = inpaint(blend=lambda n, z, b: z if n == 9 else pasted(n, z, b)).loop
    (edit,) = inpaintings(None, [unfinished], [255 + 0 * PIXELS, PIXELS])
    assert edit.mask is not None and torch.equal(edit.mask.white, MASK.white)
    first, second = inpaintings(None, [right, inverted], [PIXELS, 255 - PIXELS])
    assert require_partial_masks([first, second]) == [first, second]


def test_masks_on_the_latents_grid_leave_out_cells_that_are_neither():
    assert (int(MASK.white.sum()), int(MASK.black.sum())) == (7 * 16, 8 * 16)
    wider = PIXELS.clone()
    wider[:90] = 255
    assert Mask.of(wider, torch.Size((16, 16))).covers(MASK) and not MASK.covers(MASK)
    assert not Mask.of(255 + 0 * PIXELS, torch.Size((16, 16))).is_partial


def test_an_empty_mask_gives_the_drawn_latents_bit_for_bit():
    edit = inpaint()
    exact = torch.randn(SHAPE)
    clean = replace(edit.loop.clean, exact=exact)
    same = replace(edit.loop, clean=clean, decoded=Decoded((0.18215 * exact) / 0.18215, 0.18215, ()))
    require_empty_mask(same)
    with pytest.raises(Failure, match="away from the encoded ones"):
        require_empty_mask(replace(same, decoded=Decoded(same.decoded.latents + 1e-6, 0.18215, ())))
    with pytest.raises(LookupError):
        require_empty_mask(edit.loop)
