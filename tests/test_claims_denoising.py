"""Each claim about a denoising loop passes a right loop of every scheduler and fails the wrong ones it is there for."""

from __future__ import annotations

from dataclasses import replace

import pytest
from loops import SCALE, drawn, loop

from assay.claims import (
    require_by_hand,
    require_decode_scaling,
    require_forward_start,
    require_guidance,
    require_picture_forgotten,
    require_reference_transitions,
    require_steps_by_strength,
    require_steps_of_schedule,
    require_text_to_image,
    require_unit_start_noise,
)
from assay.failure import Failure

# the library asks numpy for something that torch does not offer
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


@pytest.fixture(autouse=True)
def _kit(kit, monkeypatch):
    monkeypatch.setenv("HF_HOME", str(kit.folder))


@pytest.mark.parametrize(
    "cls", ["DDIMScheduler", "DPMSolverMultistepScheduler", "PNDMScheduler", "EulerDiscreteScheduler"]
)
@pytest.mark.parametrize("skipped", [0, 3, 9])
def test_a_right_loop_passes_with_every_deterministic_solver(cls, skipped):
    made = loop(cls=cls, skipped=skipped)
    require_steps_of_schedule(made)
    require_steps_by_strength(made, (10 - skipped) / 10)
    require_forward_start(made, loop(cls=cls, skipped=skipped, picture=2))
    require_unit_start_noise(made)
    require_reference_transitions(made)
    require_guidance(made, made.transitions, [7.5])
    require_decode_scaling(made)


def test_full_strength_is_text_to_image():
    made = loop(skipped=0)
    require_picture_forgotten(made, loop(skipped=0, picture=2))
    require_text_to_image(made, [7.5])


def test_pure_noise_is_a_start_at_full_strength_only():
    def noise(clean, noise, alpha):
        return noise

    require_forward_start(loop(skipped=0, start=noise), loop(skipped=0, start=noise, picture=2))
    require_unit_start_noise(loop(skipped=0, start=noise))
    require_picture_forgotten(loop(skipped=0, start=noise), loop(skipped=0, start=noise, picture=2))
    with pytest.raises(Failure, match=r"with the weight -?0\.0"):
        require_forward_start(loop(start=noise), loop(start=noise, picture=2))


@pytest.mark.parametrize(
    ("start", "claims"),
    [
        (lambda z, e, a: a * z + (1 - a) ** 0.5 * e, {"start"}),
        (lambda z, e, a: a**0.5 * z + (1 - a) * e, {"noise"}),
        (lambda z, e, a: z + e, {"start"}),
        (lambda z, e, a: z, {"start", "noise"}),
        (lambda z, e, a: a**0.5 * z / SCALE + (1 - a) ** 0.5 * e, {"start", "noise"}),
        (lambda z, e, a: (a - 0.06 * a) ** 0.5 * z + (1 - a + 0.06 * a) ** 0.5 * e, {"start"}),
    ],
)
def test_a_wrong_start_fails(start, claims):
    made, other = loop(skipped=6, start=start), loop(skipped=6, start=start, picture=2)
    if "start" in claims:
        with pytest.raises(Failure, match="enter the start"):
            require_forward_start(made, other)
    else:
        require_forward_start(made, other)
    if "noise" in claims:
        with pytest.raises(Failure, match="instead of 1"):
            require_unit_start_noise(made)


@pytest.mark.parametrize(
    ("combine", "seen"),
    [
        (lambda u, c: u + 7.5 * (u - c), "-7.50 times the answer to the prompt"),
        (lambda u, c: c + 7.5 * (c - u), "8.50 times the answer to the prompt"),
        (lambda u, c: c, "1.00 times the answer to the prompt"),
        (lambda u, c: 7.5 * (c - u), "-7.50 times the answer to the empty"),
    ],
)
def test_wrong_guidance_fails_and_the_steps_still_pass(combine, seen):
    made = loop(combine=combine)
    require_reference_transitions(made)
    with pytest.raises(Failure, match=seen.replace(".", r"\.")):
        require_guidance(made, made.transitions, [7.5])


def test_of_two_prompts_that_both_have_words_either_may_be_the_positive_one():
    made = loop(combine=lambda u, c: c + 7.5 * (u - c), blank=False)
    require_guidance(made, made.transitions, [7.5])


def test_one_text_alone_is_no_guidance():
    made = loop()
    for step in made.steps:
        step.__dict__["_answers"] = step._answers[1:]
    with pytest.raises(Failure, match="about one text only"):
        require_guidance(made, made.transitions, [7.5])


@pytest.mark.parametrize(
    "change",
    [
        lambda n, z, s: z + 0.05 * drawn(n),
        lambda n, z, s: z * 1.01,
        lambda n, z, s: z * float("nan") if n == 3 else z,
    ],
)
def test_steps_that_lead_elsewhere_fail(change):
    with pytest.raises(Failure, match="lead elsewhere"):
        require_reference_transitions(loop(change=change))


@pytest.mark.parametrize(
    "times",
    [lambda t: t[::-1], lambda t: t[1:] + t[:1], lambda t: t[:-1], lambda t: t[::2], lambda t: [t[0] + 1, *t[1:]]],
)
def test_other_timesteps_than_the_schedules_last_fail(times):
    with pytest.raises(Failure, match=r"of the schedule begin with"):
        require_steps_of_schedule(loop(times=times))


@pytest.mark.parametrize(("strength", "passes"), [(0.7, True), (0.75, True), (0.69, True), (0.8, False), (0.3, False)])
def test_steps_may_be_rounded_either_way(strength, passes):
    if passes:
        require_steps_by_strength(loop(), strength)
    else:
        with pytest.raises(Failure, match="7 of 10 steps"):
            require_steps_by_strength(loop(), strength)


@pytest.mark.parametrize("decode", [1.0, SCALE, 1 / SCALE**2])
def test_latents_on_another_scale_are_no_input_of_the_decoder(decode):
    with pytest.raises(Failure, match="times as large"):
        require_decode_scaling(loop(decode=decode))


@pytest.mark.parametrize(("decode", "passes"), [(1 / SCALE, True), (1.0, False), (SCALE, False)])
def test_where_no_step_of_a_scheduler_was_seen_the_reference_says_what_is_to_be_decoded(decode, passes):
    made = loop(decode=decode)
    made = replace(made, decoded=replace(made.decoded, stepped=()))
    if passes:
        require_decode_scaling(made)
    else:
        with pytest.raises(Failure, match="times as large"):
            require_decode_scaling(made)


def test_a_schedule_cut_short_at_full_strength_still_knows_the_picture():
    with pytest.raises(Failure, match="9 steps, from timestep"):
        require_picture_forgotten(loop(skipped=1), loop(skipped=1, picture=2))
    with pytest.raises(Failure, match="text-to-image runs them all"):
        require_text_to_image(loop(skipped=1), [])


def test_a_loop_in_a_pipeline_or_without_a_picture_is_not_by_hand():
    with pytest.raises(Failure, match="0 denoising loops"):
        require_by_hand([])
