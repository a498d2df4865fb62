"""A digest depends on the values alone, not on how they lie in memory."""

from __future__ import annotations

import pytest
import torch

from assay.witness.digest import changed_rows, digest, nonzero_rows


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16, torch.int64])
def test_strided_views_have_the_digest_of_their_values(dtype):
    whole = torch.arange(3 * 64 * 64).reshape(64, 64, 3).to(dtype)
    wanted = digest(whole.permute(2, 0, 1).contiguous())
    for _ in range(20):  # what was freed is soon overwritten
        view = whole.permute(2, 0, 1)
        assert digest(view) == wanted
        assert digest(whole[::2]) == digest(whole[::2].clone())


def test_other_values_have_another_digest():
    assert digest(torch.zeros(3)) != digest(torch.tensor([0.0, 0.0, -0.0]))
    assert digest(torch.zeros(0)) == digest(torch.zeros(0, 5))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float64])
@pytest.mark.parametrize(("rows", "width"), [(0, 5), (1, 1), (255, 3), (256, 4), (257, 48), (5000, 7)])
def test_rows_that_changed_are_found_wherever_they_lie(rows, width, dtype):
    before = torch.randn(rows, width).to(dtype)
    for seed in range(4):
        chosen = torch.randperm(rows, generator=torch.Generator().manual_seed(seed))[: 10**seed].sort().values
        after, gradient = before.clone(), torch.zeros(rows, width, dtype=dtype)
        after[chosen, -1] = float("nan") if seed % 2 else 7.0
        gradient[chosen, 0] = 1e-30
        assert changed_rows(before, after) == chosen.tolist() == nonzero_rows(gradient)


def test_minus_zero_is_a_change_and_no_gradient():
    table = torch.zeros(300, 2)
    table[299, 1] = -0.0
    assert changed_rows(torch.zeros(300, 2), table) == [299]
    assert nonzero_rows(table) == []
