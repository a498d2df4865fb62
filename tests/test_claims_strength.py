"""A strength is a share of the schedule; a variable that held anything else fails."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch

from assay.claims import require_shares
from assay.failure import Failure


def work(**held):
    """Work whose variables held these numbers, one after the other."""
    return SimpleNamespace(values=lambda name: [torch.tensor(number) for number in held.get(name, [])])


@pytest.mark.parametrize("held", [{}, {"strength": [0.0, 0.7, 1.0]}, {"strength": [[0.1, 0.9]]}, {"power": [7.0]}])
def test_shares_pass_and_other_names_do_not_matter(held):
    require_shares(work(**held), ("strength", "denoising_strength"))


@pytest.mark.parametrize("number", [1.15, -0.1, 70.0, float("nan")])
def test_what_is_no_share_fails_by_name(number):
    with pytest.raises(Failure, match="denoising_strength was"):
        require_shares(work(strength=[0.5], denoising_strength=[0.5, number]), ("strength", "denoising_strength"))
