"""What goes into the encoder: pictures between -1 and 1 pass, however few or dark; every other range fails."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch

from assay.claims import require_pixel_range
from assay.failure import Failure
from assay.judging.observations.latents import Encoded

NAN = float("nan")


def latents(*ranges, before=(), constant=False):
    """As many encoded pictures as there are ranges (low, high); `before` are those of earlier exercises."""

    def encoded(number, low, high):
        mean = torch.zeros(4, 2, 2) if constant else torch.randn(4, 2, 2)
        return Encoded(f"picture {number}", (1, 3, 16, 16), low, high, mean, 1e-4, 0.18215)

    own = [encoded(number, *one) for number, one in enumerate(ranges)]
    return SimpleNamespace(
        encoded=own, encoded_so_far=[*(encoded(100 + n, *one) for n, one in enumerate(before)), *own]
    )


@pytest.mark.parametrize(
    "ranges",
    [
        [(-1.0, 1.0)],
        [(-1.0, -0.2)],  # one dark picture
        [(-0.6, 0.6)],  # one without much contrast
        [(-1.005, 1.004)],  # half precision, or resized after it was made a tensor
        [(-1.0, 0.2), *[(-0.3, 0.9)] * 5],
        [*[(-0.1, 0.7)] * 5, (-0.9, 0.1), (0.2, 0.3)],  # a bright one among others
    ],
)
def test_pictures_between_minus_one_and_one_pass(ranges):
    require_pixel_range(latents(*ranges))


def test_pictures_of_an_earlier_exercise_serve_where_none_was_encoded_in_this_one():
    require_pixel_range(latents(before=[(-1.0, 1.0)]))
    require_pixel_range(latents((-1.0, 1.0), before=[(0.0, 255.0)]))


@pytest.mark.parametrize(
    ("ranges", "seen"),
    [
        ([(0.0, 1.0)], "a picture went .* from 0.00 to 1.00"),
        ([(0.0, 255.0)], "from 0.00 to 255.00"),
        ([(-1.7, 0.3)], "from -1.70 to 0.30"),
        ([(-1.0, 1.0), (-1.0, 2.0)], "2 pictures went .* from -1.00 to 2.00"),
        ([(-0.59, 0.59)] * 6, "6 pictures went .* from -0.59 to 0.59"),
        ([(NAN, NAN)], "from nan to nan"),
    ],
)
def test_other_ranges_fail(ranges, seen):
    with pytest.raises(Failure, match=seen):
        require_pixel_range(latents(*ranges))


def test_nothing_and_a_constant_are_no_pictures():
    for none in (latents(), latents((-1.0, 1.0), constant=True)):
        with pytest.raises(Failure, match="no picture went through the encoder"):
            require_pixel_range(none)
