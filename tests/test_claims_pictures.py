"""Pictures that are compared share their noise and what they show; those that do not fail."""

from __future__ import annotations

import pytest
import torch

from assay.claims import require_same_subjects, require_with_and_without_token
from assay.failure import Failure
from assay.judging.observations.pictures import Picture

WORD = 49408


def picture(*ids, seed=1):
    start = torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(seed))
    return Picture(3, "unet1", frozenset(ids), "", start)


def test_with_and_without_the_token_from_one_noise_passes():
    require_with_and_without_token([picture(1, 2, WORD), picture(1, 2, 3)], {WORD})


def test_pictures_whose_prompts_hold_the_same_ids_are_told_apart():
    same = [picture(1, 2, WORD), picture(1, 2, WORD, seed=2)]
    require_with_and_without_token([*same, picture(1, 2), picture(1, 2, seed=2)], {WORD})


@pytest.mark.parametrize(
    ("found", "seen"),
    [
        ([], "0 pictures with the pseudo-token in the prompt, 0 without"),
        ([picture(1, WORD), picture(2, WORD)], "2 pictures with .* 0 without"),
        ([picture(1), picture(2)], "0 pictures with .* 2 without"),
        ([picture(1, WORD), picture(1, seed=2)], "began from the same noise"),
    ],
)
def test_otherwise_the_token_was_not_compared(found, seen):
    with pytest.raises(Failure, match=seen):
        require_with_and_without_token(found, {WORD})


def test_two_methods_that_draw_one_subject_from_one_noise_pass():
    require_same_subjects([picture(9, 1, 2), picture(9, 3, 4)], [picture(8, 1, 2), picture(8, 3, 4)])
    require_same_subjects([picture(9, 1, 2, 3)], [picture(8, 1, 2, 3)])  # one picture each: all words count


@pytest.mark.parametrize(
    ("lora", "token", "seen"),
    [
        ([], [picture(1)], "0 pictures with the adapter, 1 with the learned token"),
        ([picture(1)], [], "1 pictures with the adapter, 0 with"),
        ([picture(1)], [picture(1, seed=2)], "began from the same noise"),
        ([picture(9, 1, 2), picture(9, 3, 4)], [picture(8, 5, 6), picture(8, 7, 10)], "asked for the same subject"),
    ],
)
def test_otherwise_the_methods_were_not_compared(lora, token, seen):
    with pytest.raises(Failure, match=seen):
        require_same_subjects(lora, token)
