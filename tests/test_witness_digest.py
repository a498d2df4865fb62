"""A digest depends on the values alone, not on how they lie in memory."""

from __future__ import annotations

import pytest
import torch

from assay.witness.digest import digest


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
