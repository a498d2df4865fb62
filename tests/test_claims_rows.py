"""A pseudo-token learned when its row is finite, has moved, and is something new; nothing else counts as learning."""

from __future__ import annotations

import math
from types import SimpleNamespace

import pytest
import torch

from assay.claims import require_learned, require_new_tokens, require_unchanged_rows
from assay.failure import Failure

WORDS = torch.randn(10, 4, generator=torch.Generator().manual_seed(1))
START, LEARNED = WORDS[3], WORDS[3] + 0.1


def table(initial=None, final=None, tokens=None, rows=11, changed=()):
    """A table of ten words and one new token in row 10."""
    tokens = {"<mine>": 10} if tokens is None else tokens
    return SimpleNamespace(
        rows=rows,
        added_tokens=tokens,
        pseudo_ids={row for row in tokens.values() if 10 <= row < rows},
        initial={10: START} if initial is None else initial,
        final={10: LEARNED} if final is None else final,
        changed_count=len(changed),
        changed_rows=list(changed),
        token=lambda row: f"word{row}",
        is_vocabulary_row=lambda values: bool((values == WORDS).all(dim=1).any()),
    )


def test_a_row_that_moved_to_a_new_place_has_learned():
    require_learned(table())


@pytest.mark.parametrize(
    ("final", "seen"),
    [
        (torch.full((4,), math.nan), "holds NaN or infinity"),
        (torch.tensor([1.0, math.inf, 0.0, 2.0]), "holds NaN or infinity"),
        (torch.zeros(4), "holds the same number everywhere"),
        (torch.ones(4), "holds the same number everywhere"),
        (START, "is bit for bit what it was before the first step"),
        (START.double(), "is bit for bit what it was before the first step"),
        (WORDS[7], "equals an existing word's row"),
    ],
)
def test_a_row_that_learned_nothing_is_told_why(final, seen):
    with pytest.raises(Failure, match=seen):
        require_learned(table(final={10: final}))


@pytest.mark.parametrize("kept", [{"initial": {}}, {"final": {}}, {"initial": {11: START}}])
def test_a_row_that_was_not_seen_before_and_after_learned_nothing(kept):
    with pytest.raises(Failure, match="never took part in a forward pass"):
        require_learned(table(**kept))


def test_one_of_two_tokens_that_stood_still_is_enough_to_fail():
    two = {"<mine>": 10, "<yours>": 11}
    both = table({10: START, 11: START}, {10: LEARNED, 11: START}, two, rows=12)
    with pytest.raises(Failure, match="the row of 'word11' is bit for bit"):
        require_learned(both)


def test_without_a_token_there_is_nothing_to_learn():
    with pytest.raises(Failure, match="no token was added to the tokenizer; the table has 10 rows"):
        require_new_tokens(table(tokens={}, rows=10))


def test_a_token_needs_a_row():
    with pytest.raises(Failure, match="'<mine>' has id 10, but the table has 10 rows"):
        require_new_tokens(table(rows=10))


@pytest.mark.parametrize(
    ("changed", "seen"), [((3,), "1 other row changed too; the first is 'word3'"), ((3, 4), "2 other rows changed")]
)
def test_rows_that_moved_along_are_counted_and_named(changed, seen):
    with pytest.raises(Failure, match=seen):
        require_unchanged_rows(table(changed=changed))


def test_no_other_row_moved():
    require_unchanged_rows(table())
