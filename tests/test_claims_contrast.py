"""What is said about predictions that are right, partly wrong, all wrong, or none at all."""

from types import SimpleNamespace

import pytest
import torch

from assay.claims.contrast import require_argmax
from assay.failure import Failure

PICTURES = torch.tensor([[1.0, 0.0, 0.1], [0.0, 1.0, 0.1], [0.1, 0.0, 1.0], [0.9, 0.1, 0.0]])
CLASSES = torch.eye(3)
RIGHT = [0, 1, 2, 0]


def chosen(*lists: list[int]) -> tuple[int, torch.Tensor]:
    return require_argmax(SimpleNamespace(seen=PICTURES), CLASSES, [torch.tensor(each) for each in lists])


def test_right_predictions_are_found_among_other_lists() -> None:
    place, guesses = chosen([5, 5, 5, 5], [2, 2, 1, 1], RIGHT)
    assert (place, guesses.tolist()) == (0, RIGHT)


def test_predictions_of_some_pictures_in_a_row_have_their_place() -> None:
    place, _ = chosen([1, 2, 0])
    assert place == 1


@pytest.mark.parametrize(
    ("guesses", "share"), [([1, 1, 2, 0], "25%"), ([1, 0, 1, 1], "100%")], ids=["one is wrong", "all are wrong"]
)
def test_wrong_predictions_are_counted(guesses: list[int], share: str) -> None:
    with pytest.raises(Failure, match=f"^{share} of 4 predictions are not the class"):
        chosen(guesses)


@pytest.mark.parametrize("lists", [(), ([3, 0, 0, 0],), ([-1, 0, 0, 0],), ([0, 1, 2, 0, 0],), ([[0, 1]],)])
def test_what_holds_no_class_for_each_picture_is_no_prediction(lists: tuple[list[int], ...]) -> None:
    with pytest.raises(Failure, match="no list with a class for each of 4 pictures"):
        chosen(*lists)
