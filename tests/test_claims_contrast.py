"""What is said about predictions that are right, partly wrong, all wrong, or none at all, and about tables whose
vectors are not theirs."""

from types import SimpleNamespace

import pytest
import torch

from assay.claims.contrast import compared_groups, require_argmax, require_cosine_table, require_unit_features
from assay.failure import Failure
from assay.judging.observations.contrast import Table, cosines
from assay.judging.observations.printed import printed_numbers

PICTURES = torch.tensor([[1.0, 0.0, 0.1], [0.0, 1.0, 0.1], [0.1, 0.0, 1.0], [0.9, 0.1, 0.0]])
CLASSES = torch.eye(3)
RIGHT = [0, 1, 2, 0]


def test_cosines_that_differ_by_rounding_alone_compare_nothing() -> None:
    """Vectors of ones at two lengths: on some processors one cosine in a row is the next number to the others."""
    texts, pictures = 0.1 * torch.ones(2, 7), torch.linspace(0.3, 0.7, 5)[:, None] * torch.ones(5, 7)
    table = torch.ones(2, 5).index_put((torch.tensor(0), torch.tensor(3)), torch.tensor(1 - 6e-8))
    work = SimpleNamespace(read=texts, seen=pictures, tables=[Table.of(table, texts, pictures, straight=True)])
    with pytest.raises(Failure, match="no texts and pictures were encoded to be compared"):
        require_cosine_table(work, [1.0])


def test_cosines_of_texts_with_pictures_compare_them() -> None:
    table = Table.of(TEXTS @ UNITS.T, TEXTS, UNITS)
    require_cosine_table(SimpleNamespace(read=TEXTS, seen=UNITS, tables=[table]), [])
    with pytest.raises(Failure, match="none of 1 tables"):
        longer = Table.of(7 * TEXTS @ UNITS.T, 7 * TEXTS, UNITS)
        require_cosine_table(SimpleNamespace(read=TEXTS, seen=UNITS, tables=[longer]), [])


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


UNITS = torch.nn.functional.normalize(PICTURES.double(), dim=1)
TEXTS = torch.eye(3, dtype=torch.float64)


@pytest.mark.parametrize("left", [torch.zeros_like(UNITS), torch.ones_like(UNITS), UNITS.flip(0), UNITS[:2]])
def test_a_table_that_is_no_product_of_these_vectors_says_nothing_of_them(left: torch.Tensor) -> None:
    table = Table.of(UNITS @ TEXTS.T, left, TEXTS)
    assert (table.left, table.right) == (None, None)
    assert table.holds_cosines(UNITS, TEXTS)  # what it holds it holds nevertheless


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
def test_a_product_in_any_precision_is_one(dtype: torch.dtype) -> None:
    left, right = 100 * UNITS.to(dtype), TEXTS.to(dtype)
    assert Table.of((left @ right.T).double(), left.double(), right.double()).left is not None


def test_cosines_of_vectors_of_any_length_are_theirs() -> None:
    assert Table.of(UNITS @ TEXTS.T, 7 * UNITS, TEXTS, straight=True).left is not None


@pytest.mark.parametrize("other", [torch.zeros(4, 3, dtype=torch.float64), torch.ones(4, 3, dtype=torch.float64)])
def test_features_compared_with_vectors_without_direction_were_not_compared(other: torch.Tensor) -> None:
    work = SimpleNamespace(read=TEXTS, seen=UNITS, tables=[Table.of(other @ TEXTS.T, other, TEXTS)])
    with pytest.raises(Failure, match="point nowhere"):
        require_unit_features(work, "texts")
    require_unit_features(SimpleNamespace(read=TEXTS, seen=UNITS, tables=[Table.of(UNITS, UNITS, TEXTS)]), "texts")


READ = SimpleNamespace(tables=[], read=PICTURES.double(), prompts=["a", "b", "c", "d"], seen=torch.empty(0, 0))


@pytest.mark.parametrize(
    ("one", "other", "digits", "counts"),
    [(0, 1, 3, True), (1, 3, 4, True), (1, 3, 3, False), (0, 1, 2, False), (2, 2, 4, False)],
    ids=["neighbours", "strangers", "strangers, few digits", "neighbours, few digits", "a text with itself"],
)
def test_a_printed_cosine_shows_which_texts_were_compared(one: int, other: int, digits: int, counts: bool) -> None:
    printed = printed_numbers(f"similarity: {cosines(READ.read, READ.read)[one, other]:.{digits}f}")
    groups = compared_groups(READ, printed, straight=True)
    assert (groups == {frozenset((READ.prompts[one], READ.prompts[other]))}) is counts


def test_a_printed_product_of_long_vectors_is_no_cosine() -> None:
    printed = printed_numbers(f"{float(READ.read[2] @ READ.read[3]):.4f}")
    assert not compared_groups(READ, printed, straight=True)
