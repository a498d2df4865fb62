"""Successes that a text gives class by class are read where they stand, and lines about anything else are not."""

import pytest
import torch

from assay.claims import require_successes_by_class
from assay.failure import Failure

NAMES = ("airplane", "cat")
LABELS = torch.tensor([0, 0, 0, 0, 1, 1, 1, 1])
GUESSES = torch.tensor([0, 0, 0, 1, 1, 1, 0, 0])  # 3 of 4, 2 of 4


@pytest.mark.parametrize(
    "text",
    [
        "",
        "airplane: 3/4\ncat: 2/4",
        "airplane 75.0%\ncat 50.0%",
        "airplane: 3 of 4\ncat: 2 of 4\nairplane: 1 of 4 wrong\ncat: 2 of 4 wrong",
        "airplane: mean confidence 91%\ncat: mean confidence 40%",
        "airplane: predicted 5 of 8\ncat: predicted 3 of 8",
    ],
)
def test_right_successes_and_other_lines_pass(text):
    require_successes_by_class(text, NAMES, GUESSES, LABELS)


@pytest.mark.parametrize("text", ["airplane: 2/4\ncat: 2/4", "airplane 80%\ncat 50%"])
def test_wrong_successes_fail(text):
    with pytest.raises(Failure, match="successes by class"):
        require_successes_by_class(text, NAMES, GUESSES, LABELS)
